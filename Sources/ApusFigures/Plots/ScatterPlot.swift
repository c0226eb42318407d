/// Points by class, with texts beside them.
struct ScatterPlot: PlotContent {
  let classes: [Figure.Series]
  let x, y: Figure.Axis

  func size(width: Double?, height: Double?) -> Size {
    let width = width ?? 480
    return Size(width: width, height: height ?? width * 0.8)
  }

  var legend: [LegendEntry] {
    classes.enumerated().compactMap { place, series in
      series.name.isEmpty ? nil : LegendEntry(name: series.name, key: .dot, style: FigureStyle.series(place))
    }
  }

  var summary: String {
    let points = classes.reduce(0) { $0 + $1.y.count }
    return "\(Markup.counted(points, "point")) of \(classes.count == 1 ? "1 class" : "\(classes.count) classes"): "
      + "\(y.text.isEmpty ? "y" : y.text) by \(x.text.isEmpty ? "x" : x.text)."
  }

  var table: DataTable { Figure.Series.table(classes) }

  func draw(on canvas: inout Canvas, in frame: Frame) {
    let area = PlotArea(
      frame, x: x, y: y,
      xScale: AxisScale(x, values: classes.flatMap(\.x), count: max(2, Int(frame.width / 70))),
      yScale: AxisScale(y, values: classes.flatMap(\.y), count: max(2, Int(frame.height / 50))))
    area.drawAxes(on: &canvas)
    let count = classes.reduce(0) { $0 + $1.y.count }
    let radius = count > 1000 ? 2.0 : count > 200 ? 2.8 : 3.6
    canvas.clipped(to: area.frame.inset(left: -5, top: -5, right: -5, bottom: -5)) { canvas in
      for (place, series) in classes.enumerated() {
        let drawing = SeriesDrawing(series: series, style: FigureStyle.series(place), area: area, axes: (x, y))
        drawing.drawDots(on: &canvas, radius: radius, isFaint: true)
        drawing.drawMarks(on: &canvas)
      }
    }
    drawLabels(on: &canvas, area, beside: radius + 3)
  }

  private func drawLabels(on canvas: inout Canvas, _ area: PlotArea, beside distance: Double) {
    for series in classes {
      for (place, label) in series.labels.enumerated() {
        guard let point = area.point(series.x[place], series.y[place]), area.frame.contains(point) else { continue }
        // At the right edge the text stands before its point.
        let isLast = point.x + distance + Canvas.width(of: label, size: 11) > area.frame.right
        canvas.text(
          label, at: Point(point.x + (isLast ? -distance : distance), point.y + 4), isLast ? .end : .start,
          style: "small")
      }
    }
  }
}
