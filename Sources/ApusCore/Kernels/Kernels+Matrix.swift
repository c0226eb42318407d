import CApus

/// y, a, b, and a bias [n] where there is one: op(a) · op(b) over the last two axes, for `count` matrices side by side. Bias and ReLU
/// are the linear layer's epilogue.
package struct MatrixProductKernel: Kernel {
  private let plan: apus_gemm_plan
  private let count: Int
  private let activation: apus_activation

  /// Gradients of weights are for `.standard`.
  package init(
    _ a: Shape, _ b: Shape, transposeA: Bool = false, transposeB: Bool = false, relu: Bool = false,
    precision: Precision = .standard
  ) {
    let (rowsA, columnsA) = (Int64(a[a.count - 2]), Int64(a[a.count - 1]))
    let (rowsB, columnsB) = (Int64(b[b.count - 2]), Int64(b[b.count - 1]))
    let n = transposeB ? rowsB : columnsB
    var gemm = apus_gemm(
      m: transposeA ? columnsA : rowsA, n: n, k: transposeA ? rowsA : columnsA, lda: columnsA, ldb: columnsB, ldc: n,
      transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0, accumulate: 0)
    var (plan, error) = (apus_gemm_plan(), apus_error())
    var options = apus_gemm_options(precision: precision.native)
    if apus_gemm_plan_make(&plan, &gemm, &options, &error) != APUS_OK { Kernels.failed("matrix product", error) }
    self.plan = plan
    count = a.dropLast(2).reduce(1, *)
    activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
  }

  package var name: String { "a matrix product" }
  package var scratchBytes: Int { plan.scratch_bytes }
  package var implementation: String? { String(cString: apus_gemm_implementation_name(plan.implementation)) }
  func choice(for pass: KernelChoice.Pass) -> KernelChoice {
    KernelChoice(pass, count: APUS_GEMM_IMPLEMENTATIONS) { reasons in
      withUnsafePointer(to: plan) { apus_gemm_plan_reasons($0, reasons) }
    }
  }
  package var key: String { "\(plan.shape) \(plan.options) \(activation)" }
  var rows: Int { Int(plan.shape.m) }
  var columns: Int { Int(plan.shape.n) }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      forEach(memory) { apus_gemm_run(plan, $0, $1, memory[3], activation, $2, memory.scratch) }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    withUnsafePointer(to: plan.shape) { shape in
      forEach(memory) { apus_gemm_reference_f64(shape, $0, $1, memory[3], activation, $2) }
    }
  }

  @inline(__always)
  private func forEach<Scalar>(
    _ memory: Operands<Scalar>,
    _ body: (UnsafeMutablePointer<Scalar>?, UnsafeMutablePointer<Scalar>?, UnsafeMutablePointer<Scalar>?) -> Void
  ) {
    let (m, n, k) = (Int(plan.shape.m), Int(plan.shape.n), Int(plan.shape.k))
    for index in 0..<count {
      body(
        memory[1].map { $0 + index * m * k }, memory[2].map { $0 + index * k * n }, memory[0].map { $0 + index * m * n }
      )
    }
  }
}

/// dz, dBias, y, dy: dz = dy where y > 0 (with ReLU, else it is left out), and the bias gradient, the sum of dz over rows, where it is
/// wanted.
private struct BiasActivationBackwardKernel: Kernel {
  let rows, channels: Int64
  let activation: apus_activation

  var name: String { "a bias" }
  var key: String { "\(channels)" }
  var scratchBytes: Int { apus_bias_activation_backward_scratch(rows, channels) }

  func run(_ memory: Operands<Float>) {
    apus_bias_activation_backward(
      rows, channels, memory[2], memory[3], activation, memory[0], memory[1], memory.scratch)
  }

  func reference(_ memory: Operands<Double>) {
    apus_bias_activation_backward_reference_f64(
      rows, channels, memory[2], memory[3], activation, memory[0], memory[1])
  }
}

extension Kernels {
  /// op(a) · op(b) over the last two axes, as `MatrixProductKernel`.
  static func matrixProduct(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, bias: Tensor? = nil,
    relu: Bool = false, precision: Precision = .standard
  ) -> Tensor {
    let kernel = MatrixProductKernel(
      a.shape, b.shape, transposeA: transposeA, transposeB: transposeB, relu: relu, precision: precision)
    var shape = a.shape
    (shape[a.rank - 2], shape[a.rank - 1]) = (kernel.rows, kernel.columns)
    return kernel.making(shape, a.scalarType, a.body.storage, b.body.storage, bias?.body.storage)
  }

  /// dz = dy where y > 0 (with relu), and the bias gradient: the sum of dz over all axes but the last.
  static func biasActivationBackward(
    y: Tensor?, gradient: consuming Tensor, relu: Bool, wantsBias: Bool
  ) -> (dz: Tensor, dBias: Tensor?) {
    if !relu && !wantsBias { return (gradient, nil) }
    let (shape, type) = (gradient.shape, gradient.scalarType)
    let (rows, channels) = rowsAndColumns(shape)
    let kernel = BiasActivationBackwardKernel(
      rows: rows, channels: channels, activation: relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE)
    let dBias = wantsBias ? Tensor(uninitialized: [Int(channels)], type) : nil
    guard relu else {
      kernel.launch(type, nil, dBias?.body.storage, nil, gradient.body.storage)
      return (gradient, dBias)
    }
    let (source, isReusable) = consume(&gradient)
    let storage = isReusable ? source : Storage(byteCount: shape.elementCount * type.byteCount)
    kernel.launch(type, storage, dBias?.body.storage, y?.body.storage, source)
    return (Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage)), dBias)
  }
}
