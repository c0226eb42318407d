import ApusCore
import ApusSupport

/// A loss of scores [N, …, K] with labels [N, …]: the checks of its operands, the kernel, the reduction.
struct LabeledLoss {
  let operation: StaticString
  /// What the refusals of values call it: the function's name.
  let function: StaticString
  var input = LossInput.logits

  func callAsFunction(
    _ scores: Tensor, _ labels: Tensor, weights: Tensor?, ignoring: Int?, reduction: Reduction,
    _ kernel: (Kernels.LabelRows) -> Kernels.ClassLoss
  ) -> Tensor {
    if scores.isPoisoned { return scores }
    let scores = scores.entering(operation)
    guard scores.rank >= 2, labels.shape == Shape(scores.shape.dropLast()) else {
      return shapeFailure(
        operation,
        """
        expects logits [N, K] and int32 labels [N], or logits [N, …, K] and labels [N, …], but they are \(scores.shape) \
        and \(labels.scalarType) \(labels.shape)\(flattenHint(scores.shape, labels.shape))
        """, input: scores)
    }
    let labels = wholeLabels(labels, function)
    if scores.elementCount == 0 {
      return shapeFailure(operation, "of no samples or classes: logits are \(scores.shape)", input: scores)
    }
    if let problem = input.problem(with: scores) { return shapeFailure(operation, problem, input: scores) }
    let classes = scores.shape[scores.rank - 1]
    var weights = weights
    if let failure = prepareClassWeights(&weights, classes, operation, function, scores) { return failure }
    let rows = Kernels.LabelRows(labels: labels, classes: classes, ignored: ignoring)
    if !isPlanning, let index = Kernels.firstBadLabel(rows) {
      let label = labels.withUnsafeScalars(of: Int32.self) { $0[index] }
      let other = ignoring.map { " or \($0), which is ignored" } ?? ""
      // The largest of labels that count from 1.
      let hint = label == classes ? "; labels count from 0" : ""
      fatalError(
        "\(function): label \(label) at index \(labels.place(index)), expected 0...\(classes - 1)\(other)\(hint)")
    }
    var counts = LossCounts(labels.shape)
    if !isPlanning {
      let type = scores.scalarType
      if ignoring != nil { counts.elements = { Kernels.total(Kernels.labelWeights(rows, nil, type)) } }
      if ignoring != nil || weights != nil {
        counts.weights = { Kernels.total(Kernels.labelWeights(rows, weights, type)) }
      }
    }
    let divisor = counts.divisor(for: reduction)
    let loss = kernel(rows)
    let tape = Tape.recording(scores)
    let (losses, saved) = Kernels.classLoss(loss, scores, weights, wantsBackward: tape != nil)
    return recordLoss(operation, of: scores, losses: losses, divisor: divisor) {
      Kernels.classLossBackward(loss, saved, weights, $0)
    }
  }
}

/// Weights [K], finite and not negative, as constants of the scores' type; or the failure of their shape.
func prepareClassWeights(
  _ weights: inout Tensor?, _ classes: Int, _ operation: StaticString, _ function: StaticString, _ scores: Tensor
) -> Tensor? {
  guard let given = weights else { return nil }
  if given.shape != [classes] {
    return shapeFailure(
      operation, "expects class weights of shape [\(classes)], but they are \(given.shape): logits are \(scores.shape)",
      input: scores)
  }
  requireConstant(given, function, "class weights")
  requireEach(given, function, "class weight", "a finite number of at least 0") { $0.isFinite && $0 >= 0 }
  weights = given.cast(to: scores.scalarType)
  return nil
}

/// What to do about logits of images that are one pixel large, [N, 1, 1, K], or of unflattened ones.
private func flattenHint(_ logits: Shape, _ labels: Shape) -> String {
  guard logits.count > 2, labels.count == 1, logits[0] == labels[0] else { return "" }
  return "; a Flatten() before the last layer makes logits [\(logits[0]), \(logits[logits.count - 1])]"
}
