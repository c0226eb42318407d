import CApus

/// y, x, element by element; y may be x.
package struct MapKernel: Kernel {
  package enum Function {
    case unary(UnaryFunction)
    case activation(ActivationFunction)
    /// x · factor + offset.
    case scale(factor: Double, offset: Double)
    /// Inverted dropout; the mask is a pure function of (seed, stream, element), so backward is the same call on the gradient.
    case dropout(rate: Double, seed: UInt64, stream: UInt64)
  }

  private let function: Function
  private let count: Int64

  package init(_ function: Function, count: Int) { (self.function, self.count) = (function, Int64(count)) }

  package var key: String { "\(function)" }
  package var name: String {
    switch function {
    case .unary(let function): "\(function)"
    case .activation(let function): "\(function.name)"
    case .scale: "arithmetic with a number"
    case .dropout: "dropout"
    }
  }

  package func run(_ memory: Operands<Float>) {
    let (y, x) = (memory[0], memory[1])
    switch function {
    case .unary(let function): apus_unary_f32(function.code, count, x, y)
    case .activation(let function): function.forward(count, x, y)
    case .scale(let factor, let offset): apus_scale_f32(count, x, Float(factor), Float(offset), y)
    case .dropout(let rate, let seed, let stream): apus_dropout_f32(count, seed, stream, Float(rate), x, y)
    }
  }

  package func reference(_ memory: Operands<Double>) {
    let (y, x) = (memory[0], memory[1])
    switch function {
    case .unary(let function): apus_unary_reference_f64(function.code, count, x, y)
    case .activation(let function): function.forward(count, x, y)
    case .scale(let factor, let offset): apus_scale_reference_f64(count, x, factor, offset, y)
    case .dropout(let rate, let seed, let stream): apus_dropout_reference_f64(count, seed, stream, rate, x, y)
    }
  }
}

