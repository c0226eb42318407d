import ApusCore
import ApusSupport

extension Nonlinearity {
  fileprivate static let elu = Nonlinearity("elu")
}

extension ActivationFunction {
  /// x where x > 0, else alpha · (e^x − 1).
  public static func elu(alpha: Double) -> ActivationFunction {
    ActivationFunction(
      .elu, "ELU", alpha, details: { alpha, _ in "alpha \(alpha)" },
      onnx: { alpha, _ in .apply("Elu", [.x], [("alpha", alpha)]) })
  }
}

/// x where x > 0, else alpha · (e^x − 1). The derivative is 1 or y + alpha; alpha at 0.
public func elu(_ x: consuming Tensor, alpha: Double = 1) -> Tensor {
  checkAlpha(alpha)
  return nonlinearity(.elu(alpha: alpha), x)
}

/// The exponential linear unit: y = x where x > 0, else alpha · (e^x − 1).
///
/// It does not die, and its mean is nearer to 0 than a ReLU's, for an exponential. A slide of the lecture names it
/// `nn.LeakyReLU(alpha=1)`; it means PyTorch's `nn.ELU(alpha=1)`. Clevert, Unterthiner & Hochreiter 2016.
public struct ELU: Layer {
  /// What it saturates to below, −alpha.
  package let alpha: Double

  /// Traps unless `alpha` is finite and at least 0. With 1 the derivative is continuous at 0.
  public init(alpha: Double = 1) {
    checkAlpha(alpha)
    self.alpha = alpha
  }

  /// x of any shape → the same shape, with values of at least −alpha.
  public func forward(_ x: consuming Tensor) -> Tensor { elu(x, alpha: alpha) }
}

private func checkAlpha(_ alpha: Double) {
  if !(alpha >= 0 && Float(alpha).isFinite) { fatalError("ELU: alpha \(alpha) is not a finite number of at least 0") }
}
