/// Parameters in formulas: `x * gamma + beta` reads `gamma.value` and `beta.value`.
extension Parameter {
  public static func + (a: Parameter, b: consuming Tensor) -> Tensor { a.value + b }
  public static func - (a: Parameter, b: consuming Tensor) -> Tensor { a.value - b }
  public static func * (a: Parameter, b: consuming Tensor) -> Tensor { a.value * b }
  public static func / (a: Parameter, b: consuming Tensor) -> Tensor { a.value / b }

  public static func + (a: consuming Tensor, b: Parameter) -> Tensor { a + b.value }
  public static func - (a: consuming Tensor, b: Parameter) -> Tensor { a - b.value }
  public static func * (a: consuming Tensor, b: Parameter) -> Tensor { a * b.value }
  public static func / (a: consuming Tensor, b: Parameter) -> Tensor { a / b.value }

  public static func + (a: Parameter, b: Parameter) -> Tensor { a.value + b.value }
  public static func - (a: Parameter, b: Parameter) -> Tensor { a.value - b.value }
  public static func * (a: Parameter, b: Parameter) -> Tensor { a.value * b.value }
  public static func / (a: Parameter, b: Parameter) -> Tensor { a.value / b.value }

  public static func + (a: Parameter, b: Double) -> Tensor { a.value + b }
  public static func - (a: Parameter, b: Double) -> Tensor { a.value - b }
  public static func * (a: Parameter, b: Double) -> Tensor { a.value * b }
  public static func / (a: Parameter, b: Double) -> Tensor { a.value / b }

  public static func + (a: Double, b: Parameter) -> Tensor { a + b.value }
  public static func - (a: Double, b: Parameter) -> Tensor { a - b.value }
  public static func * (a: Double, b: Parameter) -> Tensor { a * b.value }
  public static func / (a: Double, b: Parameter) -> Tensor { a / b.value }

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
