import ApusCore

/// [N, …] → [N, product of the rest]; images in the order (H, W, C).
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { flatten(x) }
}

/// Softmax over the last axis: probabilities of scores. The losses that take logits refuse its result: they include it.
public struct Softmax: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { softmax(x) }
}

/// The logarithm of the softmax over the last axis, what `negativeLogLikelihood` takes.
public struct LogSoftmax: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { logSoftmax(x) }
}
