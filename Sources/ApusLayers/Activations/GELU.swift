import ApusCore

/// How GELU is computed.
public enum GELUForm: Sendable {
  /// x · Φ(x), Φ the normal distribution's function.
  case exact
  /// x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2, at most 4.8e-4 away, as some published networks were trained.
  case tanh
}

/// x · Φ(x) = x · (1 + erf(x / √2)) / 2, element by element, or its approximation by tanh.
public func gelu(_ x: consuming Tensor, _ form: GELUForm = .exact) -> Tensor {
  switch form {
  case .exact: nonlinearity(.gelu, "GELU", x)
  case .tanh: nonlinearity(.geluTanh, "GELU", x)
  }
}

/// The Gaussian error linear unit: y = x · Φ(x) = x · (1 + erf(x / √2)) / 2.
///
/// Smooth, unbounded above, with a minimum of −0.170 at −0.752, so not monotone. The derivative is Φ(x) + x · e^(−x²/2) / √(2π).
/// Hendrycks & Gimpel 2016, "Gaussian error linear units".
public struct GELU: Layer {
  /// `exact` unless given; weights that were trained with one form want that one.
  package let form: GELUForm

  /// `GELU(.tanh)` is PyTorch's `nn.GELU(approximate="tanh")`.
  public init(_ form: GELUForm = .exact) { self.form = form }

  /// x of any shape → the same shape, with values of at least −0.171.
  public func forward(_ x: consuming Tensor) -> Tensor { gelu(x, form) }
}
