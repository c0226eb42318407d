#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Colors of values along an axis, and the bar that says which is which.
struct ValueColors {
  /// Room at the right of a plot.
  let barWidth: Double
  private let scale: AxisScale
  private let colors: ColorScale
  private let axis: Figure.Axis

  init(_ axis: Figure.Axis, values: [Double]) {
    let spaced = axis.isLogarithmic ? values.filter { $0 > 0 }.map { log10($0) } : values
    let range = axis.range.map { range in
      axis.isLogarithmic ? log10(range.lowerBound)...log10(range.upperBound) : range
    }
    colors = ColorScale(for: spaced, range: range, areLogarithms: axis.isLogarithmic)
    var shown = axis
    shown.range =
      axis.isLogarithmic
      ? pow(10, colors.range.lowerBound)...pow(10, colors.range.upperBound) : colors.range
    scale = AxisScale(shown, values: [], count: 5)
    self.axis = axis
    barWidth = 12 + 14 + 12 + (scale.labels.map { Canvas.width(of: $0) }.max() ?? 0) + (axis.text.isEmpty ? 0 : 18)
  }

  /// Numbers to draw lines of equal value at.
  func levels(_ count: Int) -> [Double] {
    var shown = axis
    shown.range = nil
    let ends =
      axis.isLogarithmic
      ? [pow(10, colors.range.lowerBound), pow(10, colors.range.upperBound)]
      : [colors.range.lowerBound, colors.range.upperBound]
    return Array(AxisScale(shown, values: ends, count: count).ticks)
  }

  func color(of value: Double) -> RGB {
    if axis.isLogarithmic { return value > 0 ? colors.color(of: log10(value)) : ColorScale.missing }
    return colors.color(of: value)
  }

  /// White text is read on this value's color.
  func isDark(_ value: Double) -> Bool {
    let color = color(of: value)
    return 0.299 * Double(color.red) + 0.587 * Double(color.green) + 0.114 * Double(color.blue) < 140
  }

  /// At the right of a plot's frame, as high as it is.
  func drawBar(on canvas: inout Canvas, beside frame: Frame) {
    let bar = Frame(left: frame.right + 14, top: frame.top, width: 12, height: frame.height)
    let steps = 48
    for step in 0..<steps {
      let height = bar.height / Double(steps)
      // Each reaches under the next, so that no seam is seen.
      canvas.rectangle(
        Frame(
          left: bar.left, top: bar.bottom - Double(step + 1) * height, width: bar.width,
          height: height + (step == 0 ? 0 : 0.5)),
        style: "cell", fill: colors.color(at: (Double(step) + 0.5) / Double(steps)))
    }
    let placed = scale.placed(from: bar.bottom, to: bar.top)
    for (tick, label) in zip(placed.ticks, placed.labels) {
      guard let top = placed.place(of: tick) else { continue }
      canvas.line(from: Point(bar.right, top), to: Point(bar.right + 4, top), style: "rule")
      canvas.text(label, at: Point(bar.right + 7, top + 4), style: "tick")
    }
    if !axis.text.isEmpty {
      canvas.text(
        axis.text, at: Point(frame.right + barWidth - 4, bar.center.y), .middle, style: "axis", isTurned: true)
    }
  }
}
