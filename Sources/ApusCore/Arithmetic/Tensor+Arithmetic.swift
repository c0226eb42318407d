import ApusSupport

/// Element-wise arithmetic with broadcasting: shapes are aligned at the innermost axis; sizes must be equal or 1. Operands have one
/// scalar type. int32 tensors are added to, subtracted from and multiplied by each other, and wrap around at 32 bits; they are not
/// divided, and take no number as the other operand. uint8 tensors have no arithmetic but for masks: their product with a
/// floating-point tensor.
extension Tensor {
  /// a + b. The gradient of an operand is summed over the axes that were broadcast, here and for all operators of two tensors.
  public static func + (a: consuming Tensor, b: consuming Tensor) -> Tensor {
    if a.shape == b.shape, a.scalarType == b.scalarType, let sum = fusedSum(&a, &b) {
      return sum
    }
    return combine(.add, "Add", a, b) { _, _, gradient, needs in (needs[0] ? gradient : nil, needs[1] ? gradient : nil)
    }
  }

  /// a − b.
  public static func - (a: consuming Tensor, b: consuming Tensor) -> Tensor {
    combine(.subtract, "Subtract", a, b) { _, _, gradient, needs in
      (needs[0] ? gradient : nil, needs[1] ? -gradient : nil)
    }
  }

  /// a · b, element by element; `matmul` multiplies matrices. ∂/∂a = b, ∂/∂b = a.
  ///
  /// One operand may be a mask, uint8 as comparisons make it, beside a floating-point tensor; its bytes count as numbers of that type.
  /// 0 times an infinite element is NaN, as ever: `select` leaves an element out whatever it is.
  ///
  /// ```swift
  /// let kept = Tensor.uniform(x.shape) .< 0.8
  /// let y = x * kept / 0.8
  /// ```
  public static func * (a: consuming Tensor, b: consuming Tensor) -> Tensor {
    if a.scalarType == .uint8 && b.scalarType.isFloatingPoint { a = a.cast(to: b.scalarType) }
    if b.scalarType == .uint8 && a.scalarType.isFloatingPoint { b = b.cast(to: a.scalarType) }
    return combine(.multiply, "Multiply", a, b, savesOperands: true) { a, b, gradient, needs in
      (needs[0] ? gradient * b! : nil, needs[1] ? gradient * a! : nil)
    }
  }

  /// The quotient, of floating-point tensors. ∂/∂b = −(a / b) / b, in this order: 0 for a = 0 however small b is.
  public static func / (a: consuming Tensor, b: consuming Tensor) -> Tensor {
    a.requireFloatingPoint("Divide")
    return combine(.divide, "Divide", a, b, savesOperands: true) { a, b, gradient, needs in
      (needs[0] ? gradient / b! : nil, needs[1] ? -(gradient * (a! / b!) / b!) : nil)
    }
  }

  /// −x. Traps on integer tensors.
  public static prefix func - (x: consuming Tensor) -> Tensor {
    let tape = Tape.recording(x)
    let node = x.body.node
    let input = isListening ? x : nil
    let y = Kernels.unary(.negate, x)
    tape?.record(y, node) { -$0 }
    if let input { report("Negate", y, from: [input], as: .unary(.negate)) }
    return y
  }

  // MARK: With a number

  /// x · factor. Arithmetic with a number traps on integer tensors; for a float32 tensor the number is rounded to float32.
  public static func * (x: consuming Tensor, factor: Double) -> Tensor { scaled(x, by: factor, plus: 0) }
  /// factor · x, the same as x · factor.
  public static func * (factor: Double, x: consuming Tensor) -> Tensor { scaled(x, by: factor, plus: 0) }
  /// x / divisor: a division per element, not a product with the reciprocal.
  public static func / (x: consuming Tensor, divisor: Double) -> Tensor {
    let type = x.scalarType
    x.requireFloatingPoint("Divide")
    return x / Tensor.full([], divisor, type)
  }
  /// x + offset.
  public static func + (x: consuming Tensor, offset: Double) -> Tensor { scaled(x, by: 1, plus: offset) }
  /// offset + x, the same as x + offset.
  public static func + (offset: Double, x: consuming Tensor) -> Tensor { scaled(x, by: 1, plus: offset) }
  /// x − offset.
  public static func - (x: consuming Tensor, offset: Double) -> Tensor { scaled(x, by: 1, plus: -offset) }
  /// offset − x.
  public static func - (offset: Double, x: consuming Tensor) -> Tensor { scaled(x, by: -1, plus: offset) }
  /// dividend / x.
  public static func / (dividend: Double, x: consuming Tensor) -> Tensor {
    let type = x.scalarType
    x.requireFloatingPoint("Divide")
    return Tensor.full([], dividend, type) / x
  }

