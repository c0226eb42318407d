import CApus

/// Softmax and its logarithm, over the last axis.
extension Kernels {
  package static func softmax(_ x: Tensor) -> Tensor {
    overRows(x, "softmax", apus_softmax_forward, apus_softmax_forward_reference_f64)
  }

  package static func softmaxBackward(y: Tensor, gradient: Tensor) -> Tensor {
    overRows(y, gradient, apus_softmax_backward, apus_softmax_backward_reference_f64)
  }

  package static func logSoftmax(_ x: Tensor) -> Tensor {
    overRows(x, "logSoftmax", apus_log_softmax_forward, apus_log_softmax_forward_reference_f64)
  }

  package static func logSoftmaxBackward(y: Tensor, gradient: Tensor) -> Tensor {
    overRows(y, gradient, apus_log_softmax_backward, apus_log_softmax_backward_reference_f64)
  }

  private typealias RowMap<Scalar> = (Int64, Int64, UnsafePointer<Scalar>?, UnsafeMutablePointer<Scalar>?) -> Void
  private typealias RowPullback<Scalar> = (
    Int64, Int64, UnsafePointer<Scalar>?, UnsafePointer<Scalar>?, UnsafeMutablePointer<Scalar>?
  ) -> Void

  private static func overRows(
    _ x: Tensor, _ operation: String, _ float32: RowMap<Float>, _ float64: RowMap<Double>
  ) -> Tensor {
    x.settle()
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    if y.body.storage.isAbstract { return y }
    let (rows, classes) = rowsAndColumns(x.shape)
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: float32(rows, classes, x.floats, y.floats)
      case .float64: float64(rows, classes, x.doubles, y.doubles)
      default: unsupported(operation, x.scalarType)
      }
    }
    return y
  }

  private static func overRows(
    _ y: Tensor, _ gradient: Tensor, _ float32: RowPullback<Float>, _ float64: RowPullback<Double>
  ) -> Tensor {
    let dx = Tensor(uninitialized: y.shape, y.scalarType)
    if dx.body.storage.isAbstract { return dx }
    let (rows, classes) = rowsAndColumns(y.shape)
    withExtendedLifetime((y, gradient)) {
      if y.scalarType == .float32 {
        float32(rows, classes, y.floats, gradient.floats, dx.floats)
      } else {
        float64(rows, classes, y.doubles, gradient.doubles, dx.doubles)
      }
    }
    return dx
  }

  /// A tensor as a matrix whose rows are its last axis.
  package static func rowsAndColumns(_ shape: Shape) -> (rows: Int64, columns: Int64) {
    let columns = shape.last ?? 1
    return (columns == 0 ? 0 : Int64(shape.elementCount / columns), Int64(columns))
  }
}
