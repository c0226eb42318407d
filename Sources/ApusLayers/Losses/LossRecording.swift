import ApusCore

/// What losses share: what they refuse, and how their numbers and gradients are recorded.

/// What a loss expects its first operand to be.
enum LossInput {
  case logits, logProbabilities

  /// What is wrong with a tensor, by the mark that its operation left on it; values are not looked at.
  func problem(with x: Tensor) -> String? {
    switch (self, x.body.provenance) {
    case (.logits, .softmax): "takes logits, but was given the result of a softmax: leave the softmax out"
    case (.logits, .sigmoid): "takes logits, but was given the result of a sigmoid: leave the sigmoid out"
    case (.logits, .logSoftmax):
      "takes logits, but was given the result of logSoftmax: leave it out, or use negativeLogLikelihood"
    case (.logProbabilities, .softmax):
      "takes log-probabilities, but was given probabilities, the result of a softmax: use logSoftmax in its place"
    case (.logProbabilities, .sigmoid):
      "takes log-probabilities, but was given probabilities, the result of a sigmoid: use logSoftmax in its place"
    case (.logProbabilities, .scores):
      "takes log-probabilities, but was given logits, the result of a layer: use crossEntropy, or logSoftmax before"
    case (.logits, _), (.logProbabilities, _): nil
    }
  }
}

/// The numbers of a loss, [rows] or element by element, reduced and recorded as one operation.
///
/// - Parameters:
func recordLoss(
  _ operation: StaticString, of x: Tensor, losses: Tensor, divisor: Double?, _ pullback: @escaping (Tensor) -> Tensor
) -> Tensor {
  let tape = Tape.recording(x)
  let y = reduced(losses, divisor)
  let shape = losses.shape
  tape?.record(y, x.body.node) { pullback(spread($0, divisor, over: shape)) }
  report(operation, y, from: [x])
  return y
}

/// As above for a loss of the difference of two operands, whose gradients are opposite.
func recordLoss(
  _ operation: StaticString, ofDifference x: Tensor, _ target: Tensor, losses: Tensor, divisor: Double?,
  _ pullback: @escaping (Tensor) -> Tensor
) -> Tensor {
  let tape = Tape.recording(x, target)
  let y = reduced(losses, divisor)
  let shape = losses.shape
  tape?.record(y, x.body.node, target.body.node) { gradient, needs in
    let dx = pullback(spread(gradient, divisor, over: shape))
    return (needs[0] ? dx : nil, needs[1] ? Kernels.unary(.negate, dx) : nil)
  }
  report(operation, y, from: [x, target])
  return y
}

private func reduced(_ losses: Tensor, _ divisor: Double?) -> Tensor {
  guard let divisor else { return losses }
  if divisor == 0 { return .zeros([], losses.scalarType) }
  let flat = losses.viewed(as: [losses.elementCount])
  let sum = Kernels.reduce(.sum, flat, axes: 0..<1).viewed(as: [])
  return divisor == 1 ? sum : Kernels.binary(.divide, sum, .full([], divisor, sum.scalarType), shape: [])
}

private func spread(_ gradient: Tensor, _ divisor: Double?, over shape: Shape) -> Tensor {
  guard let divisor else { return gradient }
  if divisor == 0 { return .zeros(shape, gradient.scalarType) }
  let one = Kernels.binary(.divide, gradient, .full([], divisor, gradient.scalarType), shape: gradient.shape)
  return one.viewed(as: []).broadcast(to: shape)
}
