import ApusCore

extension Nonlinearity {
  fileprivate static let softplus = Nonlinearity("softplus")
}

extension ActivationFunction {
  /// log(1 + e^x).
  public static var softplus: ActivationFunction {
    ActivationFunction(.softplus, "Softplus", onnx: { _, _ in .apply("Softplus", [.x]) })
  }
}

/// log(1 + e^x), element by element. The derivative is σ(x) = 1 − e^−y.
public func softplus(_ x: consuming Tensor) -> Tensor { nonlinearity(.softplus, x) }

/// A smooth ReLU: y = log(1 + e^x). Dugas et al. 2001.
public struct Softplus: Layer {
  /// No options: PyTorch's `nn.Softplus` with β = 1.
  public init() {}

  /// x of any shape → the same shape, with values of at least 0.
  public func forward(_ x: consuming Tensor) -> Tensor { softplus(x) }
}
