import ApusCore

/// Smooth L1 of a prediction and a target of the same shape, d = x − t: d² / 2β where |d| < β, else |d| − β / 2.
/// Quadratic near 0, so that the gradient settles; linear far out, so that outliers do not rule it. β = 0 is
/// `l1Loss`. Girshick 2015, "Fast R-CNN".
public func smoothL1Loss(
  _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(beta, "smoothL1Loss", "beta", "a finite number of at least 0", beta >= 0 && beta.isFinite)
  let loss = beta == 0 ? Kernels.PointwiseLoss(kind: .absolute) : Kernels.PointwiseLoss(kind: .smoothL1, beta: beta)
  return PointwiseLossCall(operation: "SmoothL1Loss", function: "smoothL1Loss", loss: loss)
    .ofDifference(prediction, target, reduction: reduction)
}
