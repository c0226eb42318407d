/// The rectangle between two axes, and what is written along them.
struct PlotArea {
  let frame: Frame
  let x: AxisScale
  let y: AxisScale
  private let xTitle, yTitle: String

  /// Leaves as much of `outer` to the labels as they take.
  init(_ outer: Frame, x xAxis: Figure.Axis, y yAxis: Figure.Axis, xScale: AxisScale, yScale: AxisScale) {
    (xTitle, yTitle) = (xAxis.text, yAxis.text)
    let labels = yScale.labels.map { Canvas.width(of: $0) }.max() ?? 0
    let last = xScale.labels.last.map { Canvas.width(of: $0) / 2 } ?? 0
    frame = outer.inset(
      left: labels + 10 + (yTitle.isEmpty ? 0 : 18), top: 7, right: max(8, last),
      bottom: 20 + (xTitle.isEmpty ? 2 : 18))
    x = xScale.placed(from: frame.left, to: frame.right)
    y = yScale.placed(from: frame.bottom, to: frame.top)
  }

  /// A value's place; `nil` where it has none.
  func point(_ x: Double, _ y: Double) -> Point? {
    guard let left = self.x.place(of: x), let top = self.y.place(of: y) else { return nil }
    return Point(left, top)
  }

  /// Rules across and the numbers of the y axis; titles of both.
  func drawAxes(on canvas: inout Canvas, xLabels: Bool = true, rules: Bool = true) {
    for (tick, label) in zip(y.ticks, y.labels) {
      guard let top = y.place(of: tick) else { continue }
      if rules { canvas.line(from: Point(frame.left, top), to: Point(frame.right, top), style: "grid") }
      canvas.text(label, at: Point(frame.left - 7, top + 4), .end, style: "tick")
    }
    if xLabels { drawNumbers(on: &canvas) }
    if !xTitle.isEmpty {
      canvas.text(xTitle, at: Point(frame.center.x, frame.bottom + 34), .middle, style: "axis")
    }
    if !yTitle.isEmpty {
      let left = frame.left - 14 - (y.labels.map { Canvas.width(of: $0) }.max() ?? 0)
      canvas.text(yTitle, at: Point(left, frame.center.y), .middle, style: "axis", isTurned: true)
    }
  }

  /// Along the x axis, those left out that would touch the one before.
  private func drawNumbers(on canvas: inout Canvas) {
    var free = -Double.infinity
    for (tick, label) in zip(x.ticks, x.labels) {
      guard let left = x.place(of: tick) else { continue }
      let half = Canvas.width(of: label) / 2
      if left - half < free { continue }
      canvas.line(from: Point(left, frame.bottom), to: Point(left, frame.bottom + 4), style: "grid")
      canvas.text(label, at: Point(left, frame.bottom + 17), .middle, style: "tick")
      free = left + half + 6
    }
  }
}
