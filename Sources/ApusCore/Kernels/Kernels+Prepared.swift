import CApus

extension Kernels {
  /// A float32 kernel that is planned and has its constants packed: what is left for a run is memory. Nothing in a run allocates.
  ///
  /// Made for one number of threads and instruction set, those of now. It holds what it reads and may be shared by threads.
  package struct Prepared {
    /// 64-byte aligned, for one run at a time.
    package var scratchBytes = 0
    /// Constants in a form of their own.
    package var packedBytes = 0
    /// The chosen implementation, where there are several.
    package var implementation: String?
    package let run: (Operands) -> Void
  }

  /// Addresses of a prepared kernel's result, scratch, and inputs in their order.
  package struct Operands {
    let table: UnsafeMutablePointer<UnsafeMutableRawPointer>

    package init(table: UnsafeMutablePointer<UnsafeMutableRawPointer>) {
      self.table = table
    }

    var result: UnsafeMutablePointer<Float> { table[0].assumingMemoryBound(to: Float.self) }
    var scratch: UnsafeMutableRawPointer { table[1] }
    subscript(input: Int) -> UnsafeMutablePointer<Float> { table[2 + input].assumingMemoryBound(to: Float.self) }
  }

  /// A C structure at an address of its own, for kernels that take a pointer to it.
  final class Held<Value> {
    let pointer: UnsafeMutablePointer<Value>

    init(_ value: Value) {
      pointer = .allocate(capacity: 1)
      pointer.initialize(to: value)
    }

    deinit {
      pointer.deinitialize(count: 1)
      pointer.deallocate()
    }
  }

  /// What a convolution with constant weights does after its sums: `Epilogue`, where the residual is an input of each run.
  package struct PreparedEpilogue {
    var bias: Tensor?
    package var norm: FoldedNorm?
    var hasResidual = false
    var relu = false

    package init(bias: Tensor? = nil, norm: FoldedNorm? = nil, hasResidual: Bool = false, relu: Bool = false) {
      self.bias = bias
      self.norm = norm
      self.hasResidual = hasResidual
      self.relu = relu
    }

    var activation: apus_activation { relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE }
  }

  /// Inputs: x, and the residual where there is one, which may be the result's memory.
  package static func preparedConvolution(
    _ x: Shape, _ weight: Tensor, _ geometry: ConvolutionSettings, _ epilogue: PreparedEpilogue
  ) -> Prepared {
    var shape = descriptor(x, weight.shape, geometry)
    let plan = Held(plan(APUS_CONV2D_FORWARD, &shape, geometry.precision, packsWeights: true))
    let (weights, packedBytes) = packed(plan, weight)
    let activation = epilogue.activation
    let residual = epilogue.hasResidual
    return Prepared(
      scratchBytes: plan.pointer.pointee.scratch_bytes, packedBytes: packedBytes,
      implementation: String(cString: apus_conv2d_implementation_name(plan.pointer.pointee.implementation))
    ) { memory in
      var after = apus_conv2d_epilogue(
        bias: UnsafePointer(epilogue.bias?.floats), mean: UnsafePointer(epilogue.norm?.mean.floats),
        scale: UnsafePointer(epilogue.norm?.scale.floats), shift: UnsafePointer(epilogue.norm?.shift.floats),
        residual: residual ? UnsafePointer(memory[1]) : nil, activation: activation)
      apus_conv2d_forward(plan.pointer, memory[0], weights.floats, &after, memory.result, memory.scratch)
    }
  }

  /// Inputs: x; `output` is the result's shape.
  package static func preparedTransposedConvolution(
    _ output: Shape, _ weight: Tensor, _ geometry: ConvolutionSettings
  ) -> Prepared {
    var shape = descriptor(output, weight.shape, geometry)
    let plan = Held(plan(APUS_CONV2D_BACKWARD_DATA, &shape, geometry.precision, packsWeights: true))
    let (weights, packedBytes) = packed(plan, weight)
    return Prepared(
      scratchBytes: plan.pointer.pointee.scratch_bytes, packedBytes: packedBytes,
      implementation: String(cString: apus_conv2d_implementation_name(plan.pointer.pointee.implementation))
    ) { memory in
      apus_conv2d_backward_data(plan.pointer, memory[0], weights.floats, memory.result, memory.scratch)
    }
  }

