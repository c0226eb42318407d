import ApusCore
import ApusSupport

/// Cross-entropy of logits [N, K] with integer labels [N] (int32); for dense prediction, logits [N, H, W, K] with labels [N, H, W].
///
///     lossᵢ = w[yᵢ] · (−log pᵢ[yᵢ]),  pᵢ = softmax(zᵢ);   ∂lossᵢ/∂zᵢⱼ = w[yᵢ] · (pᵢⱼ − [j = yᵢ])
///
/// With label smoothing ε the label's share is 1 − ε, and each class, the label's own too, gets ε / K of its weight:
/// lossᵢ = (1 − ε) w[yᵢ] (−log pᵢ[yᵢ]) + ε/K Σⱼ wⱼ (−log pᵢⱼ), as in PyTorch. It is never exactly 0 in real numbers.
///
/// Takes logits, not probabilities: the result of a softmax, logSoftmax or sigmoid is refused. Traps on a label outside 0 ..< K.
/// Lecture 0 names the two forms the wrong way round: PyTorch's CrossEntropyLoss takes logits, its NLLLoss log-probabilities.
/// Szegedy et al. 2016 for the smoothing.
///
/// - Parameters:
///   - classWeights: w [K], to weigh rare classes up; they enter the denominator of `.meanOverWeights`.
///   - ignoring: a label, in or out of 0 ..< K, whose samples count for nothing (255 of PASCAL VOC's masks, PyTorch's −100).
public func crossEntropy(
  logits: Tensor, labels: Tensor, classWeights: Tensor? = nil, labelSmoothing: Double = 0, ignoring: Int? = nil,
  reduction: Reduction = .meanOverWeights
) -> Tensor {
  requireOption(labelSmoothing, "crossEntropy", "label smoothing", "0...1", labelSmoothing >= 0 && labelSmoothing <= 1)
  if logits.rank >= 2, logits.shape == labels.shape, !logits.isPoisoned {
    return shapeFailure(
      "CrossEntropy",
      """
      expects logits [N, K] and int32 labels [N], or logits [N, …, K] and labels [N, …], but they are \(logits.shape) and \
      \(labels.scalarType) \(labels.shape); write crossEntropy(logits:targets:) for a distribution per row
      """,
      input: logits)
  }
  return LabeledLoss(operation: "CrossEntropy", function: "crossEntropy")(
    logits, labels, weights: classWeights, ignoring: ignoring, reduction: reduction
  ) { .crossEntropy($0, smoothing: labelSmoothing) }
}

/// `crossEntropy(logits:labels:)` without the labels of its first arguments.
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, classWeights: Tensor? = nil, labelSmoothing: Double = 0, ignoring: Int? = nil,
  reduction: Reduction = .meanOverWeights
) -> Tensor {
  crossEntropy(
    logits: logits, labels: labels, classWeights: classWeights, labelSmoothing: labelSmoothing, ignoring: ignoring,
    reduction: reduction)
}

/// Cross-entropy of logits [N, …, K] with soft targets of the same shape, a distribution a row: H(t, p) = −Σⱼ tⱼ log pⱼ.
///
///     lossᵢ = Σⱼ qᵢⱼ (−log pᵢⱼ),  qᵢⱼ = wⱼ ((1 − ε) tᵢⱼ + ε / K);   ∂lossᵢ/∂zᵢⱼ = pᵢⱼ Σₖ qᵢₖ − qᵢⱼ
///
/// For distillation (Hinton et al. 2015) and mixed samples (Zhang et al. 2018). Targets are constants; each must be in 0...1 and a row's
/// sum 1: several labels at once want `binaryCrossEntropy`.
public func crossEntropy(
  logits: Tensor, targets: Tensor, classWeights: Tensor? = nil, labelSmoothing: Double = 0,
  reduction: Reduction = .meanOverElements
) -> Tensor {
  requireOption(labelSmoothing, "crossEntropy", "label smoothing", "0...1", labelSmoothing >= 0 && labelSmoothing <= 1)
  if logits.isPoisoned { return logits }
  var (logits, targets) = (logits, targets)
  guard logits.rank >= 2, logits.shape == targets.shape else {
    return shapeFailure(
      "CrossEntropy",
      "expects logits and targets of one shape [N, …, K], but they are \(logits.shape) and \(targets.shape)",
      input: logits)
  }
  Tensor.enter(&logits, "CrossEntropy")
  Tensor.matchTypes(&logits, &targets, "CrossEntropy")
  if logits.elementCount == 0 {
    return shapeFailure("CrossEntropy", "of no samples or classes: logits are \(logits.shape)", input: logits)
  }
  if let problem = LossInput.logits.problem(with: logits) {
    return shapeFailure("CrossEntropy", problem, input: logits)
  }
  requireConstant(targets, "crossEntropy")
  requireDistributions(targets)
  let classes = logits.shape[logits.rank - 1]
  var weights = classWeights
  if let failure = prepareClassWeights(&weights, classes, "CrossEntropy", "crossEntropy", logits) { return failure }
  var counts = LossCounts(Shape(logits.shape.dropLast()))
  if let weights, !isPlanning {
    counts.weights = { Kernels.total(Kernels.binary(.multiply, targets, weights, shape: targets.shape)) }
  }
  let divisor = counts.divisor(for: reduction)
  let loss = Kernels.ClassLoss.targetCrossEntropy(targets, smoothing: labelSmoothing)
  let (losses, saved) = Kernels.classLoss(loss, logits, weights, wantsBackward: Tape.recording(logits) != nil)
  return recordLoss("CrossEntropy", of: logits, losses: losses, divisor: divisor) { [weights] in
    Kernels.classLossBackward(loss, saved, weights, $0)
  }
}

private func requireDistributions(_ targets: Tensor) {
  guard !isPlanning, let row = Kernels.firstBadTargetRow(targets) else { return }
  requireUnitRange(targets, "crossEntropy")
  let classes = targets.shape[targets.rank - 1]
  let values = targets.reshaped([targets.elementCount / classes, classes])[row]
  fatalError(
    """
    crossEntropy: the targets of row \(row) sum to \(Kernels.total(values)), expected 1; \
    several labels at once want binaryCrossEntropy
    """)
}
