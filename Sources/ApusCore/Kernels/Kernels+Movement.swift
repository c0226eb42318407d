import CApus

extension Kernels {
  package enum Reduction: UInt32 {
    case sum, max, min
    var code: apus_reduction { apus_reduction(rawValue: rawValue) }
  }

  /// Reduces the axes `axes` (consecutive) to one of size 1.
  package static func reduce(_ operation: Reduction, _ x: Tensor, axes: Range<Int>) -> Tensor {
    x.settle()
    var shape = x.shape
    for axis in axes { shape[axis] = 1 }
    let (outer, middle, inner) = split(x.shape, axes)
    let y = Tensor(uninitialized: shape, x.scalarType)
    if y.body.storage.isAbstract {
      planned(
        PlannedWork(key: "reduce \(x.shape) \(axes)") { [shape = x.shape] _ in
          let x = sample(shape)
          return { _ = reduce(operation, x, axes: axes) }
        })
      return y
    }
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_reduce_f32(operation.code, outer, middle, inner, x.floats, y.floats)
      case .float64: apus_reduce_reference_f64(operation.code, outer, middle, inner, x.doubles, y.doubles)
      case .int32: apus_reduce_reference_i32(operation.code, outer, middle, inner, x.int32s, y.int32s)
      case .uint8: unsupported("\(operation)", x.scalarType)
      }
    }
    return y
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
    let y = Tensor(uninitialized: shape, x.scalarType)
    if shape.elementCount == 0 { return y }
    if y.body.storage.isAbstract {
      planned(
        PlannedWork(key: "gather \(x.shape) \(shape) \(strides)") { [input = x.shape] _ in
          let x = sample(input)
          return { _ = gather(x, shape: shape, strides: strides, offset: offset) }
        })
      return y
    }
    let size = x.scalarType.byteCount
    withExtendedLifetime(x) {
      apus_copy_strided(
        Int32(size), Int32(shape.count), shape.map(Int64.init), strides.map(Int64.init),
        x.body.storage.pointer + offset * size, y.body.storage.pointer)
    }
    return y
  }

  /// Writes contiguous x into elements of y, which this call owns, with `strides` from element `offset` on.
  package static func scatter(_ x: Tensor, into y: Tensor, strides: [Int], offset: Int = 0) {
    x.settle()
    if x.elementCount == 0 { return }
    if y.body.storage.isAbstract {
      planned(
        PlannedWork(key: "scatter \(x.shape) \(y.shape) \(strides)") { [input = x.shape, output = y.shape] _ in
          let (x, y) = (sample(input), sample(output))
          return { scatter(x, into: y, strides: strides, offset: offset) }
        })
      return
    }
    let size = x.scalarType.byteCount
    withExtendedLifetime((x, y)) {
      apus_copy_strided_into(
        Int32(size), Int32(x.rank), x.shape.map(Int64.init), strides.map(Int64.init),
        x.body.storage.pointer, y.body.storage.pointer + offset * size)
    }
  }

  static func split(_ shape: Shape, _ axes: Range<Int>) -> (outer: Int64, middle: Int64, inner: Int64) {
    let outer = shape[..<axes.lowerBound].reduce(1, *)
    let middle = shape[axes].reduce(1, *)
    let inner = shape[axes.upperBound...].reduce(1, *)
    return (Int64(outer), Int64(middle), Int64(inner))
  }
}
