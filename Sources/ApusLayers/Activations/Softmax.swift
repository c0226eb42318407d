import ApusCore

/// Softmax over an axis, the last one by default: exp(xⱼ − max x) / Σ exp(xₖ − max x).
public func softmax(_ x: Tensor, axis: Int = -1) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("Softmax")
  guard let axis = resolved(axis, of: x) else { return noAxis("Softmax", axis, x) }
  if axis != x.rank - 1 { return withAxisLast(axis, x) { softmax($0) } }
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

/// Logarithm of the softmax over an axis, the last one by default, without leaving the logarithms:
/// xⱼ − max x − log Σ exp(xₖ − max x).
public func logSoftmax(_ x: Tensor, axis: Int = -1) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("LogSoftmax")
  guard let axis = resolved(axis, of: x) else { return noAxis("LogSoftmax", axis, x) }
  if axis != x.rank - 1 { return withAxisLast(axis, x) { logSoftmax($0) } }
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

private func resolved(_ axis: Int, of x: Tensor) -> Int? {
  let place = axis < 0 ? axis + x.rank : axis
  return (0..<x.rank).contains(place) ? place : nil
}

private func noAxis(_ operation: StaticString, _ axis: Int, _ x: Tensor) -> Tensor {
  let problem =
    x.rank == 0 ? "expects at least one axis, input is a scalar" : "over axis \(axis) of a tensor of shape \(x.shape)"
  return shapeFailure(operation, problem, input: x)
}

/// A function of the last axis, of another one: it changes places with the last axis, and back.
private func withAxisLast(_ axis: Int, _ x: Tensor, _ function: (Tensor) -> Tensor) -> Tensor {
  var order = Array(0..<x.rank)
  order.swapAt(axis, x.rank - 1)
  let rows = function(x.transposed(order))
  let y = rows.transposed(order)
  y.body.provenance = rows.body.provenance
  return y
}

/// Softmax over an axis: probabilities of scores. The losses that take logits refuse its result: they include it.
public struct Softmax: Layer {
  let axis: Int

  /// Over the last axis, that of classes, unless another is given. Leave the layer out before `crossEntropy`, which includes it.
  public init(axis: Int = -1) { self.axis = axis }

  /// […, classes] → the same shape; along the axis the elements are at least 0 and add up to 1.
  public func forward(_ x: consuming Tensor) -> Tensor { softmax(x, axis: axis) }
}

/// The logarithm of the softmax over an axis, of the last one what `negativeLogLikelihood` takes.
public struct LogSoftmax: Layer {
  let axis: Int

  /// Over the last axis unless another is given.
  public init(axis: Int = -1) { self.axis = axis }

  /// […, classes] → the same shape, with values of at most 0.
  public func forward(_ x: consuming Tensor) -> Tensor { logSoftmax(x, axis: axis) }
}
