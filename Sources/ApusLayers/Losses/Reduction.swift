import ApusCore

/// What becomes of a loss's numbers, one per sample, pixel or element: kept, added up, or divided by a denominator that
/// is named, since "mean" alone hides which.
///
/// **Where nothing counts** (every label is the ignored one, the weights sum to 0) the means over elements and over weights are 0, and so
/// are their gradients, where PyTorch gives NaN: such a batch moves nothing.
///
/// With class weights or an ignored label the three means differ. PyTorch's `mean` is `.meanOverWeights` for integer
/// labels and `.meanOverElements` for the rest; its `batchmean` is `.meanOverSamples`.
public enum Reduction: Hashable, Sendable, CaseIterable {
  /// The numbers as they are.
  case none
  /// All numbers added up, whatever the size of the batch: the gradient grows with it.
  case sum
  /// ÷ the size of the first axis.
  case meanOverSamples
  /// ÷ how many numbers there are; labels that are ignored do not count.
  case meanOverElements
  /// ÷ the sum of the weights with which they entered: class weights, 1 where there are none, 0 for ignored labels.
  case meanOverWeights
}

/// The denominators of a loss; the two that must be computed are asked for only if they are needed.
struct LossCounts {
  var samples: Int
  var elements: () -> Double
  var weights: () -> Double

  /// Each element counts, with weight 1.
  init(_ shape: Shape) {
    samples = shape.first ?? 1
    elements = { Double(shape.elementCount) }
    weights = elements
  }

  /// `nil` for no reduction at all, 1 for the sum, 0 where nothing counts: then the reduced loss is 0.
  func divisor(for reduction: Reduction) -> Double? {
    switch reduction {
    case .none: return nil
    case .sum: return 1
    case .meanOverSamples: return Double(samples)
    case .meanOverElements: return elements()
    case .meanOverWeights: return weights()
    }
  }
}
