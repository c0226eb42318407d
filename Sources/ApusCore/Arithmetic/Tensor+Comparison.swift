/// Comparisons, element by element with broadcasting: 1 or 0 as uint8. Not differentiable. Whole numbers of any type compare with
/// numbers of any other, exactly; a number is first rounded to the tensor's floating-point type, so that
/// `Tensor([0.1]) .== 0.1` holds.
///
/// ```swift
/// let right = (model(images).argmax() .== labels).mean()
/// let active = (relu(x) .> 0).sum()
/// let halved = x * (Tensor.uniform(x.shape) .< 0.5)
/// ```
extension Tensor {
  /// 1 where `a`'s element equals `b`'s element, else 0.
  public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(.equal, a, b) }
  /// 1 where `a`'s element differs from `b`'s element, else 0.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(.notEqual, a, b) }
  /// 1 where `a`'s element is less than `b`'s element, else 0.
  public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(.less, a, b) }
  /// 1 where `a`'s element is at most `b`'s element, else 0.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(.lessEqual, a, b) }
  /// 1 where `a`'s element is greater than `b`'s element, else 0.
  public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(.greater, a, b) }
  /// 1 where `a`'s element is at least `b`'s element, else 0.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(.greaterEqual, a, b) }

  // MARK: With a number

  /// 1 where `a`'s element equals the number `b`, else 0.
  public static func .== (a: Tensor, b: Double) -> Tensor { a .== a.comparable(b) }
  /// 1 where `a`'s element differs from the number `b`, else 0.
  public static func .!= (a: Tensor, b: Double) -> Tensor { a .!= a.comparable(b) }
  /// 1 where `a`'s element is less than the number `b`, else 0.
  public static func .< (a: Tensor, b: Double) -> Tensor { a .< a.comparable(b) }
  /// 1 where `a`'s element is at most the number `b`, else 0.
  public static func .<= (a: Tensor, b: Double) -> Tensor { a .<= a.comparable(b) }
  /// 1 where `a`'s element is greater than the number `b`, else 0.
  public static func .> (a: Tensor, b: Double) -> Tensor { a .> a.comparable(b) }
  /// 1 where `a`'s element is at least the number `b`, else 0.
  public static func .>= (a: Tensor, b: Double) -> Tensor { a .>= a.comparable(b) }

  /// 1 where the number `a` equals `b`'s element, else 0.
  public static func .== (a: Double, b: Tensor) -> Tensor { b .== a }
  /// 1 where the number `a` differs from `b`'s element, else 0.
  public static func .!= (a: Double, b: Tensor) -> Tensor { b .!= a }
  /// 1 where the number `a` is less than `b`'s element, else 0.
  public static func .< (a: Double, b: Tensor) -> Tensor { b .> a }
  /// 1 where the number `a` is at most `b`'s element, else 0.
  public static func .<= (a: Double, b: Tensor) -> Tensor { b .>= a }
  /// 1 where the number `a` is greater than `b`'s element, else 0.
  public static func .> (a: Double, b: Tensor) -> Tensor { b .< a }
  /// 1 where the number `a` is at least `b`'s element, else 0.
  public static func .>= (a: Double, b: Tensor) -> Tensor { b .<= a }

  /// A number as a tensor's type has it; float64 where an integer type cannot hold it.
  private func comparable(_ number: Double) -> Tensor {
    let isHeld =
      switch scalarType {
      case .float32, .float64: true
      case .int32: Int32(exactly: number) != nil
      case .uint8: UInt8(exactly: number) != nil
      }
    return .full([], number, isHeld ? scalarType : .float64)
  }

  private static func compare(_ operation: ComparisonFunction, _ a: Tensor, _ b: Tensor) -> Tensor {
    var (a, b) = (a, b)
    if a.scalarType != b.scalarType, !(a.scalarType.isFloatingPoint && b.scalarType.isFloatingPoint) {
      // float64 holds the numbers of every other type.
      (a, b) = (a.cast(to: .float64), b.cast(to: .float64))
    }
    matchTypes(&a, &b, "Compare")
    guard let shape = Shape.broadcast(a.shape, b.shape) else {
      return shapeFailure("Compare", "takes shapes that broadcast, but they are \(a.shape) and \(b.shape)", input: a)
    }
    let y = Kernels.compare(operation, a, b, shape: shape)
    report("Compare", y, from: [a, b], as: .compare(operation), isListed: false)
    return y
  }
}
