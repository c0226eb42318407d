import ApusCore

/// Absolute error of a prediction and a target of the same shape: |x − t|; the derivative where they are equal is 0.
/// The gradient flows into both operands.
public func l1Loss(_ prediction: Tensor, _ target: Tensor, reduction: Reduction = .meanOverElements) -> Tensor {
  PointwiseLossCall(operation: "L1Loss", function: "l1Loss", loss: .init(kind: .absolute))
    .ofDifference(prediction, target, reduction: reduction)
}
