import ApusCore

extension Nonlinearity {
  fileprivate static let sigmoid = Nonlinearity("sigmoid")
}

extension ActivationFunction {
  /// 1 / (1 + e^−x).
  public static var sigmoid: ActivationFunction {
    ActivationFunction(.sigmoid, "Sigmoid", onnx: { _, _ in .apply("Sigmoid", [.x]) })
  }
}

/// The logistic function σ(x) = 1 / (1 + e^−x), element by element. The derivative is y · (1 − y), at most 1/4.
/// Losses that take logits refuse it.
public func sigmoid(_ x: consuming Tensor) -> Tensor {
  let y = nonlinearity(.sigmoid, x)
  y.body.provenance = .sigmoid
  return y
}

extension Tensor {
  /// 1 / (1 + e^−x).
  public func sigmoid() -> Tensor { ApusLayers.sigmoid(self) }
}

/// The logistic function: y = σ(x) = 1 / (1 + e^−x), in [0, 1].
///
/// It saturates on both sides, its output is never negative, and it costs an exponential: for gates and probabilities rather than
/// between layers. Rumelhart, Hinton & Williams 1986.
public struct Sigmoid: Layer {
  /// No options. Leave the layer out before a loss that takes logits: the loss includes it, and refuses its result.
  public init() {}

  /// x of any shape → the same shape, with values in [0, 1].
  public func forward(_ x: consuming Tensor) -> Tensor { sigmoid(x) }
}