  /// x · factor, for a number that is a `Float` in the program; a literal is a `Double`.
  @_disfavoredOverload public static func * (x: consuming Tensor, factor: Float) -> Tensor { x * Double(factor) }
  /// factor · x, for a number that is a `Float` in the program.
  @_disfavoredOverload public static func * (factor: Float, x: consuming Tensor) -> Tensor { x * Double(factor) }
  /// x / divisor, for a number that is a `Float` in the program.
  @_disfavoredOverload public static func / (x: consuming Tensor, divisor: Float) -> Tensor { x / Double(divisor) }
  /// x + offset, for a number that is a `Float` in the program.
  @_disfavoredOverload public static func + (x: consuming Tensor, offset: Float) -> Tensor { x + Double(offset) }
  /// x − offset, for a number that is a `Float` in the program.
  @_disfavoredOverload public static func - (x: consuming Tensor, offset: Float) -> Tensor { x - Double(offset) }

  /// a = a + b, in a's memory if nothing else refers to it. As the shapes broadcast, a may get another shape; so with all four.
  public static func += (a: inout Tensor, b: Tensor) { a = take(&a) + b }
  /// a = a − b, in a's memory if nothing else refers to it.
  public static func -= (a: inout Tensor, b: Tensor) { a = take(&a) - b }
  /// a = a · b, element by element, in a's memory if nothing else refers to it.
  public static func *= (a: inout Tensor, b: Tensor) { a = take(&a) * b }
  /// a = a / b, in a's memory if nothing else refers to it.
  public static func /= (a: inout Tensor, b: Tensor) { a = take(&a) / b }

  private static let nothing = Tensor([Float](), shape: [0])

  /// Moves the value out, so that the operator may reuse its memory.
  private static func take(_ x: inout Tensor) -> Tensor {
    var taken = nothing
    swap(&taken, &x)
    return taken
  }

  /// x · factor + offset.
  package static func scaled(_ x: consuming Tensor, by factor: Double, plus offset: Double) -> Tensor {
    let tape = Tape.recording(x)
    let node = x.body.node
    let input = isListening ? x : nil
    let y = Kernels.scale(x, by: factor, plus: offset)
    tape?.record(y, node) { scaled($0, by: factor, plus: 0) }
    if let input { report("Scale", y, from: [input], as: .scale(factor: factor, offset: offset)) }
    return y
  }

  // MARK: Extremes

