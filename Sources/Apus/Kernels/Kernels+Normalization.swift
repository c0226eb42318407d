import CApus

extension Kernels {
  /// The mean and the biased variance of each channel over all rows; x is read as rows of `channels` elements.
  static func channelStatistics(_ x: Tensor, channels: Int) -> (mean: Tensor, variance: Tensor) {
    x.settle()
    let mean = Tensor(uninitialized: [channels], x.scalarType)
    let variance = Tensor(uninitialized: [channels], x.scalarType)
    let rows = x.elementCount / channels
    if mean.body.storage.isAbstract {
      planned(
        scratch: plan(rows, channels).scratch_bytes,
        PlannedWork(key: "batch norm statistics \(rows) \(channels)") { _ in
          let x = sample([rows, channels])
          return { _ = channelStatistics(x, channels: channels) }
        })
      return (mean, variance)
    }
    withExtendedLifetime(x) {
      if x.scalarType == .float32 {
        var plan = plan(rows, channels)
        withScratch(plan.scratch_bytes) {
          apus_batch_norm_statistics(&plan, x.floats, mean.floats, variance.floats, $0)
        }
      } else {
        apus_batch_norm_statistics_reference_f64(
          Int64(rows), Int64(channels), x.doubles, mean.doubles, variance.doubles)
      }
    }
    return (mean, variance)
  }

  /// scale = γ / √(variance + ε), shift = β − mean · scale, and 1 / √(variance + ε).
  static func foldStatistics(
    mean: Tensor, variance: Tensor, gamma: Tensor?, beta: Tensor?, epsilon: Double
  ) -> (scale: Tensor, shift: Tensor, inverseDeviation: Tensor) {
    let scale = Tensor(uninitialized: mean.shape, mean.scalarType)
    let shift = Tensor(uninitialized: mean.shape, mean.scalarType)
    let inverseDeviation = Tensor(uninitialized: mean.shape, mean.scalarType)
    if scale.body.storage.isAbstract { return (scale, shift, inverseDeviation) }
    let channels = Int64(mean.elementCount)
    withExtendedLifetime((mean, variance, gamma, beta)) {
      if mean.scalarType == .float32 {
        apus_batch_norm_fold(
          channels, mean.floats, variance.floats, gamma?.floats, beta?.floats, Float(epsilon),
          scale.floats, shift.floats, inverseDeviation.floats)
      } else {
        apus_batch_norm_fold_reference_f64(
          channels, mean.doubles, variance.doubles, gamma?.doubles, beta?.doubles, epsilon,
          scale.doubles, shift.doubles, inverseDeviation.doubles)
      }
    }
    return (scale, shift, inverseDeviation)
  }

  /// activation(x · scale + shift + residual), a channel each; x is read as rows of channels.
  static func normalize(
    _ x: consuming Tensor, scale: Tensor, shift: Tensor, residual: Tensor?, relu: Bool
  ) -> Tensor {
    let shape = x.shape
    let channels = scale.elementCount
    let rows = shape.elementCount / channels
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    defer { withExtendedLifetime((scale, shift, residual)) {} }
    return map(x, "batch norm") { _, x, y in
      var plan = plan(rows, channels)
      apus_batch_norm_apply(&plan, x, scale.floats, shift.floats, residual?.floats, activation, y)
    } float64: { _, x, y in
      apus_batch_norm_apply_reference_f64(
        Int64(rows), Int64(channels), x, scale.doubles, shift.doubles, residual?.doubles, activation, y)
    }
  }

  /// What the backward pass of batch norm reads.
  struct NormalizationRecord {
    var x: Tensor
    /// ReLU's mask, where it is not that of x · scale + shift.
    var y: Tensor?
    var scale: Tensor
    var shift: Tensor
    var mean: Tensor
    var inverseDeviation: Tensor
    var gamma: Tensor?
    var relu: Bool
    /// Statistics were constants.
    var isFrozen: Bool
  }