/// y, a, b, broadcast to y's shape; y may be an operand that is not broadcast.
package struct BinaryKernel: Kernel {
  private let function: BinaryFunction
  // The C core's description of them is ten times as large: copying it would take longer than making it in a run.
  private let a, b, shape: Shape

  package init(_ function: BinaryFunction, _ a: Shape, _ b: Shape, to shape: Shape) {
    (self.function, self.a, self.b, self.shape) = (function, a, b, shape)
  }

  package var name: String { "\(function)" }

  package func run(_ memory: Operands<Float>) {
    var space = Kernels.broadcast(a, b, to: shape)
    apus_binary_f32(function.code, &space, memory[1], memory[2], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    var space = Kernels.broadcast(a, b, to: shape)
    apus_binary_reference_f64(function.code, &space, memory[1], memory[2], memory[0])
  }

  package func integers(_ memory: Operands<Int32>) {
    var space = Kernels.broadcast(a, b, to: shape)
    apus_binary_reference_i32(function.code, &space, memory[1], memory[2], memory[0])
  }
}

/// y, mask, a, b: mask ? a : b.
package struct SelectKernel: Kernel {
  private let count: Int64

  package init(count: Int) { self.count = Int64(count) }

  package var name: String { "a selection" }

  package func run(_ memory: Operands<Float>) {
    apus_select_f32(count, memory.bytes(1), memory[2], memory[3], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    apus_select_f64(count, memory.bytes(1), memory[2], memory[3], memory[0])
  }
}

extension Kernels {
  /// Element by element, in the operand's memory where nobody else refers to it.
  package static func map(_ function: MapKernel.Function, _ x: consuming Tensor) -> Tensor {
    MapKernel(function, count: x.elementCount).mapping(x)
  }

  package static func unary(_ function: UnaryFunction, _ x: consuming Tensor) -> Tensor { map(.unary(function), x) }

  /// x · factor + offset.
  package static func scale(_ x: consuming Tensor, by factor: Double, plus offset: Double = 0) -> Tensor {
    map(.scale(factor: factor, offset: offset), x)
  }

  /// a ∘ b, broadcast to `shape`; both of one type.
  package static func binary(_ function: BinaryFunction, _ a: consuming Tensor, _ b: consuming Tensor, shape: Shape)
    -> Tensor
  {
    let type = a.scalarType
    let kernel = BinaryKernel(function, a.shape, b.shape, to: shape)
    let fitsA = a.shape == shape
    let fitsB = b.shape == shape
    let (left, reusableA) = consume(&a)
    let (right, reusableB) = consume(&b)
    let storage =
      fitsA && reusableA && left !== right
      ? left : fitsB && reusableB && left !== right ? right : Storage(byteCount: shape.elementCount * type.byteCount)
    kernel.launch(type, storage, left, right)
    return Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage))
  }

  static func compare(_ operation: ComparisonFunction, _ a: Tensor, _ b: Tensor, shape: Shape) -> Tensor {
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
    SelectKernel(count: a.elementCount).making(
      a.shape, a.scalarType, mask.body.storage, a.body.storage, b.body.storage)
  }

  static func convert(_ x: Tensor, to type: ScalarType) -> Tensor {
    let y = Tensor(uninitialized: x.shape, type)
    if y.body.storage.isAbstract { return y }
    withExtendedLifetime(x) {
      convert(x.scalarType, x.body.storage.pointer, to: type, y.body.storage.pointer, count: x.elementCount)
    }
    return y
  }

  static func convert(
    _ own: ScalarType, _ x: UnsafeMutableRawPointer?, to type: ScalarType, _ y: UnsafeMutableRawPointer?, count: Int
  ) {
    apus_convert(own.code, type.code, Int64(count), x, y)
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

  fileprivate static func broadcast(_ a: Shape, _ b: Shape, to shape: Shape) -> apus_broadcast {
    var space = apus_broadcast()
    space.axes = Int32(shape.count)
    withUnsafeMutableBytes(of: &space.sizes) { raw in
      let sizes = raw.bindMemory(to: Int64.self)
      // By numbers: iterators over collections are allocated in debug builds.
      for axis in 0..<shape.count { sizes[axis] = Int64(shape[axis]) }
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
      for place in 1..<result.count + 1 {
        let axis = result.count - place
        let own = operand.count - place
        let size = own < 0 ? 1 : operand[own]
        strides[axis] = size == 1 ? 0 : Int64(stride)
        stride *= size
      }
    }
  }
}

/// y (uint8), a, b, broadcast to y's shape: 1 where it holds.
package struct ComparisonKernel: Kernel {
  private let function: ComparisonFunction
  private let a, b, shape: Shape

  package init(_ function: ComparisonFunction, _ a: Shape, _ b: Shape, to shape: Shape) {
    (self.function, self.a, self.b, self.shape) = (function, a, b, shape)
  }

  package var name: String { "a comparison" }

  package func run(_ memory: Operands<Float>) {
    var space = Kernels.broadcast(a, b, to: shape)
    apus_compare_f32(function.code, &space, memory[1], memory[2], memory.bytes(0))
  }

  package func reference(_ memory: Operands<Double>) {
    var space = Kernels.broadcast(a, b, to: shape)
    apus_compare_f64(function.code, &space, memory[1], memory[2], memory.bytes(0))
  }
}

extension ComparisonFunction {
  fileprivate var code: apus_comparison { apus_comparison(rawValue: rawValue) }
}

extension UnaryFunction {
  fileprivate var code: apus_unary {
    switch self {
    case .negate: APUS_NEGATE
    case .abs: APUS_ABS
    case .exp: APUS_EXP
    case .log: APUS_LOG
    case .sqrt: APUS_SQRT
    case .reciprocal: APUS_RECIPROCAL
    case .square: APUS_SQUARE
    case .sign: APUS_SIGN
    case .floor: APUS_FLOOR
    case .ceil: APUS_CEIL
    case .round: APUS_ROUND
    case .erf: APUS_ERF
    }
  }
}

extension BinaryFunction {
  fileprivate var code: apus_binary {
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
  fileprivate var code: apus_scalar {
    switch self {
    case .float32: APUS_F32
    case .float64: APUS_F64
    case .int32: APUS_I32
    case .uint8: APUS_U8
    }
  }
}