  /// The weights as the plan takes them: packed, or as they are.
  private static func packed(_ plan: Held<apus_conv2d_plan>, _ weight: Tensor) -> (Storage, byteCount: Int) {
    let byteCount = plan.pointer.pointee.packed_bytes
    if byteCount == 0 { return (weight.body.storage, 0) }
    let memory = Storage(byteCount: byteCount)
    withExtendedLifetime(weight) { apus_conv2d_pack_weights(plan.pointer, weight.floats, memory.pointer) }
    return (memory, byteCount)
  }

  /// a [..., m, k] · b [..., k, n], as `matrixProduct`. Inputs: a, b.
  package static func preparedMatrixProduct(
    _ a: Shape, _ b: Shape, bias: Tensor? = nil, relu: Bool = false, precision: Precision
  ) -> Prepared {
    let (m, k, n) = (a[a.count - 2], a[a.count - 1], b[b.count - 1])
    let count = a.dropLast(2).reduce(1, *)
    var gemm = apus_gemm()
    (gemm.m, gemm.n, gemm.k) = (Int64(m), Int64(n), Int64(k))
    (gemm.lda, gemm.ldb, gemm.ldc) = (Int64(k), Int64(n), Int64(n))
    var options = apus_gemm_options(precision: precision.native)
    var error = apus_error()
    let plan = Held(apus_gemm_plan())
    if apus_gemm_plan_make(plan.pointer, &gemm, &options, &error) != APUS_OK { failed("matrix product", error) }
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    return Prepared(
      scratchBytes: plan.pointer.pointee.scratch_bytes,
      implementation: String(cString: apus_gemm_implementation_name(plan.pointer.pointee.implementation))
    ) { memory in
      for index in 0..<count {
        apus_gemm_run(
          plan.pointer, memory[0] + index * m * k, memory[1] + index * k * n, bias?.floats, activation,
          memory.result + index * m * n, memory.scratch)
      }
    }
  }

  // MARK: Normalization

  /// activation((x − mean) · scale + shift + residual), x as rows of channels. Inputs: x, whose memory may be the result's, residual.
  package static func preparedNormalization(
    count: Int, _ norm: FoldedNorm, hasResidual: Bool, relu: Bool
  ) -> Prepared {
    let channels = norm.scale.elementCount
    let plan = Held(plan(count / channels, channels))
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    return Prepared { memory in
      var map = apus_batch_norm_map(
        mean: norm.mean.floats, scale: norm.scale.floats, shift: norm.shift.floats,
        residual: hasResidual ? memory[1] : nil, activation: activation)
      apus_batch_norm_apply(plan.pointer, memory[0], &map, memory.result)
    }
  }

  /// Inputs: x, whose memory may be the result's, residual.
  package static func preparedGroupNorm(
    _ view: GroupView, gamma: Tensor, beta: Tensor, hasResidual: Bool, relu: Bool
  ) -> Prepared {
    let plan = Held(plan(view))
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    // Means and deviations lie behind the kernel's own scratch.
    let own = (plan.pointer.pointee.scratch_bytes + 63) / 64 * 64
    let statistics = view.batch * view.groups
    return Prepared(scratchBytes: own + 3 * statistics * MemoryLayout<Float>.stride) { memory in
      let mean = (memory.scratch + own).assumingMemoryBound(to: Float.self)
      var arguments = apus_group_norm_forward_arguments(
        x: memory[0], gamma: gamma.floats, beta: beta.floats, epsilon: view.epsilon,
        residual: hasResidual ? memory[1] : nil, activation: activation, y: memory.result, mean: mean,
        mean_rest: mean + statistics, inverse_deviation: mean + 2 * statistics)
      apus_group_norm_forward(plan.pointer, &arguments, memory.scratch)
    }
  }

  /// Inputs: x [rows, channels].
  package static func preparedLocalResponseNorm(rows: Int, channels: Int, _ window: ResponseWindow) -> Prepared {
    let plan = Held(plan(Int64(rows), Int64(channels), window))
    return Prepared(scratchBytes: plan.pointer.pointee.scratch_bytes) { memory in
      apus_local_response_norm_forward(plan.pointer, memory[0], memory.result, memory.scratch)
    }
  }
}
