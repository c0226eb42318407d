import ApusSupport

/// The rules of scalar types: operands have one type, layers and losses compute in float32, and `withPrecision(.float64)` widens.
extension Tensor {
  /// Stops where a result that need not be whole would be cut to an integer.
  func requireFloatingPoint(_ operation: StaticString) {
    if scalarType.isFloatingPoint { return }
    fatalError("\(operation) of a tensor of \(scalarType), whose result need not be whole: cast(to: .float32) it first")
  }

  /// Operands must be of one type; within `withPrecision(.float64)` float32 is widened.
  package static func matchTypes(_ a: inout Tensor, _ b: inout Tensor, _ operation: StaticString) {
    let scope = Scope.current
    if scope?.usesDouble ?? false {
      if a.scalarType == .float32 { a = a.cast(to: .float64) }
      if b.scalarType == .float32 { b = b.cast(to: .float64) }
    }
    if a.scalarType == b.scalarType { return }
    let both = "\(operation) of a tensor of \(a.scalarType) and one of \(b.scalarType)"
    guard a.scalarType.isFloatingPoint && b.scalarType.isFloatingPoint else {
      let isImage = a.scalarType == .uint8 && b.scalarType == .float32
      fatalError(
        isImage
          ? "\(both): x.cast(to: .float32) / 255 makes numbers from 0 to 1 of an image's bytes"
          : "\(both): cast(to:) one of them first")
    }
    fatalError(
      """
      \(both): cast(to: .float32) what is float64 (a Tensor of a [Double] is), or compute all in float64 within \
      withPrecision(.float64)
      """)
  }

  /// Parts of one result as they are, within `withPrecision(.float64)` with float32 widened.
  static func widened(_ parts: [Tensor]) -> [Tensor] {
    guard Scope.current?.usesDouble ?? false else { return parts }
    return parts.map { $0.scalarType == .float32 ? $0.cast(to: .float64) : $0 }
  }

  /// What a layer or a loss takes: float32, or within `withPrecision(.float64)` float64, to which float32 is widened.
  package static func enter(_ x: inout Tensor, _ operation: StaticString) {
    switch x.scalarType {
    case .float32: if Scope.current?.usesDouble ?? false { x = x.cast(to: .float64) }
    case .float64: requireDouble("\(operation) of a tensor")
    case .int32, .uint8: break
    }
  }

  /// As `enter`, for an operand that stays the caller's.
  package func entering(_ operation: StaticString) -> Tensor {
    var x = self
    Tensor.enter(&x, operation)
    return x
  }

  /// Stops where float64 was not asked for.
  static func requireDouble(_ what: @autoclosure () -> String) {
    if Scope.current?.usesDouble ?? false { return }
    fatalError(
      """
      \(what()) of float64: layers, losses and optimizers compute in float32; cast(to: .float32) it (a Tensor of a [Double] is \
      float64), or compute all in float64 within withPrecision(.float64)
      """)
  }

  /// What optimizers and clipping take of a gradient: float32, to which it is rounded within `withPrecision(.float64)`.
  package func asGradient(of parameter: Parameter) -> Tensor {
    if scalarType == .float32 { return self }
    Tensor.requireDouble("a step by the gradient of \(parameter.path ?? "a parameter")")
    return stored(as: .float32)
  }

  /// Rounded to the type that it is kept in, where float64 is computed in.
  func stored(as type: ScalarType) -> Tensor {
    guard scalarType == .float64, type == .float32, Scope.current?.usesDouble ?? false else { return self }
    return Kernels.convert(detached(), to: type)
  }
}
