import ApusCore

/// Binary cross-entropy of logits with targets in 0...1 of the same shape, one question an element:
///
///     loss = −w t log σ(z) − (1 − t) log σ(−z);   ∂loss/∂z = (1 − t) σ(z) − w t σ(−z)
///
/// computed from exp(−|z|), so that neither end overflows or loses small losses. The result of a sigmoid or softmax
/// is refused.
///
/// - Parameter positiveWeights: w, [] for all or [K] for the last axis, to weigh rare positives up.
public func binaryCrossEntropy(
  logits: Tensor, targets: Tensor, positiveWeights: Tensor? = nil, reduction: Reduction = .meanOverElements
) -> Tensor {
  if logits.isPoisoned { return logits }
  var loss = Kernels.PointwiseLoss(kind: .binaryCrossEntropy)
  if let given = positiveWeights {
    guard given.rank == 0 || given.shape == Shape(logits.shape.suffix(1)) else {
      return shapeFailure(
        "BinaryCrossEntropy",
        "expects positive weights of shape [] or [\(logits.shape.last ?? 1)], but they are \(given.shape): logits are \(logits.shape)",
        input: logits)
    }
    requireConstant(given, "binaryCrossEntropy", "positive weights")
    requireEach(given, "binaryCrossEntropy", "positive weight", "a finite number of at least 0") {
      $0.isFinite && $0 >= 0
    }
    if given.rank == 0, !isPlanning { loss.positive = given.item() } else { loss.positiveWeights = given }
  }
  let positive = loss.positive
  return PointwiseLossCall(operation: "BinaryCrossEntropy", function: "binaryCrossEntropy", loss: loss)
    .ofLogits(logits, targets, reduction: reduction) { targets in
      requireUnitRange(targets, "binaryCrossEntropy")
    } weights: { targets in
      let ones = Tensor.ones([], targets.scalarType)
      let each = positiveWeights?.cast(to: targets.scalarType) ?? .full([], positive, targets.scalarType)
      let extra = Kernels.binary(.multiply, targets, each - ones, shape: targets.shape)
      return Kernels.scale(extra, by: 1, plus: 1)
    }
}
