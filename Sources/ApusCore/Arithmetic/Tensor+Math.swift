/// Element-wise functions.
extension Tensor {
  /// eˣ, which is its own derivative.
  public func exp() -> Tensor {
    let y = map(.exp, "Exp", savesResult: true) { _, y, gradient in gradient * y! }
    if body.provenance == .logSoftmax { y.body.provenance = .softmax }
    return y
  }

  /// Natural logarithm. The derivative is 1 / x; +∞ at both zeros.
  public func log() -> Tensor {
    // −0 + 0 is 0, from where the logarithm falls.
    let y = map(.log, "Log", savesInput: true) { x, _, gradient in gradient / (x! + 0) }
    if body.provenance == .softmax { y.body.provenance = .logSoftmax }
    return y
  }

  /// Square root. The derivative is 1 / 2√x; +∞ at both zeros, so a root of a sum of squares has none where all of them are 0.
  public func sqrt() -> Tensor { map(.sqrt, "Sqrt", savesResult: true) { _, y, gradient in gradient / (y! * 2) } }

  /// x². The gradient is doubled last, so that 2x does not overflow where the product does not.
  public func square() -> Tensor { map(.square, "Square", savesInput: true) { x, _, gradient in gradient * x! * 2 } }

  /// 1 / x, with derivative −1 / x²: −∞ at both zeros.
  public func reciprocal() -> Tensor {
    map(.reciprocal, "Reciprocal", savesResult: true) { _, y, gradient in -(gradient * y!.square()) }
  }

  /// Absolute value; the derivative at 0 is 0.
  public func abs() -> Tensor {
    map(.abs, "Abs", savesInput: true) { x, _, gradient in gradient * Kernels.unary(.sign, x!) }
  }

  /// −1, 0 or 1. Not differentiable: the result is a constant.
  public func sign() -> Tensor {
    let y = Kernels.unary(.sign, detachedIfBackward())
    report("Sign", y, from: [self], as: .unary(.sign), isListed: false)
    return y
  }

  /// The largest whole number that is not above x. Not differentiable: the result is a constant. So with `ceil` and `round`.
  public func floor() -> Tensor { rounded(.floor, "Floor") }

  /// The smallest whole number that is not below x.
  public func ceil() -> Tensor { rounded(.ceil, "Ceil") }

  /// The nearest whole number; halves go to the even one, as in PyTorch and NumPy.
  public func round() -> Tensor { rounded(.round, "Round") }

  private func rounded(_ operation: UnaryFunction, _ name: StaticString) -> Tensor {
    let y = Kernels.unary(operation, detachedIfBackward())
    report(name, y, from: [self], as: .unary(operation), isListed: false)
    return y
  }

  /// The error function, 2/√π · ∫₀ˣ e^(−t²) dt, with derivative 2/√π · e^(−x²).
  public func erf() -> Tensor {
    map(.erf, "Erf", savesInput: true) { x, _, gradient in
      gradient * (Kernels.unary(.exp, -Kernels.unary(.square, x!)) * (2 / Double.pi.squareRoot()))
    }
  }

  /// Each element to the power of the other tensor's; both broadcast. ∂/∂x = p·x^(p − 1), 0 where p is 0; ∂/∂p = x^p · log x, 0 where x
  /// is 0 and p is not negative.
  public func power(_ exponent: Tensor) -> Tensor { Tensor.powers(self, exponent) }

  /// Each element of a floating-point tensor to a power: x^p, with derivative p·x^(p − 1). x^0 is 1 with derivative 0, of every x; x^p
  /// with p < 1 has an infinite derivative at 0; a negative x has a power for a whole p alone, else NaN.
  public func power(_ exponent: Double) -> Tensor {
    requireFloatingPoint("power")
    if exponent == 2 { return square() }
    let tape = Tape.recording(self)
    let p = Tensor.full([], exponent, scalarType)
    let y = Kernels.binary(.power, self, p, shape: shape)
    if let tape {
      let x = self
      tape.record(y, body.node) { Tensor.powerGradient(x, exponent, $0) }
    }
    report("Power", y, from: [self, p], as: .binary(.power))
    return y
  }

  /// dy · p · x^(p − 1), without infinities on the way: 0 · ∞ for p = 0, and x^(p − 1) that only p makes small enough.
  private static func powerGradient(_ x: Tensor, _ p: Double, _ gradient: Tensor) -> Tensor {
    if p == 0 { return .zeros(x.shape, x.scalarType) }
    let isSmall = Swift.abs(p) < 1
    let exponent = Tensor.full([], isSmall ? (p - 1) / 2 : p - 1, x.scalarType)
    let power = Kernels.binary(.power, x, exponent, shape: x.shape)
    return isSmall ? gradient * (power * p * power) : gradient * (power * p)
  }

  /// Another scalar type. Between floating-point types the gradient flows. To an integer type numbers are cut towards 0 and kept in
  /// its range, and NaN becomes 0.
  public func cast(to type: ScalarType) -> Tensor {
    if type == scalarType { return self }
    guard scalarType.isFloatingPoint && type.isFloatingPoint else {
      let y = Kernels.convert(self, to: type)
      let operation = type == .float32 && !scalarType.isFloatingPoint ? TensorOperation.toFloat : nil
      report("Cast", y, from: [self], as: operation, with: .init(features: .keeps), isListed: false)
      return y
    }
    let tape = Tape.recording(self)
    let own = scalarType
    let y = Kernels.convert(self, to: type)
    tape?.record(y, body.node) { $0.cast(to: own) }
    report("Cast", y, from: [self], with: .init(features: .keeps), isListed: false)
    return y
  }

  /// True where every element is finite.
  public var isFinite: Bool { Kernels.allFinite(self) }

  private func detachedIfBackward() -> Tensor { body.node < 0 ? self : detached() }

  private func map(
    _ operation: UnaryFunction, _ name: StaticString, savesInput: Bool = false, savesResult: Bool = false,
    _ pullback: @escaping (_ x: Tensor?, _ y: Tensor?, _ gradient: Tensor) -> Tensor
  ) -> Tensor {
    let tape = Tape.recording(self)
    let y = Kernels.unary(operation, self)
    if let tape {
      let x = savesInput ? self : nil
      let result = savesResult ? y.detached() : nil
      tape.record(y, body.node) { pullback(x, result, $0) }
    }
    report(name, y, from: [self], as: .unary(operation))
    return y
  }
}
