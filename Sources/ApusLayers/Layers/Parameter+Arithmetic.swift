import ApusCore

/// Parameters in formulas: `x * gamma + beta` reads `gamma.value` and `beta.value`.
extension Parameter {
  /// The sum of `a`'s value and `b`, element by element, with broadcasting.
  public static func + (a: Parameter, b: consuming Tensor) -> Tensor { a.value + b }
  /// The difference of `a`'s value and `b`, element by element, with broadcasting.
  public static func - (a: Parameter, b: consuming Tensor) -> Tensor { a.value - b }
  /// The product of `a`'s value and `b`, element by element, with broadcasting.
  public static func * (a: Parameter, b: consuming Tensor) -> Tensor { a.value * b }
  /// The quotient of `a`'s value and `b`, element by element, with broadcasting.
  public static func / (a: Parameter, b: consuming Tensor) -> Tensor { a.value / b }

  /// The sum of `a` and `b`'s value, element by element, with broadcasting.
  public static func + (a: consuming Tensor, b: Parameter) -> Tensor { a + b.value }
  /// The difference of `a` and `b`'s value, element by element, with broadcasting.
  public static func - (a: consuming Tensor, b: Parameter) -> Tensor { a - b.value }
  /// The product of `a` and `b`'s value, element by element, with broadcasting.
  public static func * (a: consuming Tensor, b: Parameter) -> Tensor { a * b.value }
  /// The quotient of `a` and `b`'s value, element by element, with broadcasting.
  public static func / (a: consuming Tensor, b: Parameter) -> Tensor { a / b.value }

  /// The sum of both values, element by element, with broadcasting.
  public static func + (a: Parameter, b: Parameter) -> Tensor { a.value + b.value }
  /// The difference of both values, element by element, with broadcasting.
  public static func - (a: Parameter, b: Parameter) -> Tensor { a.value - b.value }
  /// The product of both values, element by element, with broadcasting.
  public static func * (a: Parameter, b: Parameter) -> Tensor { a.value * b.value }
  /// The quotient of both values, element by element, with broadcasting.
  public static func / (a: Parameter, b: Parameter) -> Tensor { a.value / b.value }

  /// The sum of `a`'s value and a number, element by element.
  public static func + (a: Parameter, b: Double) -> Tensor { a.value + b }
  /// The difference of `a`'s value and a number, element by element.
  public static func - (a: Parameter, b: Double) -> Tensor { a.value - b }
  /// The product of `a`'s value and a number, element by element.
  public static func * (a: Parameter, b: Double) -> Tensor { a.value * b }
  /// The quotient of `a`'s value and a number, element by element.
  public static func / (a: Parameter, b: Double) -> Tensor { a.value / b }

  /// The sum of a number and `b`'s value, element by element.
  public static func + (a: Double, b: Parameter) -> Tensor { a + b.value }
  /// The difference of a number and `b`'s value, element by element.
  public static func - (a: Double, b: Parameter) -> Tensor { a - b.value }
  /// The product of a number and `b`'s value, element by element.
  public static func * (a: Double, b: Parameter) -> Tensor { a * b.value }
  /// The quotient of a number and `b`'s value, element by element.
  public static func / (a: Double, b: Parameter) -> Tensor { a / b.value }

  /// The value with the other sign, element by element.
  public static prefix func - (x: Parameter) -> Tensor { -x.value }
}

/// What formulas do with a parameter alone; everything else is done with its `value`.
extension Parameter {
  /// The sum of the value; see `Tensor.sum`.
  public func sum(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    value.sum(axes: axes, keepingAxes: keepingAxes)
  }

  /// The mean of the value; see `Tensor.mean`.
  public func mean(axes: [Int]? = nil, keepingAxes: Bool = false) -> Tensor {
    value.mean(axes: axes, keepingAxes: keepingAxes)
  }

  /// The value's elements squared: `model.weight.square().sum()` is an L2 penalty.
  public func square() -> Tensor { value.square() }

  /// The value's elements without their signs: `model.weight.abs().sum()` is an L1 penalty.
  public func abs() -> Tensor { value.abs() }

  /// The value in another shape; see `Tensor.reshaped`.
  public func reshaped(_ shape: Shape) -> Tensor { value.reshaped(shape) }

  /// The value with its axes in another order; see `Tensor.transposed`.
  public func transposed(_ permutation: [Int]? = nil) -> Tensor { value.transposed(permutation) }
}
