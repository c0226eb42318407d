import ApusSupport

extension Figure {
  /// The figure as the text of an SVG file, complete by itself: it has its own style and fetches nothing.
  public var svg: String {
    let layout = FigureLayout(self)
    let size = layout.size
    var canvas = Canvas()
    canvas.rectangle(Frame(left: 0, top: 0, width: size.width, height: size.height), style: "ground")
    layout.draw(on: &canvas)
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img"\(viewBox(size)) \
      width="\(size.width.formatted(decimals: 0))" height="\(size.height.formatted(decimals: 0))">
      \(names)
      <style>
      \(FigureStyle.variables)
      \(FigureStyle.css)
      \(FigureStyle.print)
      </style>
      \(canvas.elements)</svg>

      """
  }

  /// The figure as an element of a page that has its style.
  package var element: String {
    let layout = FigureLayout(self)
    let size = layout.size
    var canvas = Canvas()
    layout.draw(on: &canvas)
    // Below this width, at which a usual figure fits a telephone, texts would be too small to read: the page lets it scroll.
    let widths = """
      min-width:\((size.width * 0.62).formatted(decimals: 0))px;max-width:\((size.width * 1.3).formatted(decimals: 0))px
      """
    return """
      <svg class="figure" role="img"\(viewBox(size)) style="\(widths)">
      \(names)
      \(canvas.elements)</svg>
      """
  }

  /// How wide the figure is at its own size.
  package var ownWidth: Double { FigureLayout(self).size.width }

  private func viewBox(_ size: Size) -> String {
    #" viewBox="0 0 \#(size.width.formatted(decimals: 2)) \#(size.height.formatted(decimals: 2))""#
  }

  private var names: String {
    "<title>\(Markup.escaped(title))</title>\n<desc>\(Markup.escaped(description))</desc>"
  }

  /// The numbers of the figure, as the text of a CSV file (RFC 4180) whose first line has the columns' names. Numbers are written so
  /// that they read back as the same.
  public var csv: String { content.table.csv }

  /// Writes the figure to a file whose name ends in `.svg`, and its numbers beside it to one that ends in `.csv`. Each file is there
  /// as a whole or not at all.
  ///
  /// - Throws: `FileError` if a file cannot be written, or the name has another end.
  public func write(to path: String) throws(FileError) {
    guard path.hasSuffix(".svg") else {
      throw FileError(
        path, found: "a name without .svg at its end", expected: "NAME.svg, beside which NAME.csv is written")
    }
    try AtomicFile.write(svg, to: path)
    try AtomicFile.write(csv, to: path.dropLast(4) + ".csv")
  }
}
