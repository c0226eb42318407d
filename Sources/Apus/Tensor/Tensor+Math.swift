/// Element-wise functions.
extension Tensor {
  public func exp() -> Tensor {
    let y = map(.exp, "Exp", savesResult: true) { _, y, gradient in gradient * y! }
    if body.provenance == .logSoftmax { y.body.provenance = .softmax }
    return y
  }

  /// Natural logarithm.
  public func log() -> Tensor {
    let y = map(.log, "Log", savesInput: true) { x, _, gradient in gradient / x! }
    if body.provenance == .softmax { y.body.provenance = .logSoftmax }
    return y
  }

  public func sqrt() -> Tensor { map(.sqrt, "Sqrt", savesResult: true) { _, y, gradient in gradient / (y! * 2) } }

  public func square() -> Tensor { map(.square, "Square", savesInput: true) { x, _, gradient in gradient * (x! * 2) } }

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
    traceNote("Sign", y, from: [self], .unary(.sign))
    return y
  }

  /// Each element to a power: x^p, with derivative p·x^(p − 1).
  public func power(_ exponent: Double) -> Tensor {
    requireFloatingPoint("power")
    if exponent == 2 { return square() }
    let tape = Tape.recording(self)
    let p = Tensor.full([], exponent, scalarType)
    let y = Kernels.binary(.power, self, p, shape: shape)
    if let tape {
      let x = self
      tape.record(y, body.node) { gradient in
        let lower = Tensor.full([], exponent - 1, x.scalarType)
        return gradient * (Kernels.binary(.power, x, lower, shape: x.shape) * exponent)
      }
    }
    note("Power", y, from: self, with: Scope.Note(graph: .binary(.power), operands: [self, p]))
    return y
  }

  /// Another scalar type. Between floating-point types the gradient flows.
  public func cast(to type: ScalarType) -> Tensor {
    if type == scalarType { return self }
    guard scalarType.isFloatingPoint && type.isFloatingPoint else {
      let y = Kernels.convert(self, to: type)
      traceNote("Cast", y, from: [self], nil)
      return y
    }
    let tape = Tape.recording(self)
    let own = scalarType
    let y = Kernels.convert(self, to: type)
    tape?.record(y, body.node) { $0.cast(to: own) }
    y.body.trace = body.trace
    traceNote("Cast", y, from: [self], nil)
    return y
  }

  private func detachedIfBackward() -> Tensor { body.node < 0 ? self : detached() }

  private func map(
    _ operation: Kernels.Unary, _ name: StaticString, savesInput: Bool = false, savesResult: Bool = false,
    _ pullback: @escaping (_ x: Tensor?, _ y: Tensor?, _ gradient: Tensor) -> Tensor
  ) -> Tensor {
    let tape = Tape.recording(self)
    let y = Kernels.unary(operation, self)
    if let tape {
      let x = savesInput ? self : nil
      let result = savesResult ? y.detached() : nil
      tape.record(y, body.node) { pullback(x, result, $0) }
    }
    note(name, y, from: self, with: Scope.Note(graph: .unary(operation)))
    return y
  }
}
