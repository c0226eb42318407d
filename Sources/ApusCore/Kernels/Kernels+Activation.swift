import CApus

extension Kernels {
  package static func activation(_ function: ActivationFunction, _ x: consuming Tensor) -> Tensor {
    guard let (code, parameter) = function.nonlinearity else { return relu(x) }
    return map(x, "\(function)") {
      apus_nonlinearity_forward(code, $0, Float(parameter), $1, $2)
    } float64: {
      apus_nonlinearity_forward_reference_f64(code, $0, parameter, $1, $2)
    }
  }

  /// `saved`: x or y, as `readsInput` says.
  package static func activationBackward(
    _ function: ActivationFunction, saved: Tensor, gradient: consuming Tensor
  ) -> Tensor {
    guard let (code, parameter) = function.nonlinearity else { return reluBackward(y: saved, gradient: gradient) }
    defer { withExtendedLifetime(saved) {} }
    return map(gradient, "\(function)") {
      apus_nonlinearity_backward(code, $0, Float(parameter), saved.floats, $1, $2)
    } float64: {
      apus_nonlinearity_backward_reference_f64(code, $0, parameter, saved.doubles, $1, $2)
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

extension ActivationFunction {
  /// Whether backward reads x; else it reads y, which the next layer keeps anyway.
  package var readsInput: Bool { nonlinearity.map { apus_nonlinearity_reads_input($0.code) != 0 } ?? false }

  /// The kernel and its parameter; `nil` for ReLU, which has one of its own.
  var nonlinearity: (code: apus_nonlinearity, parameter: Double)? {
    switch self {
    case .relu: nil
    case .threshold: (APUS_THRESHOLD, 0)
    case .sigmoid: (APUS_SIGMOID, 0)
    case .tanh: (APUS_TANH, 0)
    case .softplus: (APUS_SOFTPLUS, 0)
    case .gelu: (APUS_GELU, 0)
    case .geluTanh: (APUS_GELU_TANH, 0)
    case .leakyReLU(let slope): (APUS_LEAKY_RELU, slope)
    case .elu(let alpha): (APUS_ELU, alpha)
    case .swish(let beta): (APUS_SWISH, beta)
    }
  }
}
