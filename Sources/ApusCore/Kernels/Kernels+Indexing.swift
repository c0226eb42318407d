import ApusSupport
import CApus

/// The sizes of a copy or sum by index.
struct IndexView {
  let outer, size, inner, count: Int
  let perElement: Bool
  /// Of the indices, to tell the place of one.
  let indices: Shape

  /// Along an axis of x.
  init(_ x: Shape, axis: Int, _ indices: Shape, perElement: Bool) {
    (outer, size, inner) = (x[..<axis].reduce(1, *), x[axis], x[(axis + 1)...].reduce(1, *))
    count = perElement ? indices[axis] : indices.elementCount
    (self.perElement, self.indices) = (perElement, indices)
  }

  var sizes: apus_indexing {
    apus_indexing(
      outer: Int64(outer), size: Int64(size), inner: Int64(inner), count: Int64(count), per_element: perElement ? 1 : 0)
  }

  var key: String { "\(outer) \(size) \(inner) \(count) \(perElement)" }

  /// Stops at an index that is on no place of the axis: it depends on data, so that no check of shapes has seen it.
  func check(_ pointer: UnsafeMutableRawPointer?, _ operation: String) -> UnsafePointer<Int32>? {
    let values = pointer.map { UnsafePointer($0.assumingMemoryBound(to: Int32.self)) }
    let outside = Int(apus_index_outside(Int64(indices.elementCount), Int64(size), values))
    if outside >= 0, let values {
      let expected = size == 0 ? "none, as the axis has no element" : "0...\(size - 1)"
      fatalError("\(operation): index \(values[outside]) at \(indices.place(outside)), expected \(expected)")
    }
    return values
  }
}

/// y, x, indices (int32).
package struct GatherKernel: Kernel {
  private let view: IndexView

  package init(_ x: Shape, axis: Int, _ indices: Shape, perElement: Bool) {
    view = IndexView(x, axis: axis, indices, perElement: perElement)
  }

  package var name: String { view.perElement ? "gather" : "take" }
  package var key: String { view.key }

  package func run(_ memory: Operands<Float>) { execute(.float32, memory.table) }
  package func reference(_ memory: Operands<Double>) { execute(.float64, memory.table) }

  package func execute(_ type: ScalarType, _ table: UnsafePointer<UnsafeMutableRawPointer?>) {
    var sizes = view.sizes
    apus_gather(Int32(type.byteCount), &sizes, view.check(table[3], name), table[2], table[1])
  }

  /// Indices of a sample are 0.
  package func work(_ byteCounts: [Int?]) -> PlannedWork {
    PlannedWork(key: "\(name) \(key) \(byteCounts)") { _ in sampled(byteCounts, zeros: 2) }
  }
}

/// y, u, indices (int32): u is added to y.
package struct ScatterAddKernel: Kernel {
  private let view: IndexView

  package init(_ y: Shape, axis: Int, _ indices: Shape, perElement: Bool) {
    view = IndexView(y, axis: axis, indices, perElement: perElement)
  }

  package var name: String { "scatterAdd" }
  package var key: String { view.key }

  package func run(_ memory: Operands<Float>) {
    var sizes = view.sizes
    apus_scatter_add_f32(&sizes, view.check(memory.raw(2), name), memory[1], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    var sizes = view.sizes
    apus_scatter_add_f64(&sizes, view.check(memory.raw(2), name), memory[1], memory[0])
  }

  /// Indices of a sample are 0.
  package func work(_ byteCounts: [Int?]) -> PlannedWork {
    PlannedWork(key: "\(name) \(key) \(byteCounts)") { _ in sampled(byteCounts, zeros: 2) }
  }
}

/// y, x; y may be x.
package struct CumulativeSumKernel: Kernel {
  private let outer, middle, inner: Int64
  private let reversed: Bool

  package init(_ x: Shape, axis: Int, reversed: Bool) {
    (outer, middle, inner) = Kernels.split(x, axis..<axis + 1)
    self.reversed = reversed
  }

  package var name: String { "cumulativeSum" }
  package var key: String { "\(outer) \(middle) \(inner)" }

  package func run(_ memory: Operands<Float>) {
    apus_cumulative_sum_f32(outer, middle, inner, reversed ? 1 : 0, memory[1], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    apus_cumulative_sum_f64(outer, middle, inner, reversed ? 1 : 0, memory[1], memory[0])
  }
}

/// y (int32) [rows, count], x [rows, columns].
package struct OrderKernel: Kernel {
  private let rows, columns, count: Int64
  private let descending: Bool

  package init(_ x: Shape, count: Int, descending: Bool) {
    (rows, columns) = Kernels.rowsAndColumns(x)
    (self.count, self.descending) = (Int64(count), descending)
  }

  package var name: String { "an order" }
  package var key: String { "\(columns) \(count)" }
  package var scratchBytes: Int { apus_order_scratch(rows, columns, count) }

  package func run(_ memory: Operands<Float>) {
    apus_order_f32(rows, columns, count, descending ? 1 : 0, memory[1], places(memory.raw(0)), memory.scratch)
  }

  package func reference(_ memory: Operands<Double>) {
    // A reference has no scratch of its own.
    Kernels.withScratch(scratchBytes) { scratch in
      apus_order_f64(rows, columns, count, descending ? 1 : 0, memory[1], places(memory.raw(0)), scratch)
    }
  }

  private func places(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Int32>? {
    pointer?.assumingMemoryBound(to: Int32.self)
  }
}

/// y (float32), x of int32 or uint8.
package struct ToFloatKernel: Kernel {
  private let type: ScalarType
  private let count: Int

  package init(_ type: ScalarType, count: Int) { (self.type, self.count) = (type, count) }

  package var name: String { "a cast" }
  package var key: String { "\(type)" }

  package func run(_ memory: Operands<Float>) {
    Kernels.convert(type, memory.raw(1), to: .float32, memory.raw(0), count: count)
  }

  package func reference(_ memory: Operands<Double>) {
    Kernels.convert(type, memory.raw(1), to: .float64, memory.raw(0), count: count)
  }
}

extension Kernels {
  static func gather(_ x: Tensor, axis: Int, _ indices: Tensor, perElement: Bool, to shape: Shape) -> Tensor {
    x.settle()
    return GatherKernel(x.shape, axis: axis, indices.shape, perElement: perElement).making(
      shape, x.scalarType, x.body.storage, indices.body.storage)
  }

  /// y, which the caller alone has, with u added.
  static func scatterAdd(_ u: Tensor, axis: Int, _ indices: Tensor, perElement: Bool, into y: Tensor) {
    u.settle()
    ScatterAddKernel(y.shape, axis: axis, indices.shape, perElement: perElement).launch(
      y.scalarType, y.body.storage, u.body.storage, indices.body.storage)
  }

  static func cumulativeSum(_ x: Tensor, axis: Int, reversed: Bool) -> Tensor {
    x.settle()
    return CumulativeSumKernel(x.shape, axis: axis, reversed: reversed).making(x.shape, x.scalarType, x.body.storage)
  }

  /// Of the last axis.
  static func order(_ x: Tensor, count: Int, descending: Bool) -> Tensor {
    x.settle()
    let y = Tensor(uninitialized: Shape(x.shape.dropLast() + [count]), .int32)
    OrderKernel(x.shape, count: count, descending: descending).launch(x.scalarType, y.body.storage, x.body.storage)
    return y
  }
}
