/// x where x > 0, else alpha · (e^x − 1). The derivative is 1 or y + alpha; alpha at 0.
public func elu(_ x: consuming Tensor, alpha: Double = 1) -> Tensor {
  checkAlpha(alpha)
  return nonlinearity(.elu, "ELU", x, parameter: alpha)
}

extension Tensor {
  /// x where x > 0, else alpha · (e^x − 1).
  public func elu(alpha: Double = 1) -> Tensor { Apus.elu(self, alpha: alpha) }
}

/// The exponential linear unit: y = x where x > 0, else alpha · (e^x − 1).
///
/// It does not die, and its mean is nearer to 0 than a ReLU's, for an exponential. A slide of the lecture names it
/// `nn.LeakyReLU(alpha=1)`; it means PyTorch's `nn.ELU(alpha=1)`. Clevert, Unterthiner & Hochreiter 2016.
public struct ELU: Layer {
  /// What it saturates to below, −alpha.
  public let alpha: Double

  public init(alpha: Double = 1) {
    checkAlpha(alpha)
    self.alpha = alpha
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { elu(x, alpha: alpha) }
}

private func checkAlpha(_ alpha: Double) {
  if !(alpha >= 0 && Float(alpha).isFinite) { fatalError("ELU: alpha \(alpha) is not a finite number of at least 0") }
}

extension ActivationFacts {
  /// With alpha 1.
  public static let elu = ActivationFacts(
    name: "ELU", equation: "x > 0 ? x : α(e^x − 1)", paper: "Clevert, Unterthiner & Hochreiter 2016",
    decks: ["D0", "D1", "D4"], range: -1 ... .infinity, saturation: .negative, centring: .bothSigns,
    cost: .exponential, isMonotone: true, canDie: false, gain: nil, function: { Apus.elu($0) })
}
