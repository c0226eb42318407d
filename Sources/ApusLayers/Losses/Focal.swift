import ApusCore

/// Focal loss of logits [N, …, K] with integer labels [N, …]: cross-entropy that turns away from what is already
/// right, against many easy samples of few classes.
///
///     lossᵢ = −α[yᵢ] (1 − p)^γ log p,  p = softmax(zᵢ)[yᵢ];   ∂lossᵢ/∂zᵢⱼ = α[yᵢ] (1 − p)^γ (1 − γ p log p / (1 − p)) (softmax(zᵢ)ⱼ − [j = yᵢ])
///
/// γ = 0 is cross-entropy. 1 − p is summed from the other classes, so that it keeps its accuracy where p is almost 1.
/// Lin et al. 2017, "Focal loss for dense object detection"; lecture 0 gives this form, without α.
///
/// - Parameter alpha: a weight a class, [K].
public func focalLoss(
  logits: Tensor, labels: Tensor, gamma: Double = 2, alpha: Tensor? = nil, ignoring: Int? = nil,
  reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(gamma, "focalLoss", "gamma", "a finite number of at least 0", gamma >= 0 && gamma.isFinite)
  return LabeledLoss(operation: "FocalLoss", function: "focalLoss")(
    logits, labels, weights: alpha, ignoring: ignoring, reduction: reduction
  ) { .focal($0, gamma: gamma) }
}

/// Focal loss of independent yes-or-no logits with targets 1 or 0 of the same shape: p = σ(z) for target 1, 1 − σ(z) for 0,
/// loss = −α (1 − p)^γ log p, with 1 − α in α's place for target 0.
///
/// The paper's detector used γ = 2, α = 0.25. Lin et al. 2017.
public func binaryFocalLoss(
  logits: Tensor, targets: Tensor, gamma: Double = 2, alpha: Double? = nil, reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(gamma, "binaryFocalLoss", "gamma", "a finite number of at least 0", gamma >= 0 && gamma.isFinite)
  if let alpha { requireOption(alpha, "binaryFocalLoss", "alpha", "0...1", alpha >= 0 && alpha <= 1) }
  let (positive, negative) = (alpha ?? 1, alpha.map { 1 - $0 } ?? 1)
  let loss = Kernels.PointwiseLoss(kind: .binaryFocal, gamma: gamma, positive: positive, negative: negative)
  return PointwiseLossCall(operation: "BinaryFocalLoss", function: "binaryFocalLoss", loss: loss)
    .ofLogits(logits, targets, reduction: reduction) { targets in
      // t² = t for 0 and 1 alone.
      let quickly = { (t: Tensor) in
        let rest = Kernels.binary(.subtract, Kernels.unary(.square, t), t, shape: t.shape)
        return Kernels.whole(.min, rest) == 0 && Kernels.whole(.max, rest) == 0
      }
      requireEach(targets, "binaryFocalLoss", "target", "0 or 1", quickly: quickly) { $0 == 0 || $0 == 1 }
    } weights: { targets in
      Kernels.scale(targets, by: positive - negative, plus: negative)
    }
}
