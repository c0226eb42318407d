import ApusCore

/// Triplet loss of embeddings [N, D]: max(0, ‖a − p‖ − ‖a − n‖ + margin): the anchor shall be nearer to the positive,
/// which is of its kind, than to the negative, by the margin. One number per row.
///
/// Distances are Euclidean, √Σ (aⱼ − pⱼ + 10⁻⁶)², as in PyTorch: the small number keeps the gradient finite where two
/// embeddings are equal; and as there, squares overflow to an infinite distance where coordinates are more than about 10¹⁹ apart.
/// Schroff et al. 2015, "FaceNet", has the squares of the distances instead.
public func tripletLoss(
  anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1, reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(margin, "tripletLoss", "margin", "a finite number above 0", margin > 0 && margin.isFinite)
  if anchor.isPoisoned { return anchor }
  guard anchor.rank >= 2, anchor.shape == positive.shape, anchor.shape == negative.shape else {
    return shapeFailure(
      "TripletLoss",
      """
      expects anchor, positive and negative of one shape [N, …, D], but they are \(anchor.shape), \(positive.shape) and \
      \(negative.shape)
      """, input: anchor)
  }
  if anchor.elementCount == 0 {
    return shapeFailure("TripletLoss", "of no elements: the shape is \(anchor.shape)", input: anchor)
  }
  let anchor = anchor.entering("TripletLoss")
  func distance(_ other: Tensor) -> Tensor { (anchor - other + 1e-6).square().sum(axes: [-1]).sqrt() }
  return relu(distance(positive) - distance(negative) + margin).reduced(by: reduction)
}

extension Tensor {
  /// The reduction of a loss made of other operations: this holds its numbers, one per element.
  func reduced(by reduction: Reduction) -> Tensor {
    guard let divisor = LossCounts(shape).divisor(for: reduction) else { return self }
    return divisor == 1 ? sum() : sum() / divisor
  }
}
