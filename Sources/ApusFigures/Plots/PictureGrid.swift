import ApusSupport

/// Pictures in rows, with captions.
struct PictureGrid: PlotContent {
  private struct Cell {
    let source: String
    let width, height: Int
    let caption: String
  }

  private let cells: [Cell]
  private let columns: Int?
  private let cellWidth: Double

  private static let gap = 12.0
  private static let captionSize = 11.0

  /// - Throws: what the format throws.
  init(
    _ pictures: [(picture: Picture, caption: String)], columns: Int?, cellWidth: Double, format: PictureFormat
  ) throws {
    if let columns, columns < 1 { fatalError("pictures: \(columns) columns, expected at least 1") }
    if !(cellWidth >= 8) { fatalError("pictures: cells of \(cellWidth) pixels, expected at least 8") }
    cells = try pictures.map { picture, caption in
      Cell(
        source: try format.dataURL(of: picture), width: picture.width, height: picture.height, caption: caption)
    }
    self.columns = columns
    self.cellWidth = cellWidth
  }

  private func columns(in width: Double) -> Int {
    columns ?? max(1, min(cells.count, Int((width + PictureGrid.gap) / (cellWidth + PictureGrid.gap))))
  }

  /// All cells are as high as the highest picture.
  private var pictureHeight: Double {
    cells.map { cellWidth * Double($0.height) / Double($0.width) }.max() ?? 0
  }

  private func lines(_ caption: String) -> [String] {
    TextLines.wrapped(caption, width: cellWidth + 6, size: PictureGrid.captionSize, most: 3)
  }

  private var captionHeight: Double {
    let lines = cells.map { self.lines($0.caption).count }.max() ?? 0
    return lines == 0 ? 0 : 5 + 14 * Double(lines)
  }

  func size(width: Double?, height: Double?) -> Size {
    let columns = columns(in: width ?? 640)
    let rows = (cells.count + columns - 1) / columns
    return Size(
      width: max(Double(columns) * (cellWidth + PictureGrid.gap) - PictureGrid.gap, 40),
      height: Double(max(rows, 1)) * (pictureHeight + captionHeight + PictureGrid.gap))
  }

  var summary: String {
    let captions = cells.map(\.caption).filter { !$0.isEmpty }
    return Markup.counted(cells.count, "picture")
      + (captions.isEmpty
        ? "." : ": \(captions.prefix(12).joined(separator: "; "))\(captions.count > 12 ? "; …" : ".")")
  }

  var table: DataTable {
    DataTable(
      columns: ["place", "width", "height", "caption"],
      rows: cells.enumerated().map { ["\($0)", "\($1.width)", "\($1.height)", $1.caption] })
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let columns = columns(in: frame.width)
    for (place, cell) in cells.enumerated() {
      let height = cellWidth * Double(cell.height) / Double(cell.width)
      let left = frame.left + Double(place % columns) * (cellWidth + PictureGrid.gap)
      let top =
        frame.top + Double(place / columns) * (pictureHeight + captionHeight + PictureGrid.gap)
        + (pictureHeight - height) / 2
      // Small pictures show their pixels; large ones are made smaller smoothly.
      canvas.image(
        cell.source, in: Frame(left: left, top: top, width: cellWidth, height: height),
        isCrisp: Double(cell.width) <= cellWidth, title: cell.caption)
      for (line, text) in lines(cell.caption).enumerated() {
        canvas.text(
          text, at: Point(left, top + (pictureHeight + height) / 2 + 14 + 14 * Double(line)), style: "small")
      }
    }
  }
}
