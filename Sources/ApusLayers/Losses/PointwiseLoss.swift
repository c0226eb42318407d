import ApusCore

/// A loss of elements and their targets: the checks of its operands, the kernel, the reduction. Shapes must be equal:
/// a prediction [N, 1] against a target [N] would otherwise silently become [N, N].
struct PointwiseLossCall {
  let operation: StaticString
  /// What the refusals of values call it: the function's name.
  let function: StaticString
  let loss: Kernels.PointwiseLoss

  /// Of the difference of prediction and target: the gradient flows into both.
  func ofDifference(_ prediction: Tensor, _ target: Tensor, reduction: Reduction) -> Tensor {
    var (prediction, target) = (prediction, target)
    if let failure = mismatch(&prediction, &target, "predictions") { return failure }
    requireFinite(target, function)
    let divisor = LossCounts(prediction.shape).divisor(for: reduction)
    let (loss, x, t) = (loss, prediction.detached(), target.detached())
    let losses = Kernels.pointwiseLoss(loss, x, t)
    return recordLoss(operation, ofDifference: prediction, target, losses: losses, divisor: divisor) {
      Kernels.pointwiseLossBackward(loss, x, t, $0)
    }
  }

  /// Of logits, with constant targets.
  ///
  /// - Parameters:
  func ofLogits(
    _ logits: Tensor, _ targets: Tensor, reduction: Reduction, _ check: (Tensor) -> Void,
    weights: @escaping (Tensor) -> Tensor
  ) -> Tensor {
    var (logits, targets) = (logits, targets)
    if let failure = mismatch(&logits, &targets, "logits") { return failure }
    if let problem = LossInput.logits.problem(with: logits) { return shapeFailure(operation, problem, input: logits) }
    requireConstant(targets, function)
    check(targets)
    var counts = LossCounts(logits.shape)
    if !isPlanning { counts.weights = { [targets] in Kernels.total(weights(targets)) } }
    let divisor = counts.divisor(for: reduction)
    let (loss, x, t) = (loss, logits.detached(), targets)
    let losses = Kernels.pointwiseLoss(loss, x, t)
    return recordLoss(operation, of: logits, losses: losses, divisor: divisor) {
      Kernels.pointwiseLossBackward(loss, x, t, $0)
    }
  }

  private func mismatch(_ x: inout Tensor, _ target: inout Tensor, _ what: StaticString) -> Tensor? {
    if x.isPoisoned { return x }
    if target.isPoisoned { return target }
    guard x.shape == target.shape else {
      return shapeFailure(
        operation, "expects \(what) and targets of one shape, but they are \(x.shape) and \(target.shape)", input: x)
    }
    Tensor.enter(&x, operation)
    Tensor.matchTypes(&x, &target, operation)
    if x.elementCount == 0 { return shapeFailure(operation, "of no elements: the shape is \(x.shape)", input: x) }
    return nil
  }
}
