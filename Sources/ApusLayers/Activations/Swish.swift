import ApusCore
import ApusSupport

extension Nonlinearity {
  fileprivate static let swish = Nonlinearity("swish")
}

extension ActivationFunction {
  /// x · σ(beta · x).
  public static func swish(beta: Double) -> ActivationFunction {
    ActivationFunction(
      .swish, "Swish", beta, details: { beta, _ in "beta \(beta)" },
      onnx: { beta, _ in .apply("Mul", [.x, .apply("Sigmoid", [beta == 1 ? .x : .apply("Mul", [.x, .number(beta)])])]) }
    )
  }
}

/// x · σ(beta · x), element by element; with beta 1 also called SiLU.
public func swish(_ x: consuming Tensor, beta: Double = 1) -> Tensor {
  checkBeta(beta)
  return nonlinearity(.swish(beta: beta), x)
}

/// Swish: y = x · σ(beta · x); with beta 1 also called SiLU.
///
/// Smooth, unbounded above, with a minimum of −0.278 at −1.278 for beta 1, so not monotone. The derivative is
/// s + beta · x · s · (1 − s) with s = σ(beta · x). Ramachandran, Zoph & Le 2017, "Searching for activation functions"; Hendrycks
/// & Gimpel 2016.
public struct Swish: Layer {
  /// Steepness of the gate: 1 is SiLU; towards 0 the function becomes x / 2, towards ∞ a ReLU.
  package let beta: Double

  /// Traps unless `beta`, as a float, is finite and above 0.
  public init(beta: Double = 1) {
    checkBeta(beta)
    self.beta = beta
  }

  /// x of any shape → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor { swish(x, beta: beta) }
}

private func checkBeta(_ beta: Double) {
  // As a float, which the kernel takes: 0 or ∞ would make 0 · ∞.
  if !(Float(beta) > 0 && Float(beta).isFinite) { fatalError("Swish: beta \(beta) is not a finite number above 0") }
}
