import ApusCore

/// Softmax over the last axis: exp(xⱼ − max x) / Σ exp(xₖ − max x).
public func softmax(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("Softmax")
  guard x.rank >= 1 else { return shapeFailure("Softmax", "expects at least one axis, input is a scalar", input: x) }
  let tape = Tape.recording(x)
  let y = Kernels.softmax(x)
  if let tape {
    let result = y.detached()
    tape.record(y, x.body.node) { Kernels.softmaxBackward(y: result, gradient: $0) }
  }
  y.body.provenance = .softmax
  report("Softmax", y, from: [x], as: .softmax)
  return y
}

/// Logarithm of the softmax over the last axis, without leaving the logarithms: xⱼ − max x − log Σ exp(xₖ − max x).
public func logSoftmax(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("LogSoftmax")
  guard x.rank >= 1 else { return shapeFailure("LogSoftmax", "expects at least one axis, input is a scalar", input: x) }
  let tape = Tape.recording(x)
  let y = Kernels.softmax(x, logarithm: true)
  if let tape {
    let result = y.detached()
    tape.record(y, x.body.node) { Kernels.softmaxBackward(y: result, gradient: $0, logarithm: true) }
  }
  y.body.provenance = .logSoftmax
  report("LogSoftmax", y, from: [x], as: .logSoftmax)
  return y
}

/// Softmax over the last axis: probabilities of scores. The losses that take logits refuse its result: they include it.
public struct Softmax: Layer {
  /// No axis to choose: it is always the last. Leave the layer out before `crossEntropy`, which includes it.
  public init() {}

  /// […, classes] → the same shape; each row of classes is at least 0 and adds up to 1.
  public func forward(_ x: consuming Tensor) -> Tensor { softmax(x) }
}

/// The logarithm of the softmax over the last axis, what `negativeLogLikelihood` takes.
public struct LogSoftmax: Layer {
  /// No axis to choose: it is always the last.
  public init() {}

  /// […, classes] → the same shape, with values of at most 0.
  public func forward(_ x: consuming Tensor) -> Tensor { logSoftmax(x) }
}
