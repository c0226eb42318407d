import CApus

extension Kernels {
  enum Comparison: UInt32 {
    case equal, notEqual, less, lessEqual, greater, greaterEqual
    var code: apus_comparison { apus_comparison(rawValue: rawValue) }
  }

  /// An element-wise kernel on an operand that is given up: in place where nobody else refers to its memory.
  static func map(
    _ x: consuming Tensor, _ operation: @autoclosure () -> String,
    float32: (_ count: Int64, _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutablePointer<Float>) -> Void,
    float64: (_ count: Int64, _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>) -> Void
  ) -> Tensor {
    let shape = x.shape
    let type = x.scalarType
    let (source, isReusable) = consume(&x)
    let storage = isReusable ? source : Storage(byteCount: shape.elementCount * type.byteCount)
    let y = Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage))
    if storage.isAbstract {
      // All of them read and write their operand once; only dropout's numbers cost more than memory.
      planned(
        PlannedWork(key: "element-wise \(operation() == "dropout" ? "dropout" : "") \(shape.elementCount)") {
          [isDropout = operation() == "dropout"] _ in
          let x = sample(shape)
          return { _ = isDropout ? dropout(x, rate: 0.5, seed: 1, stream: 1) : relu(x) }
        })
      return y
    }
    let count = Int64(shape.elementCount)
    withExtendedLifetime(source) {
      switch type {
      case .float32: float32(count, source.floats, storage.floats)
      case .float64: float64(count, source.doubles, storage.doubles)
      default: unsupported(operation(), type)
      }
    }
    return y
  }

  package static func unary(_ operation: UnaryFunction, _ x: consuming Tensor) -> Tensor {
    map(x, "\(operation)") {
      apus_unary_f32(operation.code, $0, $1, $2)
    } float64: {
      apus_unary_reference_f64(operation.code, $0, $1, $2)
    }
  }

  /// x · factor + offset.
  package static func scale(_ x: consuming Tensor, by factor: Double, plus offset: Double = 0) -> Tensor {
    map(x, "arithmetic with a number") {
      apus_scale_f32($0, $1, Float(factor), Float(offset), $2)
    } float64: {
      apus_scale_reference_f64($0, $1, factor, offset, $2)
    }
  }

  /// a ∘ b, broadcast to `shape`; both of one type.
  package static func binary(_ operation: BinaryFunction, _ a: consuming Tensor, _ b: consuming Tensor, shape: Shape)
    -> Tensor
  {
    let type = a.scalarType
    var space = broadcast(a.shape, b.shape, to: shape)
    let fitsA = a.shape == shape
    let fitsB = b.shape == shape
    let (left, reusableA) = consume(&a)
    let (right, reusableB) = consume(&b)
    let storage =
      fitsA && reusableA && left !== right
      ? left : fitsB && reusableB && left !== right ? right : Storage(byteCount: shape.elementCount * type.byteCount)
    let y = Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage))
    if storage.isAbstract {
      planned(
        PlannedWork(key: "binary \(shape) \(fitsA) \(fitsB)") { _ in
          let (a, b) = (sample(fitsA ? shape : [1]), sample(fitsB ? shape : [1]))
          return { _ = binary(.add, a, b, shape: shape) }
        })
      return y
    }
    withExtendedLifetime((left, right)) {
      switch type {
      case .float32: apus_binary_f32(operation.code, &space, left.floats, right.floats, storage.floats)
      case .float64: apus_binary_reference_f64(operation.code, &space, left.doubles, right.doubles, storage.doubles)
      case .int32: apus_binary_reference_i32(operation.code, &space, left.int32s, right.int32s, storage.int32s)
      case .uint8: unsupported("\(operation)", type)
      }
    }
    return y
  }

  static func compare(_ operation: Comparison, _ a: Tensor, _ b: Tensor, shape: Shape) -> Tensor {
    let y = Tensor(uninitialized: shape, .uint8)
    if y.body.storage.isAbstract { return y }
    var space = broadcast(a.shape, b.shape, to: shape)
    withExtendedLifetime((a, b)) {
      switch a.scalarType {
      case .float32: apus_compare_f32(operation.code, &space, a.floats, b.floats, y.bytes)
      case .float64: apus_compare_f64(operation.code, &space, a.doubles, b.doubles, y.bytes)
      case .int32: apus_compare_i32(operation.code, &space, a.int32s, b.int32s, y.bytes)
      case .uint8: apus_compare_u8(operation.code, &space, a.bytes, b.bytes, y.bytes)
      }
    }
    return y
  }

  /// mask ? a : b, all of one shape.
  static func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    let y = Tensor(uninitialized: a.shape, a.scalarType)
    if y.body.storage.isAbstract { return y }
    let count = Int64(a.elementCount)
    withExtendedLifetime((mask, a, b)) {
      switch a.scalarType {
      case .float32: apus_select_f32(count, mask.bytes, a.floats, b.floats, y.floats)
      case .float64: apus_select_f64(count, mask.bytes, a.doubles, b.doubles, y.doubles)
      default: unsupported("a selection", a.scalarType)
      }
    }
    return y
  }

  /// Inverted dropout; the mask is a pure function of (seed, stream, element), so backward is the same call on the gradient.
  package static func dropout(_ x: consuming Tensor, rate: Double, seed: UInt64, stream: UInt64) -> Tensor {
    map(x, "dropout") {
      apus_dropout_f32($0, seed, stream, Float(rate), $1, $2)
    } float64: {
      apus_dropout_reference_f64($0, seed, stream, rate, $1, $2)
    }
  }

  static func convert(_ x: Tensor, to type: ScalarType) -> Tensor {
    let y = Tensor(uninitialized: x.shape, type)
    if y.body.storage.isAbstract { return y }
    withExtendedLifetime(x) {
      apus_convert(x.scalarType.code, type.code, Int64(x.elementCount), x.body.storage.pointer, y.body.storage.pointer)
    }
    return y
  }

  static func allFinite(_ x: Tensor) -> Bool {
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_all_finite_f32(Int64(x.elementCount), x.floats) != 0
      case .float64: apus_all_finite_f64(Int64(x.elementCount), x.doubles) != 0
      default: true
      }
    }
  }

  static func broadcast(_ a: Shape, _ b: Shape, to shape: Shape) -> apus_broadcast {
    var space = apus_broadcast()
    space.axes = Int32(shape.count)
    withUnsafeMutableBytes(of: &space.sizes) { raw in
      for axis in shape.indices { raw.bindMemory(to: Int64.self)[axis] = Int64(shape[axis]) }
    }
    fillStrides(of: a, in: shape, &space.a_strides)
    fillStrides(of: b, in: shape, &space.b_strides)
    return space
  }

  /// Strides of a contiguous operand read as `result`: 0 along broadcast axes. `strides` is a C array of Int64.
  private static func fillStrides<CArray>(of operand: Shape, in result: Shape, _ strides: inout CArray) {
    withUnsafeMutableBytes(of: &strides) { raw in
      let strides = raw.bindMemory(to: Int64.self)
      var stride = 1
      for axis in result.indices.reversed() {
        let own = axis + operand.count - result.count
        let size = own < 0 ? 1 : operand[own]
        strides[axis] = size == 1 ? 0 : Int64(stride)
        stride *= size
      }
    }
  }
}

extension UnaryFunction {
  var code: apus_unary {
    switch self {
    case .negate: APUS_NEGATE
    case .abs: APUS_ABS
    case .exp: APUS_EXP
    case .log: APUS_LOG
    case .sqrt: APUS_SQRT
    case .reciprocal: APUS_RECIPROCAL
    case .square: APUS_SQUARE
    case .sign: APUS_SIGN
    }
  }
}

extension BinaryFunction {
  var code: apus_binary {
    switch self {
    case .add: APUS_ADD
    case .subtract: APUS_SUBTRACT
    case .multiply: APUS_MULTIPLY
    case .divide: APUS_DIVIDE
    case .maximum: APUS_MAXIMUM
    case .minimum: APUS_MINIMUM
    case .power: APUS_POWER
    }
  }
}

extension ScalarType {
  var code: apus_scalar {
    switch self {
    case .float32: APUS_F32
    case .float64: APUS_F64
    case .int32: APUS_I32
    case .uint8: APUS_U8
    }
  }
}
