import CApus

extension Kernels {
  /// op(a) · op(b) over the last two axes, for `count` matrices side by side; b may be shared by all (`sharesB`).
  /// Bias [n] and ReLU are the linear layer's epilogue. Gradients of weights are for `.standard`.
  static func matrixProduct(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, bias: Tensor? = nil,
    relu: Bool = false, precision: Precision = .standard
  ) -> Tensor {
    a.settle()
    b.settle()
    let rankA = a.rank
    let (rowsA, columnsA) = (a.shape[rankA - 2], a.shape[rankA - 1])
    let (rowsB, columnsB) = (b.shape[b.rank - 2], b.shape[b.rank - 1])
    let m = transposeA ? columnsA : rowsA
    let k = transposeA ? rowsA : columnsA
    let n = transposeB ? rowsB : columnsB
    let count = a.shape.dropLast(2).reduce(1, *)
    var shape = a.shape
    shape[rankA - 2] = m
    shape[rankA - 1] = n
    let y = Tensor(uninitialized: shape, a.scalarType)
    var gemm = apus_gemm()
    (gemm.m, gemm.n, gemm.k) = (Int64(m), Int64(n), Int64(k))
    (gemm.lda, gemm.ldb, gemm.ldc) = (Int64(columnsA), Int64(columnsB), Int64(n))
    (gemm.transpose_a, gemm.transpose_b) = (transposeA ? 1 : 0, transposeB ? 1 : 0)
    if y.body.storage.isAbstract {
      let (shapeA, shapeB, hasBias) = (a.shape, b.shape, bias != nil)
      planned(
        scratch: plan(&gemm, precision).scratch_bytes,
        PlannedWork(key: "product \(shapeA) \(shapeB) \(transposeA) \(transposeB) \(hasBias) \(relu) \(precision)") {
          _ in
          let (a, b, bias) = (sample(shapeA), sample(shapeB), hasBias ? sample([n]) : nil)
          return {
            _ = matrixProduct(
              a, b, transposeA: transposeA, transposeB: transposeB, bias: bias, relu: relu, precision: precision)
          }
        })
      return y
    }
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    withExtendedLifetime((a, b, bias)) {
      switch a.scalarType {
      case .float32:
        var plan = plan(&gemm, precision)
        withScratch(plan.scratch_bytes) { scratch in
          for index in 0..<count {
            apus_gemm_run(
              &plan, a.floats + index * rowsA * columnsA, b.floats + index * rowsB * columnsB, bias?.floats, activation,
              y.floats + index * m * n, scratch)
          }
        }
      case .float64:
        for index in 0..<count {
          apus_gemm_reference_f64(
            &gemm, a.doubles + index * rowsA * columnsA, b.doubles + index * rowsB * columnsB, bias?.doubles,
            activation,
            y.doubles + index * m * n)
        }
      default: unsupported("a matrix product", a.scalarType)
      }
    }
    return y
  }

  private static func plan(_ gemm: inout apus_gemm, _ precision: Precision) -> apus_gemm_plan {
    var plan = apus_gemm_plan()
    var options = apus_gemm_options(precision: precision.native)
    var error = apus_error()
    if apus_gemm_plan_make(&plan, &gemm, &options, &error) != APUS_OK { failed("matrix product", error) }
    return plan
  }

  /// dz = dy where y > 0 (with relu), and the bias gradient: the sum of dz over all axes but the last.
  static func biasActivationBackward(
    y: Tensor?, gradient: consuming Tensor, relu: Bool, wantsBias: Bool
  ) -> (dz: Tensor, dBias: Tensor?) {
    if !relu && !wantsBias { return (gradient, nil) }
    let shape = gradient.shape
    let type = gradient.scalarType
    let channels = shape[shape.count - 1]
    let rows = channels == 0 ? 0 : shape.elementCount / channels
    let dBias = wantsBias ? Tensor(uninitialized: [channels], type) : nil
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    let dz: Tensor
    let source: Storage
    if relu {
      let (values, isReusable) = consume(&gradient)
      source = values
      let storage = isReusable ? values : Storage(byteCount: shape.elementCount * type.byteCount)
      dz = Tensor(body: TensorBody(shape: shape, scalarType: type, storage: storage))
    } else {
      dz = gradient
      source = dz.body.storage
    }
    if source.isAbstract {
      planned(
        scratch: apus_bias_activation_backward_scratch(Int64(rows), Int64(channels)),
        PlannedWork(key: "bias and activation backward \(rows) \(channels) \(relu) \(wantsBias)") { _ in
          let (y, gradient) = (sample([rows, channels]), sample([rows, channels]))
          return { _ = biasActivationBackward(y: relu ? y : nil, gradient: gradient, relu: relu, wantsBias: wantsBias) }
        })
      return (dz, dBias)
    }
    withExtendedLifetime((y, source)) {
      if type == .float32 {
        withScratch(apus_bias_activation_backward_scratch(Int64(rows), Int64(channels))) { scratch in
          apus_bias_activation_backward(
            Int64(rows), Int64(channels), y?.floats, source.floats, activation, relu ? dz.floats : nil, dBias?.floats,
            scratch)
        }
      } else {
        apus_bias_activation_backward_reference_f64(
          Int64(rows), Int64(channels), y?.doubles, source.doubles, activation, relu ? dz.doubles : nil, dBias?.doubles)
      }
    }
    return (dz, dBias)
  }
}
