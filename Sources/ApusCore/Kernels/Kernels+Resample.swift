import CApus

extension Kernels {
  /// x [outer, in, inner], seen as three axes around `axis`, resampled along it by a table of taps.
  package static func resample(_ x: Tensor, axis: Int, _ table: ResampleTable) -> Tensor {
    x.settle()
    var shape = x.shape
    shape[axis] = table.outputs
    let y = Tensor(uninitialized: shape, x.scalarType)
    if y.body.storage.isAbstract { return y }
    var sizes = resampling(x.shape, axis: axis, table)
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32:
        apus_resample_run(&sizes, table.first, table.weights.map { Float($0) }, x.floats, y.floats)
      case .float64: apus_resample_reference_f64(&sizes, table.first, table.weights, x.doubles, y.doubles)
      default: unsupported("resampling", x.scalarType)
      }
    }
    return y
  }

  static func resampling(_ x: Shape, axis: Int, _ table: ResampleTable) -> apus_resample {
    var sizes = apus_resample(
      outer: Int64(x[..<axis].reduce(1, *)), in_size: Int64(table.inputs), out_size: Int64(table.outputs),
      inner: Int64(x[(axis + 1)...].reduce(1, *)), taps: Int64(table.taps))
    var error = apus_error()
    if apus_resample_check(&sizes, table.first, &error) != APUS_OK { failed("resampling", error) }
    return sizes
  }
}
