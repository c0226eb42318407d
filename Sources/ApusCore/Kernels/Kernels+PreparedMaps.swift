import CApus

/// Prepared kernels that map elements, windows and rows, and that move elements.
extension Kernels {
  // MARK: Element by element: x's memory may be the result's.

  package static func preparedActivation(_ function: ActivationFunction, count: Int) -> Prepared {
    let count = Int64(count)
    guard let (code, parameter) = function.nonlinearity else {
      return Prepared { memory in apus_relu_forward(count, memory[0], memory.result) }
    }
    let a = Float(parameter)
    return Prepared { memory in apus_nonlinearity_forward(code, count, a, memory[0], memory.result) }
  }

  /// Inputs: x, slope.
  package static func preparedPReLU(count: Int, slopes: Int) -> Prepared {
    let (rows, channels) = (Int64(count / slopes), Int64(slopes))
    return Prepared { memory in apus_prelu_forward(rows, channels, memory[0], memory[1], memory.result) }
  }

  package static func preparedUnary(_ operation: UnaryFunction, count: Int) -> Prepared {
    let (code, count) = (operation.code, Int64(count))
    return Prepared { memory in apus_unary_f32(code, count, memory[0], memory.result) }
  }

  package static func preparedScale(by factor: Double, plus offset: Double, count: Int) -> Prepared {
    let (factor, offset, count) = (Float(factor), Float(offset), Int64(count))
    return Prepared { memory in apus_scale_f32(count, memory[0], factor, offset, memory.result) }
  }

  /// Inputs: a, b, broadcast to `shape`; the memory of one that is not broadcast may be the result's.
  package static func preparedBinary(_ operation: BinaryFunction, _ a: Shape, _ b: Shape, to shape: Shape) -> Prepared {
    let space = Held(broadcast(a, b, to: shape))
    let code = operation.code
    return Prepared { memory in apus_binary_f32(code, space.pointer, memory[0], memory[1], memory.result) }
  }

  // MARK: Rows and windows

  package static func preparedSoftmax(_ shape: Shape, logarithm: Bool) -> Prepared {
    let (rows, columns) = rowsAndColumns(shape)
    let kernel = logarithm ? apus_log_softmax_forward : apus_softmax_forward
    return Prepared { memory in kernel(rows, columns, memory[0], memory.result) }
  }

  /// `shape`: of the result.
  package static func preparedMaxout(_ shape: Shape, pieces: Int) -> Prepared {
    let (rows, channels) = rowsAndColumns(shape)
    let pieces = Int64(pieces)
    return Prepared { memory in apus_maxout_forward(rows, pieces, channels, memory[0], memory.result, nil) }
  }

  package static func preparedPool(_ x: Shape, _ geometry: PoolingSettings, takesMaximum: Bool) -> Prepared {
    let plan = Held(plan(x, geometry))
    if takesMaximum {
      return Prepared { memory in apus_max_pool2d_forward(plan.pointer, memory[0], memory.result, nil) }
    }
    return Prepared { memory in apus_average_pool2d_forward(plan.pointer, memory[0], memory.result) }
  }

  /// Over the axes `axes` (consecutive) of x.
  package static func preparedReduction(_ operation: Reduction, _ x: Shape, axes: Range<Int>) -> Prepared {
    let (outer, middle, inner) = split(x, axes)
    let code = operation.code
    return Prepared { memory in apus_reduce_f32(code, outer, middle, inner, memory[0], memory.result) }
  }

  package static func preparedResampling(_ x: Shape, axis: Int, _ table: ResampleTable) -> Prepared {
    let sizes = Held(resampling(x, axis: axis, table))
    let (first, weights) = (table.first, table.weights.map { Float($0) })
    return Prepared { memory in apus_resample_run(sizes.pointer, first, weights, memory[0], memory.result) }
  }

  // MARK: Movement

  /// A contiguous result of `shape` from x read with `strides` (in elements) from element `offset` on.
  package static func preparedGather(_ shape: Shape, strides: [Int], offset: Int = 0) -> Prepared {
    let (sizes, strides) = (shape.map(Int64.init), strides.map(Int64.init))
    let axes = Int32(shape.count)
    return Prepared { memory in apus_copy_strided(4, axes, sizes, strides, memory[0] + offset, memory.result) }
  }

  /// Contiguous x of `shape` into elements of the result with `strides` from element `offset` on.
  package static func preparedScatter(_ shape: Shape, strides: [Int], offset: Int) -> Prepared {
    let (sizes, strides) = (shape.map(Int64.init), strides.map(Int64.init))
    let axes = Int32(shape.count)
    return Prepared { memory in apus_copy_strided_into(4, axes, sizes, strides, memory[0], memory.result + offset) }
  }

  /// Zeros; no inputs.
  package static func preparedZeros(count: Int) -> Prepared {
    Prepared { memory in memory.result.update(repeating: 0, count: count) }
  }
}
