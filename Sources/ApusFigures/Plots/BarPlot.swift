import ApusSupport

/// Bars in groups under names, with error bars.
struct BarPlot: PlotContent {
  let groups: [String]
  let series: [Figure.Series]
  let y: Figure.Axis

  init(groups: [String], series: [Figure.Series], y: Figure.Axis) {
    for series in series where series.y.count != groups.count {
      fatalError("bars: \(series.y.count) numbers in \"\(series.name)\" for \(groups.count) groups")
    }
    (self.groups, self.series, self.y) = (groups, series, y)
  }

  var legend: [LegendEntry] {
    series.count < 2
      ? []
      : series.enumerated().map { place, series in
        LegendEntry(name: series.name, key: .area, style: FigureStyle.series(place))
      }
  }

  var summary: String {
    "\(Markup.counted(groups.count * series.count, "bar")) in \(Markup.counted(groups.count, "group"))"
      + (y.text.isEmpty ? "." : ": \(y.text).")
  }

  var table: DataTable {
    let hasErrors = series.contains { !$0.low.isEmpty }
    let rows = groups.indices.flatMap { group in
      series.map { series in
        [groups[group], series.name, series.y[group].exactText]
          + (hasErrors
            ? series.low.isEmpty ? ["", ""] : [series.low[group].exactText, series.high[group].exactText] : [])
      }
    }
    return DataTable(columns: ["group", "series", "value"] + (hasErrors ? ["low", "high"] : []), rows: rows)
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let count = Double(max(groups.count, 1))
    let area = PlotArea(
      frame, x: Figure.Axis(""), y: y, xScale: AxisScale(Figure.Axis("", range: 0...count), values: []),
      yScale: AxisScale(
        y, values: (y.isLogarithmic ? [] : [0]) + series.flatMap(\.heights), count: max(2, Int(frame.height / 40))))
    area.drawAxes(on: &canvas, xLabels: false)
    let step = area.frame.width / count
    let width = min(step * 0.8 / Double(max(series.count, 1)), 60)
    for group in groups.indices {
      let middle = area.frame.left + (Double(group) + 0.5) * step
      let first = middle - width * Double(series.count) / 2
      for (place, series) in series.enumerated() {
        draw(
          series, group, style: FigureStyle.series(place), on: &canvas, area, left: first + Double(place) * width, width
        )
      }
      canvas.text(
        BarPlot.shortened(groups[group], width: step), at: Point(middle, area.frame.bottom + 17), .middle, style: "tick"
      )
    }
    canvas.line(from: Point(area.frame.left, area.y.base), to: Point(area.frame.right, area.y.base), style: "rule")
  }

  private func draw(
    _ series: Figure.Series, _ group: Int, style: String, on canvas: inout Canvas, _ area: PlotArea, left: Double,
    _ width: Double
  ) {
    let title = [groups[group], series.name].filter { !$0.isEmpty }.joined(separator: ", ")
    guard let end = area.y.place(of: series.y[group]) else {
      let text = series.y[group].isNaN ? "NaN" : series.y[group].plainText
      canvas.text(text, at: Point(left + width / 2, area.y.base - 5), .middle, style: "small")
      return
    }
    let (top, bottom) = (max(min(end, area.y.base), area.frame.top), min(max(end, area.y.base), area.frame.bottom))
    canvas.rectangle(
      Frame(left: left + width * 0.05, top: top, width: width * 0.9, height: bottom - top), style: "area " + style,
      title: "\(title): \(series.y[group].plainText)\(y.unit.isEmpty ? "" : " " + y.unit)")
    guard !series.low.isEmpty, let low = area.y.place(of: series.low[group]),
      let high = area.y.place(of: series.high[group])
    else { return }
    let middle = left + width / 2
    let cap = min(width / 4, 5)
    canvas.line(from: Point(middle, low), to: Point(middle, high), style: "whisker")
    for end in [low, high] {
      canvas.line(from: Point(middle - cap, end), to: Point(middle + cap, end), style: "whisker")
    }
  }

  /// As much of a name as fits.
  static func shortened(_ text: String, width: Double) -> String {
    let most = max(1, Int(width / Canvas.width(of: "x")))
    return text.count <= most ? text : text.prefix(most - 1) + "…"
  }
}
