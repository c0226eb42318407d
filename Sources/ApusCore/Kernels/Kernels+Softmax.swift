import CApus

/// Softmax or its logarithm, over the last axis: y, x. Backward: dx, y, dy.
package struct SoftmaxKernel: Kernel {
  let rows, columns: Int64
  let isLogarithm, isBackward: Bool

  package init(_ shape: Shape, logarithm: Bool, isBackward: Bool = false) {
    (rows, columns) = Kernels.rowsAndColumns(shape)
    (isLogarithm, self.isBackward) = (logarithm, isBackward)
  }

  package var name: String { isLogarithm ? "logSoftmax" : "softmax" }
  package var key: String { "\(name) \(columns)" }

  package func run(_ memory: Operands<Float>) {
    switch (isLogarithm, isBackward) {
    case (false, false): apus_softmax_forward(rows, columns, memory[1], memory[0])
    case (false, true): apus_softmax_backward(rows, columns, memory[1], memory[2], memory[0])
    case (true, false): apus_log_softmax_forward(rows, columns, memory[1], memory[0])
    case (true, true): apus_log_softmax_backward(rows, columns, memory[1], memory[2], memory[0])
    }
  }

  package func reference(_ memory: Operands<Double>) {
    switch (isLogarithm, isBackward) {
    case (false, false): apus_softmax_forward_reference_f64(rows, columns, memory[1], memory[0])
    case (false, true): apus_softmax_backward_reference_f64(rows, columns, memory[1], memory[2], memory[0])
    case (true, false): apus_log_softmax_forward_reference_f64(rows, columns, memory[1], memory[0])
    case (true, true): apus_log_softmax_backward_reference_f64(rows, columns, memory[1], memory[2], memory[0])
    }
  }
}

extension Kernels {
  package static func softmax(_ x: Tensor, logarithm: Bool = false) -> Tensor {
    SoftmaxKernel(x.shape, logarithm: logarithm).making(x.shape, x.scalarType, x.body.storage)
  }

  package static func softmaxBackward(y: Tensor, gradient: Tensor, logarithm: Bool = false) -> Tensor {
    SoftmaxKernel(y.shape, logarithm: logarithm, isBackward: true).making(
      y.shape, y.scalarType, y.body.storage, gradient.body.storage)
  }

  /// A tensor as a matrix whose rows are its last axis.
  package static func rowsAndColumns(_ shape: Shape) -> (rows: Int64, columns: Int64) {
    let columns = shape.last ?? 1
    return (columns == 0 ? 0 : Int64(shape.elementCount / columns), Int64(columns))
  }
}
