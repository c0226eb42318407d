import ApusCore

/// Margin ranking of two sets of scores of one shape: max(0, −y (f − g) + margin), where y = 1 wants f above g and y
/// = −1 below.
///
/// - Parameter order: y, 1 or −1 each, of the same shape.
public func marginRankingLoss(
  _ first: Tensor, _ second: Tensor, order: Tensor, margin: Double = 0, reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(margin, "marginRankingLoss", "margin", "a finite number", margin.isFinite)
  if first.isPoisoned { return first }
  guard first.shape == second.shape, first.shape == order.shape else {
    return shapeFailure(
      "MarginRankingLoss",
      "expects scores and order of one shape, but they are \(first.shape), \(second.shape) and \(order.shape)",
      input: first)
  }
  if first.elementCount == 0 {
    return shapeFailure("MarginRankingLoss", "of no elements: the shape is \(first.shape)", input: first)
  }
  let first = first.entering("MarginRankingLoss")
  requireConstant(order, "marginRankingLoss", "the order")
  requireEach(order, "marginRankingLoss", "order", "1 or -1") { $0 == 1 || $0 == -1 }
  return relu((second - first) * order + margin).reduced(by: reduction)
}
