/// What a figure draws below its title.
protocol PlotContent: Sendable {
  /// The size that it takes, where a width and a height are asked for or not.
  func size(width: Double?, height: Double?) -> Size
  /// What colors and strokes mean.
  var legend: [LegendEntry] { get }
  /// One sentence for those who do not see the figure.
  var summary: String { get }
  var table: DataTable { get }
  func draw(on canvas: inout Canvas, in frame: Frame)
}

extension PlotContent {
  var legend: [LegendEntry] { [] }

  func size(width: Double?, height: Double?) -> Size {
    let width = width ?? 480
    return Size(width: width, height: height ?? width * 0.56)
  }
}

/// A name beside the color or stroke that it stands for.
struct LegendEntry: Sendable {
  enum Key: Sendable { case line, dashed, dot, area, event }

  let name: String
  let key: Key
  /// Classes of the color.
  let style: String
}

/// The entries of a legend in rows, as many as fit into a width.
struct Legend {
  private let rows: [[LegendEntry]]
  private static let rowHeight = 18.0
  private static let keyWidth = 20.0

  init(_ entries: [LegendEntry], width: Double) {
    var (rows, used): ([[LegendEntry]], Double) = ([], width)
    for entry in entries {
      let taken = Legend.width(of: entry)
      if used + taken > width || rows.isEmpty {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(entry)
      used += taken
    }
    self.rows = rows
  }

  var height: Double { Double(rows.count) * Legend.rowHeight }

  private static func width(of entry: LegendEntry) -> Double { keyWidth + 6 + Canvas.width(of: entry.name) + 14 }

  func draw(on canvas: inout Canvas, left: Double, top: Double) {
    for (row, entries) in rows.enumerated() {
      let middle = top + (Double(row) + 0.5) * Legend.rowHeight
      var x = left
      for entry in entries {
        draw(entry, on: &canvas, from: Point(x, middle), to: Point(x + Legend.keyWidth, middle))
        canvas.text(entry.name, at: Point(x + Legend.keyWidth + 6, middle + 4), style: "key")
        x += Legend.width(of: entry)
      }
    }
  }

  private func draw(_ entry: LegendEntry, on canvas: inout Canvas, from: Point, to: Point) {
    switch entry.key {
    case .line: canvas.line(from: from, to: to, style: "line " + entry.style)
    case .dashed: canvas.line(from: from, to: to, style: "line dashed " + entry.style)
    case .event: canvas.line(from: from, to: to, style: "event")
    case .dot: canvas.circle(Point((from.x + to.x) / 2, from.y), radius: 4, style: "dot " + entry.style)
    case .area:
      canvas.rectangle(Frame(left: from.x + 4, top: from.y - 6, width: 12, height: 12), style: "area " + entry.style)
    }
  }
}
