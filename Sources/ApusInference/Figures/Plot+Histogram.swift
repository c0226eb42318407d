import ApusCore
import ApusFigures

extension Figure.Plot {
  /// The histogram of a tensor's elements: `.histogram(x.histogram(bins: 40))`.
  ///
  /// - Parameters:
  ///   - histogram: as `Tensor.histogram(bins:)` or an observation gives it. All elements in one place are one cell around it.
  ///   - x: the axis of the values.
  ///   - y: the axis of the counts.
  public static func histogram(
    _ histogram: Histogram, x: Figure.Axis = "", y: Figure.Axis = ""
  ) -> Figure.Plot {
    let (least, largest) = (Double(histogram.least), Double(histogram.largest))
    let bins = histogram.counts.count
    guard largest > least else {
      let half = max(abs(least) / 2, 0.5)
      let count = Double(histogram.counts.reduce(0, +))
      return .histogram(counts: [count], edges: [least - half, least + half], x: x, y: y)
    }
    let edges = (0...bins).map { edge in least + (largest - least) * Double(edge) / Double(bins) }
    return .histogram(counts: histogram.counts.map { Double($0) }, edges: edges, x: x, y: y)
  }
}
