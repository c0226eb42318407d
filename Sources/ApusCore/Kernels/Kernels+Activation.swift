import CApus

extension Kernels {
  /// Functions of one element that are kernels of their own, in the order of the C core's.
  package enum Nonlinearity: UInt32 {
    case threshold, sigmoid, tanh, leakyReLU, elu, swish, gelu, geluTanh, softplus

    var code: apus_nonlinearity { apus_nonlinearity(rawValue: rawValue) }
    /// Whether backward reads x; else it reads y, which the next layer keeps anyway.
    package var readsInput: Bool { apus_nonlinearity_reads_input(code) != 0 }
  }

  /// `parameter`: the slope, α or β; others read none.
  package static func nonlinearity(_ function: Nonlinearity, _ x: consuming Tensor, parameter: Double) -> Tensor {
    map(x, "\(function)") {
      apus_nonlinearity_forward(function.code, $0, Float(parameter), $1, $2)
    } float64: {
      apus_nonlinearity_forward_reference_f64(function.code, $0, parameter, $1, $2)
    }
  }

  /// `saved`: x or y, as `readsInput` says.
  package static func nonlinearityBackward(
    _ function: Nonlinearity, saved: Tensor, gradient: consuming Tensor, parameter: Double
  ) -> Tensor {
    defer { withExtendedLifetime(saved) {} }
    return map(gradient, "\(function)") {
      apus_nonlinearity_backward(function.code, $0, Float(parameter), saved.floats, $1, $2)
    } float64: {
      apus_nonlinearity_backward_reference_f64(function.code, $0, parameter, saved.doubles, $1, $2)
    }
  }

  package static func relu(_ x: consuming Tensor) -> Tensor {
    map(x, "relu") {
      apus_relu_forward($0, $1, $2)
    } float64: {
      apus_relu_forward_reference_f64($0, $1, $2)
    }
  }

  /// dy where y > 0, else 0.
  package static func reluBackward(y: Tensor, gradient: consuming Tensor) -> Tensor {
    defer { withExtendedLifetime(y) {} }
    return map(gradient, "relu") {
      apus_relu_backward($0, y.floats, $1, $2)
    } float64: {
      apus_relu_backward_reference_f64($0, y.doubles, $1, $2)
    }
  }

  /// x > 0 ? x : a · x with a slope a channel (last axis), or one slope for all.
  package static func prelu(_ x: consuming Tensor, slope: Tensor) -> Tensor {
    let (rows, channels) = preluRows(x.elementCount, slope)
    defer { withExtendedLifetime(slope) {} }
    return map(x, "prelu") { _, x, y in
      apus_prelu_forward(rows, channels, x, slope.floats, y)
    } float64: { _, x, y in
      apus_prelu_forward_reference_f64(rows, channels, x, slope.doubles, y)
    }
  }

  /// The gradients of x, where it is wanted, and of the slopes.
  package static func preluBackward(x: Tensor, slope: Tensor, gradient dy: Tensor, wantsData: Bool) -> (Tensor?, Tensor)
  {
    let dx = wantsData ? Tensor(uninitialized: x.shape, x.scalarType) : nil
    let dSlope = Tensor(uninitialized: slope.shape, slope.scalarType)
    let (rows, channels) = preluRows(x.elementCount, slope)
    if dSlope.body.storage.isAbstract {
      planned(
        scratch: apus_prelu_backward_scratch(rows, channels),
        PlannedWork(key: "prelu backward \(rows) \(channels)") { _ in
          let (x, slope) = (sample([Int(rows), Int(channels)]), sample([Int(channels)]))
          return { _ = preluBackward(x: x, slope: slope, gradient: x, wantsData: true) }
        })
      return (dx, dSlope)
    }
    withExtendedLifetime((x, slope, dy)) {
      switch x.scalarType {
      case .float32:
        withScratch(apus_prelu_backward_scratch(rows, channels)) {
          apus_prelu_backward(rows, channels, x.floats, slope.floats, dy.floats, dx?.floats, dSlope.floats, $0)
        }
      case .float64:
        apus_prelu_backward_reference_f64(
          rows, channels, x.doubles, slope.doubles, dy.doubles, dx?.doubles, dSlope.doubles)
      default: unsupported("prelu", x.scalarType)
      }
    }
    return (dx, dSlope)
  }

  private static func preluRows(_ count: Int, _ slope: Tensor) -> (rows: Int64, channels: Int64) {
    (Int64(count / slope.elementCount), Int64(slope.elementCount))
  }

  /// The maximum over `pieces` blocks of the last axis, and where it is wanted which block won.
  package static func maxout(_ x: Tensor, pieces: Int, wantsPieces: Bool) -> (y: Tensor, won: Tensor?) {
    x.settle()
    var shape = x.shape
    shape[shape.count - 1] /= pieces
    let y = Tensor(uninitialized: shape, x.scalarType)
    let won = wantsPieces ? Tensor(uninitialized: shape, .uint8) : nil
    if y.body.storage.isAbstract { return (y, won) }
    let (rows, channels) = maxoutRows(shape)
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32: apus_maxout_forward(rows, Int64(pieces), channels, x.floats, y.floats, won?.bytes)
      case .float64:
        apus_maxout_forward_reference_f64(rows, Int64(pieces), channels, x.doubles, y.doubles, won?.bytes)
      default: unsupported("maxout", x.scalarType)
      }
    }
    return (y, won)
  }

  package static func maxoutBackward(_ dy: Tensor, won: Tensor, pieces: Int) -> Tensor {
    var shape = dy.shape
    shape[shape.count - 1] *= pieces
    let dx = Tensor(uninitialized: shape, dy.scalarType)
    if dx.body.storage.isAbstract { return dx }
    let (rows, channels) = maxoutRows(dy.shape)
    withExtendedLifetime((dy, won)) {
      switch dy.scalarType {
      case .float32: apus_maxout_backward(rows, Int64(pieces), channels, dy.floats, won.bytes, dx.floats)
      case .float64:
        apus_maxout_backward_reference_f64(rows, Int64(pieces), channels, dy.doubles, won.bytes, dx.doubles)
      default: unsupported("maxout", dy.scalarType)
      }
    }
    return dx
  }

  private static func maxoutRows(_ shape: Shape) -> (rows: Int64, channels: Int64) {
    (Int64(shape.dropLast().reduce(1, *)), Int64(shape[shape.count - 1]))
  }
}
