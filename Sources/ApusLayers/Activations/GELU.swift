import ApusCore

extension Nonlinearity {
  fileprivate static let gelu = Nonlinearity("gelu")
  fileprivate static let geluTanh = Nonlinearity("gelu_tanh")
}

extension ActivationFunction {
  /// x · Φ(x).
  public static var gelu: ActivationFunction {
    // The operator of this name is of set 20.
    ActivationFunction(
      .gelu, "GELU", onnx: { _, _ in halfGated(.apply("Erf", [.apply("Mul", [.x, .number(0.5.squareRoot())])])) })
  }

  /// The approximation of x · Φ(x) by tanh.
  public static var geluTanh: ActivationFunction {
    ActivationFunction(
      .geluTanh, "GELU", details: { _, _ in "by tanh" },
      onnx: { _, _ in
        // √(2/π) · x · (1 + 0.044715·x²)
        let square = ONNXForm.apply("Mul", [.x, .x])
        let inner = ONNXForm.apply("Add", [.apply("Mul", [square, .number(0.044715)]), .number(1)])
        let scaled = ONNXForm.apply("Mul", [.x, .number((2 / Double.pi).squareRoot())])
        return halfGated(.apply("Tanh", [.apply("Mul", [scaled, inner])]))
      })
  }

  /// x/2 · (1 + part)
  private static func halfGated(_ part: ONNXForm) -> ONNXForm {
    .apply("Mul", [.apply("Mul", [.x, .number(0.5)]), .apply("Add", [part, .number(1)])])
  }
}

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
  case .exact: nonlinearity(.gelu, x)
  case .tanh: nonlinearity(.geluTanh, x)
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
