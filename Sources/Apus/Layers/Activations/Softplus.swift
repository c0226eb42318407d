/// log(1 + e^x), element by element. The derivative is σ(x) = 1 − e^−y.
public func softplus(_ x: consuming Tensor) -> Tensor { nonlinearity(.softplus, "Softplus", x) }

extension Tensor {
  /// log(1 + e^x).
  public func softplus() -> Tensor { Apus.softplus(self) }
}

/// A smooth ReLU: y = log(1 + e^x). Dugas et al. 2001.
public struct Softplus: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { softplus(x) }
}

extension ActivationFacts {
  public static let softplus = ActivationFacts(
    name: "Softplus", equation: "log(1 + e^x)", paper: "Dugas et al. 2001", decks: [], range: 0 ... .infinity,
    saturation: .negative, centring: .positive, cost: .exponential, isMonotone: true, canDie: false, gain: nil,
    function: { Apus.softplus($0) })
}
