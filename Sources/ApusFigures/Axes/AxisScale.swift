#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// From values to places along an axis.
struct AxisScale: Sendable {
  /// Numbers written along it, from low to high.
  let ticks: [Double]
  let labels: [String]
  private let isLogarithmic: Bool
  /// Values at the ends, as they are spaced: logarithms on a logarithmic axis.
  private let low, high: Double
  /// Places of the ends.
  private var start = 0.0
  private var end = 1.0

  /// - Parameters:
  ///   - values: those to show; what has no place on the axis counts for nothing.
  ///   - isTight: the axis ends with the values in place of round numbers.
  ///   - count: about so many ticks.
  init(_ axis: Figure.Axis, values: some Sequence<Double>, isTight: Bool = false, count: Int = 6) {
    isLogarithmic = axis.isLogarithmic
    let shown = values.filter { $0.isDrawable && (!axis.isLogarithmic || $0.hasLogarithm) }
    var (smallest, largest) = (
      shown.min() ?? (axis.isLogarithmic ? 1 : 0), shown.max() ?? (axis.isLogarithmic ? 10 : 1)
    )
    if let range = axis.range { (smallest, largest) = (range.lowerBound, range.upperBound) }
    if isTight && smallest == largest && axis.range == nil {
      // One value alone is in the middle.
      let pad = axis.isLogarithmic ? smallest / 2 : smallest == 0 ? 1 : abs(smallest) / 2
      (smallest, largest) = (smallest - pad, largest + pad)
    }
    var ticks =
      axis.isLogarithmic
      ? AxisTicks.logarithmic(from: smallest, to: largest)
      : AxisTicks.linear(
        from: smallest, to: largest, within: axis.bounds, count: count,
        isWhole: isTight && !shown.isEmpty && shown.allSatisfy { $0 == $0.rounded() })
    let ends = (ticks.first ?? smallest, ticks.last ?? largest)
    if axis.isLogarithmic && ticks.count > count + 2 {
      // Of every second one or so, those among which more are powers of ten.
      let step = (ticks.count + count) / (count + 1)
      let choices = (0..<step).map { first in stride(from: first, to: ticks.count, by: step).map { ticks[$0] } }
      func powers(_ ticks: [Double]) -> Int { ticks.count { abs(log10($0) - log10($0).rounded()) < 1e-9 } }
      ticks = choices.dropFirst().reduce(choices[0]) { powers($1) > powers($0) ? $1 : $0 }
    }
    if isTight || axis.range != nil {
      let slack = (largest - smallest) * 1e-9
      ticks = ticks.filter { (smallest - slack...largest + slack).contains($0) }
    } else {
      (smallest, largest) = ends
    }
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : ticks.first.map { $0 == 0 ? 1 : abs($0) } ?? 1
    labels = ticks.map { tick in
      AxisTicks.text(tick, decimals: AxisTicks.decimals(of: axis.isLogarithmic ? tick : step))
    }
    self.ticks = ticks
    low = axis.isLogarithmic ? log10(smallest) : smallest
    high = axis.isLogarithmic ? log10(largest) : largest
  }

  /// The same from one place to another one, which may lie before it.
  func placed(from start: Double, to end: Double) -> AxisScale {
    var scale = self
    (scale.start, scale.end) = (start, end)
    return scale
  }

  /// `nil` of what is not finite, and on a logarithmic axis of what is not above 0. May lie beyond the ends.
  func place(of value: Double) -> Double? {
    if !value.isDrawable || isLogarithmic && !value.hasLogarithm { return nil }
    let spaced = isLogarithmic ? log10(value) : value
    let part = high > low ? (spaced - low) / (high - low) : 0.5
    // What is far outside would be a number that no reader of SVG takes.
    return start + min(max(part, -100), 100) * (end - start)
  }

  /// The place of 0, or of the end nearest to it: where bars and areas begin.
  var base: Double { isLogarithmic ? start : place(of: min(max(0, low), high))! }
}

extension Double {
  /// Above 0, and so far from it that the powers of ten around it are numbers.
  fileprivate var hasLogarithm: Bool { self > 1e-300 }
}
