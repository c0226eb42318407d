import ApusCore

/// Squared error of a prediction and a target of the same shape: (x − t)², by default its mean over the elements (MSE).
///
/// The derivative is 2(x − t); lectures and papers that write ½(x − t)² have half of both. The gradient flows into both
/// operands.
public func mseLoss(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .meanOverElements) -> Tensor {
  PointwiseLossCall(operation: "MSELoss", function: "mseLoss", loss: .init(kind: .squared))
    .ofDifference(prediction, target, reduction: reduction)
}