  /// The larger of two, element by element; NaN propagates; the gradient of equal elements goes to the first.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    combine(.maximum, "Maximum", a, b, savesOperands: true) { a, b, gradient, needs in
      extremeGradient(a! .>= b!, gradient, needs)
    }
  }

  /// The smaller of two, element by element; NaN propagates; the gradient of equal elements goes to the first.
  public static func minimum(_ a: Tensor, _ b: Tensor) -> Tensor {
    combine(.minimum, "Minimum", a, b, savesOperands: true) { a, b, gradient, needs in
      extremeGradient(a! .<= b!, gradient, needs)
    }
  }

  /// The larger of each element of a floating-point tensor and a number; the gradient of an equal element is the element's.
  public static func maximum(_ x: Tensor, _ number: Double) -> Tensor {
    x.requireFloatingPoint("Maximum")
    return maximum(x, .full([], number, x.scalarType))
  }

  /// The smaller of each element of a floating-point tensor and a number; the gradient of an equal element is the element's.
  public static func minimum(_ x: Tensor, _ number: Double) -> Tensor {
    x.requireFloatingPoint("Minimum")
    return minimum(x, .full([], number, x.scalarType))
  }

  static func powers(_ x: Tensor, _ exponent: Tensor) -> Tensor {
    x.requireFloatingPoint("Power")
    return combine(.power, "Power", x, exponent, savesOperands: true) { x, p, gradient, needs in
      let (x, p, zero) = (x!, p!, Tensor.zeros([], gradient.scalarType))
      let slope = needs[0] ? select(p .== 0, zero, p * powers(x, p - 1)) : nil
      // Of 0 to a power that is not negative; elsewhere the logarithm may be infinite, or none.
      let growth = needs[1] ? select(x .== 0, select(p .>= 0, zero, zero - .infinity), powers(x, p) * x.log()) : nil
      return (slope.map { gradient * $0 }, growth.map { gradient * $0 })
    }
  }

  private static func extremeGradient(_ first: Tensor, _ gradient: Tensor, _ needs: Tape.Needs) -> (Tensor?, Tensor?) {
    let zero = Tensor.zeros([], gradient.scalarType)
    return (
      needs[0] ? Tensor.select(first, gradient, zero) : nil, needs[1] ? Tensor.select(first, zero, gradient) : nil
    )
  }

  // MARK: Implementation

  /// Residual sum: taken into the pending pass of one operand.
  private static func fusedSum(_ a: inout Tensor, _ b: inout Tensor) -> Tensor? {
    if let pending = PendingOperation.appendable(&a), pending.appendResidual(b) {
      report("Add", a, from: [a, b], as: .binary(.add))
      return a
    }
    if let pending = PendingOperation.appendable(&b), pending.appendResidual(a) {
      report("Add", b, from: [a, b], as: .binary(.add))
      return b
    }
    return nil
  }

  /// A broadcast operation of two operands with the gradients of its broadcast operands, which are then summed to their shapes.
  private static func combine(
    _ operation: BinaryFunction, _ name: StaticString, _ a: consuming Tensor, _ b: consuming Tensor,
    savesOperands: Bool = false,
    _ pullback: @escaping (_ a: Tensor?, _ b: Tensor?, _ gradient: Tensor, _ needs: Tape.Needs) -> (Tensor?, Tensor?)
  ) -> Tensor {
    matchTypes(&a, &b, name)
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      return shapeFailure(name, "takes shapes that broadcast, but they are \(a.shape) and \(b.shape)", input: a)
    }
    let tape = Tape.recording(a, b)
    let operands = isListening ? (a, b) : nil
    guard let tape else {
      let y = Kernels.binary(operation, a, b, shape: shape)
      if let operands { report(name, y, from: [operands.0, operands.1], as: .binary(operation)) }
      return y
    }
    let (nodeA, nodeB, shapeA, shapeB) = (a.body.node, b.body.node, a.shape, b.shape)
    let saved = savesOperands ? (a, b) : nil
    let y = Kernels.binary(operation, a, b, shape: shape)
    tape.record(y, nodeA, nodeB) { gradient, needs in
      let (da, db) = pullback(saved?.0, saved?.1, gradient, needs)
      return (da.map { $0.summed(to: shapeA) }, db.map { $0.summed(to: shapeB) })
    }
    if let operands { report(name, y, from: [operands.0, operands.1], as: .binary(operation)) }
    return y
  }

  /// Undoes a broadcast in a gradient: sums over the axes that were broadcast.
  func summed(to target: Shape) -> Tensor {
    if shape == target { return self }
    let extra = rank - target.count
    let axes = shape.indices.filter { axis in axis < extra || (target[axis - extra] == 1 && shape[axis] != 1) }
    return sum(axes: axes, keepingAxes: true).reshaped(target)
  }
}

extension Tensor {
  /// Elements of `a` where `mask` (uint8) is not 0, of `b` elsewhere; all three broadcast.
  public static func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    if mask.scalarType != .uint8 {
      fatalError("select: the mask must be uint8, as comparisons make it, but is \(mask.scalarType)")
    }
    var (a, b) = (a, b)
    matchTypes(&a, &b, "Select")
    guard let values = Shape.broadcast(a.shape, b.shape), let shape = Shape.broadcast(mask.shape, values) else {
      return shapeFailure(
        "Select", "takes shapes that broadcast, but they are \(mask.shape), \(a.shape) and \(b.shape)", input: a)
    }
    let condition = mask
    let tape = Tape.recording(a, b)
    var (whole, first, second) = (mask, a.detached(), b.detached())
    let y = asOneOperation {
      (whole, first, second) = (whole.broadcast(to: shape), first.broadcast(to: shape), second.broadcast(to: shape))
      return Kernels.select(whole, first, second)
    }
    if let tape {
      let mask = whole
      let (shapeA, shapeB) = (a.shape, b.shape)
      tape.record(y, a.body.node, b.body.node) { gradient, needs in
        let zero = Tensor.zeros(gradient.shape, gradient.scalarType)
        return (
          needs[0] ? Kernels.select(mask, gradient, zero).summed(to: shapeA) : nil,
          needs[1] ? Kernels.select(mask, zero, gradient).summed(to: shapeB) : nil
        )
      }
    }
    report("Select", y, from: [condition, a, b], as: .select)
    return y
  }
}
