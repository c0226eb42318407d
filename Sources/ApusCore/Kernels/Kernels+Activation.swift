import CApus

/// dx, dy, and what forward saved: x or y, as `readsInput` says; dx may be dy.
private struct ActivationBackwardKernel: Kernel {
  let function: ActivationFunction
  let count: Int64

  var name: String { "\(function.name)" }
  // Functions take other times on as many bytes.
  var key: String { "\(function.name) \(function.first) \(function.second)" }

  func run(_ memory: Operands<Float>) {
    guard let kernel = function.kernel else { return apus_relu_backward(count, memory[2], memory[1], memory[0]) }
    apus_nonlinearity_backward(
      kernel.function, count, Float(function.first), Float(function.second), memory[2], memory[1], memory[0])
  }

  func reference(_ memory: Operands<Double>) {
    guard let kernel = function.kernel else {
      return apus_relu_backward_reference_f64(count, memory[2], memory[1], memory[0])
    }
    apus_nonlinearity_backward_reference_f64(
      kernel.function, count, function.first, function.second, memory[2], memory[1], memory[0])
  }
}

/// y, x, slope: x > 0 ? x : a · x with a slope a channel (last axis), or one slope for all; y may be x.
package struct PReLUKernel: Kernel {
  let rows, channels: Int64

  package init(count: Int, slopes: Int) { (rows, channels) = (Int64(count / slopes), Int64(slopes)) }

  package var name: String { "prelu" }

  package func run(_ memory: Operands<Float>) {
    apus_prelu_forward(rows, channels, memory[1], memory[2], memory[0])
  }

  package func reference(_ memory: Operands<Double>) {
    apus_prelu_forward_reference_f64(rows, channels, memory[1], memory[2], memory[0])
  }
}

/// dx, which may be left out, dSlope, x, slope, dy.
private struct PReLUBackwardKernel: Kernel {
  let forward: PReLUKernel

  var name: String { "prelu" }
  var scratchBytes: Int { apus_prelu_backward_scratch(forward.rows, forward.channels) }

  func run(_ memory: Operands<Float>) {
    apus_prelu_backward(
      forward.rows, forward.channels, memory[2], memory[3], memory[4], memory[0], memory[1], memory.scratch)
  }

  func reference(_ memory: Operands<Double>) {
    apus_prelu_backward_reference_f64(
      forward.rows, forward.channels, memory[2], memory[3], memory[4], memory[0], memory[1])
  }
}

/// y [..., C], x [..., pieces · C], and where it is wanted a byte that says which block won. Backward: dx, dy, those bytes.
package struct MaxoutKernel: Kernel {
  let rows, pieces, channels: Int64
  let isBackward: Bool

  /// `shape`: of y.
  package init(_ shape: Shape, pieces: Int, isBackward: Bool = false) {
    (rows, channels) = Kernels.rowsAndColumns(shape)
    self.pieces = Int64(pieces)
    self.isBackward = isBackward
  }

  package var name: String { "maxout" }
  package var key: String { "\(pieces) \(isBackward)" }

  package func run(_ memory: Operands<Float>) {
    if isBackward { return apus_maxout_backward(rows, pieces, channels, memory[1], memory.bytes(2), memory[0]) }
    apus_maxout_forward(rows, pieces, channels, memory[1], memory[0], memory.bytes(2))
  }

  package func reference(_ memory: Operands<Double>) {
    if isBackward {
      return apus_maxout_backward_reference_f64(rows, pieces, channels, memory[1], memory.bytes(2), memory[0])
    }
    apus_maxout_forward_reference_f64(rows, pieces, channels, memory[1], memory[0], memory.bytes(2))
  }
}

extension Kernels {
  /// `saved`: x or y, as `readsInput` says.
  package static func activationBackward(
    _ function: ActivationFunction, saved: Tensor, gradient: consuming Tensor
  ) -> Tensor {
    ActivationBackwardKernel(function: function, count: Int64(gradient.elementCount))
      .mapping(gradient, saved.body.storage)
  }

  package static func prelu(_ x: consuming Tensor, slope: Tensor) -> Tensor {
    PReLUKernel(count: x.elementCount, slopes: slope.elementCount).mapping(x, slope.body.storage)
  }

  /// The gradients of x, where it is wanted, and of the slopes.
  package static func preluBackward(x: Tensor, slope: Tensor, gradient dy: Tensor, wantsData: Bool) -> (Tensor?, Tensor)
  {
    let dx = wantsData ? Tensor(uninitialized: x.shape, x.scalarType) : nil
    let dSlope = Tensor(uninitialized: slope.shape, slope.scalarType)
    PReLUBackwardKernel(forward: PReLUKernel(count: x.elementCount, slopes: slope.elementCount)).launch(
      x.scalarType, dx?.body.storage, dSlope.body.storage, x.body.storage, slope.body.storage, dy.body.storage)
    return (dx, dSlope)
  }

  /// The maximum over `pieces` blocks of the last axis, and where it is wanted which block won.
  package static func maxout(_ x: Tensor, pieces: Int, wantsPieces: Bool) -> (y: Tensor, won: Tensor?) {
    x.settle()
    var shape = x.shape
    shape[shape.count - 1] /= pieces
    let y = Tensor(uninitialized: shape, x.scalarType)
    let won = wantsPieces ? Tensor(uninitialized: shape, .uint8) : nil
    MaxoutKernel(shape, pieces: pieces).launch(x.scalarType, y.body.storage, x.body.storage, won?.body.storage)
    return (y, won)
  }

  package static func maxoutBackward(_ dy: Tensor, won: Tensor, pieces: Int) -> Tensor {
    var shape = dy.shape
    shape[shape.count - 1] *= pieces
    return MaxoutKernel(dy.shape, pieces: pieces, isBackward: true).making(
      shape, dy.scalarType, dy.body.storage, won.body.storage)
  }
}

extension Nonlinearity {
  /// The function that the C core has by a name, such as `hard_swish`. Traps if there is none.
  package init(_ name: StaticString) {
    code = Kernels.code(name, among: APUS_NONLINEARITY_COUNT.rawValue) {
      apus_nonlinearity_name(apus_nonlinearity(rawValue: $0))
    }
  }

  fileprivate var function: apus_nonlinearity { apus_nonlinearity(rawValue: code) }
}

extension ActivationFunction {
  /// `nil`: ReLU.
  var native: apus_activation_function? {
    kernel.map { apus_activation_function(kind: $0.function, a: first, b: second) }
  }

  /// Whether backward reads x; else it reads y, which the next layer keeps anyway.
  package var readsInput: Bool { kernel.map { apus_nonlinearity_reads_input($0.function) != 0 } ?? false }

  func forward(_ count: Int64, _ x: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>?) {
    guard let kernel else { return apus_relu_forward(count, x, y) }
    apus_nonlinearity_forward(kernel.function, count, Float(first), Float(second), x, y)
  }

  func forward(_ count: Int64, _ x: UnsafePointer<Double>?, _ y: UnsafeMutablePointer<Double>?) {
    guard let kernel else { return apus_relu_forward_reference_f64(count, x, y) }
    apus_nonlinearity_forward_reference_f64(kernel.function, count, first, second, x, y)
  }
}
