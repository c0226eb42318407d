import ApusSupport

/// Counts between edges: the area of a bar is its share, so cells of different widths compare.
struct HistogramPlot: PlotContent {
  let counts: [Double]
  let edges: [Double]
  let x, y: Figure.Axis

  init(counts: [Double], edges: [Double], x: Figure.Axis, y: Figure.Axis) {
    if edges.count != counts.count + 1 {
      fatalError("histogram: \(counts.count) counts between \(edges.count) edges, expected \(counts.count + 1)")
    }
    if let wrong = zip(edges, edges.dropFirst()).first(where: { !($0 < $1) }) {
      fatalError("histogram: edge \(wrong.1) behind \(wrong.0), expected a larger one")
    }
    if let wrong = counts.first(where: { !($0 >= 0) }) { fatalError("histogram: a count of \(wrong)") }
    (self.counts, self.edges, self.x, self.y) = (counts, edges, x, y)
  }

  var summary: String {
    "Histogram of \(Int(counts.reduce(0, +)).grouped) values in \(Markup.counted(counts.count, "cell"))"
      + (x.text.isEmpty ? "." : ": \(x.text).")
  }

  var table: DataTable {
    DataTable(
      columns: ["low", "high", "count"],
      rows: counts.indices.map { [edges[$0].exactText, edges[$0 + 1].exactText, counts[$0].exactText] })
  }

  /// Counts where all cells are equally wide, else counts per width of the narrowest one.
  private var heights: [Double] {
    let widths = zip(edges, edges.dropFirst()).map { $1 - $0 }
    guard let narrowest = widths.min(), let widest = widths.max() else { return [] }
    return widest <= narrowest * (1 + 1e-6) ? counts : zip(counts, widths).map { $0 * narrowest / $1 }
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let heights = heights
    let area = PlotArea(
      frame, x: x, y: y, xScale: AxisScale(x, values: edges, isTight: true, count: max(2, Int(frame.width / 60))),
      yScale: AxisScale(
        y, values: y.isLogarithmic ? heights : [0] + heights, count: max(2, Int(frame.height / 50))))
    area.drawAxes(on: &canvas)
    for (place, height) in heights.enumerated() where height > 0 {
      guard let left = area.x.place(of: edges[place]), let right = area.x.place(of: edges[place + 1]),
        let top = area.y.place(of: height), right > area.frame.left, left < area.frame.right
      else { continue }
      let inside = (left: max(left, area.frame.left), right: min(right, area.frame.right))
      let visibleTop = max(top, area.frame.top)
      canvas.rectangle(
        Frame(
          left: inside.left, top: visibleTop, width: inside.right - inside.left, height: area.frame.bottom - visibleTop),
        style: "area cell c0",
        title: "\(edges[place].plainText) to \(edges[place + 1].plainText): \(counts[place].plainText)")
    }
    canvas.line(
      from: Point(area.frame.left, area.frame.bottom), to: Point(area.frame.right, area.frame.bottom), style: "rule")
  }
}
