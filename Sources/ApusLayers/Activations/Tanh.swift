import ApusCore

extension Nonlinearity {
  fileprivate static let tanh = Nonlinearity("tanh")
}

extension ActivationFunction {
  /// tanh x.
  public static var tanh: ActivationFunction {
    ActivationFunction(.tanh, "Tanh", onnx: { _, _ in .apply("Tanh", [.x]) })
  }
}

/// The hyperbolic tangent, element by element: 2σ(2x) − 1. The derivative is 1 − y².
public func tanh(_ x: consuming Tensor) -> Tensor { nonlinearity(.tanh, x) }

extension Tensor {
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { ApusLayers.tanh(self) }
}

/// The hyperbolic tangent: y = tanh x = 2σ(2x) − 1, in [−1, 1].
///
/// Zero-centered, but it saturates on both sides. LeCun, Bottou, Orr & Müller 1998, "Efficient backprop".
public struct Tanh: Layer {
  /// No options. LeNet-5's squashing function is 1.7159 · tanh(2x / 3): see `LeNet5Original`.
  public init() {}

  /// x of any shape → the same shape, with values in [−1, 1].
  public func forward(_ x: consuming Tensor) -> Tensor { tanh(x) }
}
