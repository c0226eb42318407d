import ApusCore

/// Multiclass hinge of scores [N, …, K] with integer labels [N, …], the support vector machine's loss:
///
///     lossᵢ = w[yᵢ] Σ_{j ≠ yᵢ} max(0, sᵢⱼ − sᵢ[yᵢ] + margin);   ∂lossᵢ/∂sᵢⱼ = w[yᵢ] for each violator j, −w[yᵢ] · their number for yᵢ
///
/// Exactly 0, with its gradient, once the label's score leads every other by the margin; the derivative at the kink
/// is 0. The sum over classes is that of lectures 1 and 2; PyTorch's MultiMarginLoss divides it by K. Lecture 1's expansion has a
/// plus where the minus belongs. The weight multiplies the sum, which is infinite where it exceeds the largest float. Weston & Watkins 1999.
public func hingeLoss(
  scores: Tensor, labels: Tensor, margin: Double = 1, classWeights: Tensor? = nil, ignoring: Int? = nil,
  reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(margin, "hingeLoss", "margin", "a finite number of at least 0", margin >= 0 && margin.isFinite)
  return LabeledLoss(operation: "HingeLoss", function: "hingeLoss")(
    scores, labels, weights: classWeights, ignoring: ignoring, reduction: reduction
  ) { .hinge($0, margin: margin) }
}
