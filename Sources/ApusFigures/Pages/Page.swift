import ApusSupport

/// A page of figures, tables and texts: one HTML file without a script that fetches nothing, is read on a telephone and on a wide
/// screen, in light and dark, and prints.
///
/// ```swift
/// var page = Page("Digits", summary: "What LeNet-5 learns in 5 epochs.")
/// page.add(section: "Learning curves", note: "Measured after each epoch.")
/// page.add(loss, accuracy)
/// page.add(table: ["epoch", "loss"], rows: [["1", "0.31"]])
/// try page.write(to: "digits.html")
/// ```
/// Every text is text: characters that mean something in HTML are escaped.
public struct Page: Sendable {
  private let title: String
  /// Of the window, where that says more than the page's title.
  private let subject: String
  private let summary: String
  /// The last one is that which parts are added to.
  private var sections: [Section] = []
  private var footer = ""
  private var extraStyle = ""

  private struct Section {
    /// `nil` of what comes before the first section: it has no frame.
    let title: String?
    var body = ""

    var html: String {
      title.map { "<section>\n<h2>\(Markup.escaped($0))</h2>\(body)\n</section>" } ?? body
    }
  }

  /// An empty page.
  ///
  /// - Parameters:
  ///   - title: of the window, and above the page.
  ///   - summary: a paragraph below the title.
  public init(_ title: String, summary: String = "") {
    self.init(title, subject: title, summary: summary)
  }

  /// - Parameter subject: the window's title.
  package init(_ title: String, subject: String, summary: String) {
    self.title = title
    self.subject = subject
    self.summary = summary
  }

