import ApusCore

/// The hyperbolic tangent, element by element: 2σ(2x) − 1. The derivative is 1 − y².
public func tanh(_ x: consuming Tensor) -> Tensor { nonlinearity(.tanh, "Tanh", x) }

extension Tensor {
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { ApusLayers.tanh(self) }
}

/// The hyperbolic tangent: y = tanh x = 2σ(2x) − 1, in [−1, 1].
///
/// Zero-centred, but it saturates on both sides. LeCun, Bottou, Orr & Müller 1998, "Efficient backprop".
public struct Tanh: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { tanh(x) }
}