  struct NormalizationGradients {
    var dx: Tensor?
    var dGamma: Tensor
    var dBeta: Tensor
    var dResidual: Tensor?
  }

  /// A gradient that nobody else holds is overwritten: by the residual's, which is most often itself, else by x's.
  static func normalizeBackward(
    _ record: NormalizationRecord, gradient: consuming Tensor, wantsData: Bool, wantsResidual: Bool
  ) -> NormalizationGradients {
    let (shape, type) = (gradient.shape, gradient.scalarType)
    let channels = record.mean.elementCount
    let rows = shape.elementCount / channels
    let (source, isReusable) = consume(&gradient)
    let dy = Tensor(body: TensorBody(shape: shape, scalarType: type, storage: source))
    func result(takingGradient: Bool) -> Tensor {
      takingGradient && isReusable
        ? Tensor(body: TensorBody(shape: shape, scalarType: type, storage: source))
        : Tensor(uninitialized: shape, type)
    }
    let dx = wantsData ? result(takingGradient: !wantsResidual) : nil
    let dResidual = wantsResidual ? result(takingGradient: true) : nil
    let dGamma = Tensor(uninitialized: [channels], type)
    let dBeta = Tensor(uninitialized: [channels], type)
    let gradients = NormalizationGradients(dx: dx, dGamma: dGamma, dBeta: dBeta, dResidual: dResidual)
    if dGamma.body.storage.isAbstract {
      planned(scratch: plan(rows, channels).scratch_bytes, work(record, rows, channels, wantsData, wantsResidual))
      return gradients
    }
    let activation = record.relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    withExtendedLifetime((record, dy)) {
      if dy.scalarType == .float32 {
        var plan = plan(rows, channels)
        let backward = record.isFrozen ? apus_batch_norm_backward_frozen : apus_batch_norm_backward
        withScratch(plan.scratch_bytes) {
          backward(
            &plan, record.x.floats, record.y?.floats, record.scale.floats, record.shift.floats, dy.floats,
            record.mean.floats, record.inverseDeviation.floats, record.gamma?.floats, activation, dx?.floats,
            dGamma.floats, dBeta.floats, dResidual?.floats, $0)
        }
      } else {
        apus_batch_norm_backward_reference_f64(
          Int64(rows), Int64(channels), record.x.doubles, record.y?.doubles, record.scale.doubles,
          record.shift.doubles, dy.doubles, record.mean.doubles, record.inverseDeviation.doubles,
          record.gamma?.doubles, activation, record.isFrozen ? 1 : 0, dx?.doubles, dGamma.doubles, dBeta.doubles,
          dResidual?.doubles)
      }
    }
    return gradients
  }

  private static func work(
    _ record: NormalizationRecord, _ rows: Int, _ channels: Int, _ wantsData: Bool, _ wantsResidual: Bool
  ) -> PlannedWork {
    let (hasMask, hasGamma, relu, isFrozen) = (record.y != nil, record.gamma != nil, record.relu, record.isFrozen)
    return PlannedWork(
      key: "batch norm backward \(rows) \(channels) \(hasMask) \(relu) \(isFrozen) \(wantsData) \(wantsResidual)"
    ) { _ in
      let (x, c) = (sample([rows, channels]), sample([channels]))
      let record = NormalizationRecord(
        x: x, y: hasMask ? sample([rows, channels]) : nil, scale: c, shift: c, mean: c, inverseDeviation: c,
        gamma: hasGamma ? c : nil, relu: relu, isFrozen: isFrozen)
      let gradient = sample([rows, channels])
      return { _ = normalizeBackward(record, gradient: gradient, wantsData: wantsData, wantsResidual: wantsResidual) }
    }
  }

  static func plan(_ rows: Int, _ channels: Int) -> apus_batch_norm_plan {
    var plan = apus_batch_norm_plan()
    var error = apus_error()
    if apus_batch_norm_plan_make(&plan, Int64(rows), Int64(channels), &error) != APUS_OK { failed("batch norm", error) }
    return plan
  }
}
