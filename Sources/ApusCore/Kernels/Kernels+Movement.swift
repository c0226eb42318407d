import CApus

/// y, x [outer, middle, inner] → [outer, inner]; a mean is a sum here, and whoever asks for it divides.
package struct ReductionKernel: Kernel {
  let function: ReductionFunction
  let outer, middle, inner: Int64

  /// Over the axes `axes` (consecutive) of x.
  package init(_ function: ReductionFunction, _ x: Shape, axes: Range<Int>) {
    self.function = function
    (outer, middle, inner) = Kernels.split(x, axes)
  }

  package var name: String { "\(function)" }
  package var key: String { "\(function) \(outer) \(inner)" }

  package func run(_ memory: Operands<Float>) {
    apus_reduce_f32(function.code, outer, middle, inner, memory[1], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    apus_reduce_reference_f64(function.code, outer, middle, inner, memory[1], memory[0])
  }

  package func integers(_ memory: Operands<Int32>) {
    apus_reduce_reference_i32(function.code, outer, middle, inner, memory[1], memory[0])
  }
}

/// y, x: a strided copy of elements of any type, from x into contiguous y, or from contiguous x into y.
package struct CopyKernel: Kernel {
  private let sizes, strides: [Int64]
  private let offset: Int
  private let scatters: Bool
  /// Whether elements are bytes, whatever type the kernel is run on: answers of comparisons in a compiled program.
  private let ofBytes: Bool

  /// A contiguous result of `shape` from x read with `strides` (in elements) from element `offset` on.
  package init(gathering shape: Shape, strides: [Int], offset: Int = 0, ofBytes: Bool = false) {
    (sizes, self.strides, self.offset, scatters) = (shape.map(Int64.init), strides.map(Int64.init), offset, false)
    self.ofBytes = ofBytes
  }

  /// Contiguous x of `shape` into elements of the result with `strides` from element `offset` on.
  package init(scattering shape: Shape, strides: [Int], offset: Int) {
    (sizes, self.strides, self.offset, scatters) = (shape.map(Int64.init), strides.map(Int64.init), offset, true)
    ofBytes = false
  }

  package var name: String { "a copy" }
  package var key: String { "\(sizes) \(strides) \(scatters)" }

  package func run(_ memory: Operands<Float>) { execute(.float32, memory.table) }
  package func reference(_ memory: Operands<Double>) { execute(.float64, memory.table) }

  package func execute(_ type: ScalarType, _ table: UnsafePointer<UnsafeMutableRawPointer?>) {
    guard let y = table[1], let x = table[2] else { return }
    let size = ofBytes ? 1 : type.byteCount
    if scatters {
      apus_copy_strided_into(Int32(size), Int32(sizes.count), sizes, strides, x, y + offset * size)
    } else {
      apus_copy_strided(Int32(size), Int32(sizes.count), sizes, strides, x + offset * size, y)
    }
  }
}

/// y: one number.
package struct FillKernel: Kernel {
  private let value: Double
  private let count: Int

  package init(_ value: Double, count: Int) { (self.value, self.count) = (value, count) }

  package var name: String { "a number" }
  package func run(_ memory: Operands<Float>) { memory[0]?.update(repeating: Float(value), count: count) }
  package func reference(_ memory: Operands<Double>) { memory[0]?.update(repeating: value, count: count) }
}

/// y, x [outer, in, inner], resampled along an axis by a table of taps.
package struct ResampleKernel: Kernel {
  private let sizes: apus_resample
  private let table: ResampleTable
  private let weights: [Float]

  package init(_ x: Shape, axis: Int, _ table: ResampleTable) {
    var sizes = apus_resample(
      outer: Int64(x[..<axis].reduce(1, *)), in_size: Int64(table.inputs), out_size: Int64(table.outputs),
      inner: Int64(x[(axis + 1)...].reduce(1, *)), taps: Int64(table.taps))
    var error = apus_error()
    if apus_resample_check(&sizes, table.first, &error) != APUS_OK { Kernels.failed("resampling", error) }
    (self.sizes, self.table, weights) = (sizes, table, table.weights.map { Float($0) })
  }

  package var name: String { "resampling" }
  package var key: String { "\(sizes)" }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: sizes) { apus_resample_run($0, table.first, weights, memory[1], memory[0]) }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: sizes) { apus_resample_reference_f64($0, table.first, table.weights, memory[1], memory[0]) }
  }
}

extension Kernels {
  /// Reduces the axes `axes` (consecutive) to one of size 1.
  package static func reduce(_ function: ReductionFunction, _ x: Tensor, axes: Range<Int>) -> Tensor {
    var shape = x.shape
    for axis in axes { shape[axis] = 1 }
    return ReductionKernel(function, x.shape, axes: axes).making(shape, x.scalarType, x.body.storage)
  }

  /// Index of the first maximum along an axis, which the result lacks.
  static func argmax(_ x: Tensor, axis: Int) -> Tensor {
    x.settle()
    let (outer, middle, inner) = split(x.shape, axis..<axis + 1)
    let y = Tensor(uninitialized: Shape(x.shape.indices.filter { $0 != axis }.map { x.shape[$0] }), .int32)
    if y.body.storage.isAbstract { return y }
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_argmax_f32(outer, middle, inner, x.floats, y.int32s)
      case .float64: apus_argmax_f64(outer, middle, inner, x.doubles, y.int32s)
      default: unsupported("argmax", x.scalarType)
      }
    }
    return y
  }

  /// A contiguous tensor of `shape` from x read with `strides` (in elements) from element `offset` on.
  package static func gather(_ x: Tensor, shape: Shape, strides: [Int], offset: Int = 0) -> Tensor {
    x.settle()
    if shape.elementCount == 0 { return Tensor(uninitialized: shape, x.scalarType) }
    return CopyKernel(gathering: shape, strides: strides, offset: offset).making(shape, x.scalarType, x.body.storage)
  }

  /// Writes contiguous x into elements of y, which this call owns, with `strides` from element `offset` on.
  package static func scatter(_ x: Tensor, into y: Tensor, strides: [Int], offset: Int = 0) {
    x.settle()
    if x.elementCount == 0 { return }
    CopyKernel(scattering: x.shape, strides: strides, offset: offset).launch(
      x.scalarType, y.body.storage, x.body.storage)
  }

  /// x, seen as three axes around `axis`, resampled along it by a table of taps.
  package static func resample(_ x: Tensor, axis: Int, _ table: ResampleTable) -> Tensor {
    var shape = x.shape
    shape[axis] = table.outputs
    return ResampleKernel(x.shape, axis: axis, table).making(shape, x.scalarType, x.body.storage)
  }

  static func split(_ shape: Shape, _ axes: Range<Int>) -> (outer: Int64, middle: Int64, inner: Int64) {
    let outer = shape[..<axes.lowerBound].reduce(1, *)
    let middle = shape[axes].reduce(1, *)
    let inner = shape[axes.upperBound...].reduce(1, *)
    return (Int64(outer), Int64(middle), Int64(inner))
  }
}

extension ReductionFunction {
  fileprivate var code: apus_reduction {
    switch self {
    case .sum, .mean: APUS_SUM
    case .max: APUS_MAX
    case .min: APUS_MIN
    }
  }
}
