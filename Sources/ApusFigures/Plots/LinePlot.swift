/// Lines between points, with bands, marks, and gaps where a value has no place.
struct LinePlot: PlotContent {
  let series: [Figure.Series]
  let x, y: Figure.Axis
  /// Rules across the plot at places along x.
  let events: [(name: String, x: Double)]

  /// Up to so many points get a dot each.
  private static let mostDots = 40

  var legend: [LegendEntry] {
    (series.count > 1 || events.contains { !$0.name.isEmpty } ? series : []).enumerated().compactMap { place, series in
      series.name.isEmpty
        ? nil
        : LegendEntry(name: series.name, key: series.isDashed ? .dashed : .line, style: FigureStyle.series(place))
    } + events.filter { !$0.name.isEmpty }.map { LegendEntry(name: $0.name, key: .event, style: "") }
  }

  var summary: String {
    let points = series.map(\.y.count).max() ?? 0
    return "\(Markup.counted(series.count, "line")) of up to \(Markup.counted(points, "point")): "
      + "\(y.text.isEmpty ? "y" : y.text) by \(x.text.isEmpty ? "x" : x.text)."
  }

  var table: DataTable { Figure.Series.table(series) }

  func area(in frame: Frame) -> PlotArea {
    let count = max(2, Int(frame.width / 70))
    return PlotArea(
      frame, x: x, y: y,
      xScale: AxisScale(x, values: series.flatMap(\.x) + events.map(\.x), isTight: true, count: count),
      yScale: AxisScale(y, values: series.flatMap(\.heights), count: max(2, Int(frame.height / 40))))
  }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let area = area(in: frame)
    area.drawAxes(on: &canvas)
    for event in events {
      guard let left = area.x.place(of: event.x), (area.frame.left...area.frame.right).contains(left) else { continue }
      canvas.line(from: Point(left, area.frame.top), to: Point(left, area.frame.bottom), style: "event")
    }
    // Half of a stroke at the edge belongs to the line.
    canvas.clipped(to: area.frame.inset(left: -3, top: -3, right: -3, bottom: -3)) { canvas in
      for (place, series) in series.enumerated() {
        SeriesDrawing(series: series, style: FigureStyle.series(place), area: area, axes: (x, y)).drawBand(on: &canvas)
      }
      for (place, series) in series.enumerated() {
        let drawing = SeriesDrawing(series: series, style: FigureStyle.series(place), area: area, axes: (x, y))
        drawing.drawLine(on: &canvas)
        if series.y.count <= LinePlot.mostDots { drawing.drawDots(on: &canvas) }
        drawing.drawMarks(on: &canvas)
      }
    }
  }
}

/// One series between axes.
struct SeriesDrawing {
  let series: Figure.Series
  let style: String
  let area: PlotArea
  let axes: (x: Figure.Axis, y: Figure.Axis)

  /// Points that follow each other without a gap.
  private func runs(_ y: [Double]) -> [[(place: Int, point: Point)]] {
    var runs: [[(place: Int, point: Point)]] = [[]]
    for place in y.indices {
      if let point = area.point(series.x[place], y[place]) {
        runs[runs.count - 1].append((place, point))
      } else if !runs.last!.isEmpty {
        runs.append([])
      }
    }
    return runs.filter { !$0.isEmpty }
  }

  func drawBand(on canvas: inout Canvas) {
    if series.low.isEmpty { return }
    // An edge without a place ends the band as a gap does.
    let edges = series.y.indices.map { area.point(series.x[$0], series.low[$0]) == nil ? .nan : series.high[$0] }
    for run in runs(edges) where run.count > 1 {
      let lower = run.reversed().compactMap { area.point(series.x[$0.place], series.low[$0.place]) }
      canvas.polygon(run.map(\.point) + lower, style: "band " + style)
    }
  }

  func drawLine(on canvas: inout Canvas) {
    for run in runs(series.y) {
      canvas.polyline(run.map(\.point), style: "line \(series.isDashed ? "dashed " : "")\(style)")
      // A point between two gaps would not be seen.
      if run.count == 1 { canvas.circle(run[0].point, radius: 2.2, style: "dot " + style) }
    }
  }

  /// - Parameter isFaint: points that lie above each other are seen.
  func drawDots(on canvas: inout Canvas, radius: Double = 2.6, isFaint: Bool = false) {
    for place in series.y.indices {
      guard let point = area.point(series.x[place], series.y[place]) else { continue }
      canvas.circle(
        point, radius: radius, style: "dot \(isFaint ? "faint " : "")\(style)",
        title: series.caption(place, axes.x, axes.y))
    }
  }

  /// Rings around marked points; a triangle at the edge that an infinite value is beyond; a cross for what is no number, or has no
  /// logarithm.
  func drawMarks(on canvas: inout Canvas) {
    for place in series.marked {
      guard let point = area.point(series.x[place], series.y[place]) else { continue }
      canvas.circle(point, radius: 5, style: "mark " + style, title: series.caption(place, axes.x, axes.y))
    }
    for place in series.y.indices {
      let value = series.y[place]
      guard let left = area.x.place(of: series.x[place]), area.y.place(of: value) == nil else { continue }
      let title = series.caption(place, axes.x, axes.y)
      if value.isDrawable || value.isNaN {
        let (x, y) = (left, area.frame.bottom - 5)
        canvas.polygon(
          [
            Point(x, y), Point(x - 4, y - 4), Point(x, y), Point(x + 4, y - 4), Point(x, y), Point(x + 4, y + 4),
            Point(x, y), Point(x - 4, y + 4),
          ], style: "gap " + style, title: title)
      } else {
        let (edge, base) = value > 0 ? (area.frame.top, 8.0) : (area.frame.bottom, -8.0)
        canvas.polygon(
          [Point(left, edge), Point(left - 5, edge + base), Point(left + 5, edge + base)],
          style: "infinite " + style, title: title)
      }
    }
  }
}