  /// Begins a section: what is added from now on is in it.
  ///
  /// - Parameter note: a paragraph below its title.
  public mutating func add(section title: String, note: String = "") {
    sections.append(Section(title: title))
    if !note.isEmpty { add(html: #"<p class="note">\#(Markup.escaped(note))</p>"#) }
  }

  /// Adds a paragraph.
  public mutating func add(paragraph text: String) { add(html: "<p>\(Markup.escaped(text))</p>") }

  /// Adds figures side by side, in as many columns as there is room for.
  public mutating func add(_ figures: Figure...) { add(figures) }

  /// Adds figures side by side, in as many columns as there is room for.
  public mutating func add(_ figures: [Figure]) {
    let widest = figures.map(\.ownWidth).max() ?? 0
    add(
      html: """
        <div class="figures" style="--w:\((widest * 0.72).formatted(decimals: 0))px">
        \(figures.map { #"<div class="scroll">\#($0.element)</div>"# }.joined(separator: "\n"))
        </div>
        """)
  }

  /// Adds a table. Columns whose fields are all numbers are aligned at the right.
  ///
  /// - Parameters:
  ///   - columns: their titles.
  ///   - rows: each with a field per column.
  public mutating func add(table columns: [String], rows: [[String]]) {
    if let wrong = rows.first(where: { $0.count != columns.count }) {
      fatalError("Page.add(table:rows:): a row of \(wrong.count) fields for \(columns.count) columns")
    }
    let classes = columns.indices.map { column in
      rows.allSatisfy { Page.isNumber($0[column]) } ? "" : #" class="text""#
    }
    func cells(_ fields: [String], _ element: String) -> String {
      zip(fields, classes).map { "<\(element)\($1)>\(Markup.escaped($0))</\(element)>" }.joined()
    }
    add(
      html: """
        <div class="scroll"><table class="values"><thead><tr>\(cells(columns, "th"))</tr></thead>
        <tbody>\(rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n"))</tbody></table></div>
        """)
  }

  /// A number with a unit behind it, per cent for instance, or a dash where there is none.
  private static func isNumber(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first else { return true }
    return "0123456789-−+.–∞".unicodeScalars.contains(first) || ["nan", "inf"].contains(text)
  }

  /// Adds pictures side by side, as many per row as there is room for. Small ones are enlarged with crisp pixels.
  ///
  /// - Parameters:
  ///   - pictures: each with the text below it, in which line ends are kept.
  ///   - cellWidth: how wide each is shown at least, in CSS pixels.
  ///   - format: of the pictures inside the page: `.png` with ApusVision.
  /// - Throws: what the format throws.
  public mutating func add(
    pictures: [(picture: Picture, caption: String)], cellWidth: Double = 104, format: PictureFormat = .bmp
  ) throws {
    let figures = try pictures.map { picture, caption in
      let name = Markup.escaped(caption)
      let crisp = Double(picture.width) <= cellWidth ? #" class="crisp""# : ""
      return """
        <figure><img\(crisp) src="\(try format.dataURL(of: picture))" alt="\(name)">\
        \(caption.isEmpty ? "" : "<figcaption>\(name)</figcaption>")</figure>
        """
    }
    add(
      html: """
        <div class="pictures" style="--w:\(cellWidth.formatted(decimals: 0))px">
        \(figures.joined(separator: "\n"))
        </div>
        """)
  }

  /// Adds a list of names and values.
  public mutating func add(values: [(name: String, value: String)]) {
    let items = values.map { "<dt>\(Markup.escaped($0.name))</dt><dd>\(Markup.escaped($0.value))</dd>" }
    add(html: "<dl>\(items.joined(separator: "\n"))</dl>")
  }

  /// Adds numbers in large type, each with its name below.
  public mutating func add(tiles: [(value: String, name: String)]) {
    let cells = tiles.enumerated().map { index, tile in
      // The style sheet fits a number into its tile by its characters.
      """
      <div\(index == 0 ? #" class="main""# : "")><b style="--n:\(tile.value.count)">\(Markup.escaped(tile.value))</b>\
      <span>\(Markup.escaped(tile.name))</span></div>
      """
    }
    add(html: "<div class=\"tiles\">\n\(cells.joined(separator: "\n"))\n</div>")
  }

  /// Adds a list of links to files beside the page, or below its folder.
  public mutating func add(links: [(name: String, path: String)]) {
    let items = links.map { #"<li><a href="\#(Page.reference($0.path))">\#(Markup.escaped($0.name))</a></li>"# }
    add(html: #"<ul class="links">\#(items.joined(separator: "\n"))</ul>"#)
  }

  /// A relative path as a link: what has a meaning in addresses is written in hexadecimal, so that none leads elsewhere.
  private static func reference(_ path: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes = Array("./".utf8)
    for byte in path.utf8 {
      if plain.contains(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Adds markup, which the caller has escaped, to the section begun last.
  package mutating func add(html: String) {
    if sections.isEmpty { sections.append(Section(title: nil)) }
    sections[sections.count - 1].body += "\n" + html
  }

  /// Adds the sections of another page behind those of this one.
  package mutating func add(contentsOf page: Page) {
    sections += page.sections
    extraStyle += page.extraStyle
  }

  /// Writes a line of small text at the end of the page.
  package mutating func add(footer: String) { self.footer = "<footer>\(Markup.escaped(footer))</footer>" }

  /// Adds rules for what `add(html:)` adds.
  package mutating func add(style: String) { extraStyle += "\n" + style }

  /// The text of the HTML file.
  public var html: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Markup.escaped(subject))</title>
    <style>
    \(FigureStyle.variables)
    \(PageStyle.css)
    \(FigureStyle.css)\(extraStyle)
    \(FigureStyle.print)
    \(PageStyle.print)
    </style>
    </head>
    <body>
    <main>
    <header>
    <h1>\(Markup.escaped(title))</h1>
    \(summary.isEmpty ? "" : "<p>\(Markup.escaped(summary))</p>")
    </header>
    \(sections.map(\.html).joined(separator: "\n"))
    \(footer)
    </main>
    </body>
    </html>

    """
  }

  /// Writes the page to a file, which is there as a whole or not at all.
  ///
  /// - Throws: `FileError` if it cannot be written.
  public func write(to path: String) throws(FileError) { try AtomicFile.write(html, to: path) }
}
