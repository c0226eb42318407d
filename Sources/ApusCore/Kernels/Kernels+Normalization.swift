import CApus

/// Statistics of channels. mean is the float next to the mean, `meanRest` what is missing, in deviations: so a mean far from 0 costs
/// no accuracy.
package struct ChannelStatistics {
  package var mean: Tensor
  /// `nil` for statistics that are constants.
  var meanRest: Tensor?
  /// Biased.
  package var variance: Tensor
  var inverseDeviation: Tensor
}

/// A batch norm as it is applied: (x − mean) · scale + shift, a number a channel each.
package struct FoldedNorm {
  var mean: Tensor
  var scale: Tensor
  var shift: Tensor
}

extension Kernels {
  /// Mean, biased variance and 1 / √(variance + ε) of each channel over all rows; x is read as rows of `channels` elements.
  package static func channelStatistics(_ x: Tensor, channels: Int, epsilon: Double) -> ChannelStatistics {
    x.settle()
    func vector() -> Tensor { Tensor(uninitialized: [channels], x.scalarType) }
    let (mean, rest, variance, inverse) = (vector(), vector(), vector(), vector())
    let statistics = ChannelStatistics(mean: mean, meanRest: rest, variance: variance, inverseDeviation: inverse)
    let rows = x.elementCount / channels
    if mean.body.storage.isAbstract {
      planned(
        scratch: plan(rows, channels).scratch_bytes,
        PlannedWork(key: "batch norm statistics \(rows) \(channels)") { _ in
          let x = sample([rows, channels])
          return { _ = channelStatistics(x, channels: channels, epsilon: epsilon) }
        })
      return statistics
    }
    withExtendedLifetime(x) {
      if x.scalarType == .float32 {
        var plan = plan(rows, channels)
        withScratch(plan.scratch_bytes) {
          apus_batch_norm_statistics(
            &plan, x.floats, epsilon, mean.floats, rest.floats, variance.floats, inverse.floats, $0)
        }
      } else {
        apus_batch_norm_statistics_reference_f64(
          Int64(rows), Int64(channels), x.doubles, epsilon, mean.doubles, rest.doubles, variance.doubles,
          inverse.doubles)
      }
    }
    return statistics
  }

  /// Statistics that are constants.
  package static func constantStatistics(mean: Tensor, variance: Tensor, epsilon: Double) -> ChannelStatistics {
    let inverse = Tensor(uninitialized: mean.shape, mean.scalarType)
    let statistics = ChannelStatistics(mean: mean, meanRest: nil, variance: variance, inverseDeviation: inverse)
    if inverse.body.storage.isAbstract { return statistics }
    let channels = Int64(mean.elementCount)
    withExtendedLifetime(variance) {
      if mean.scalarType == .float32 {
        apus_batch_norm_deviation(channels, variance.floats, epsilon, inverse.floats)
      } else {
        apus_batch_norm_deviation_reference_f64(channels, variance.doubles, epsilon, inverse.doubles)
      }
    }
    return statistics
  }

  /// scale = γ / √(variance + ε), shift = β − γ · what the mean lacks.
  package static func fold(_ statistics: ChannelStatistics, gamma: Tensor?, beta: Tensor?) -> FoldedNorm {
    let (mean, rest, inverse) = (statistics.mean, statistics.meanRest, statistics.inverseDeviation)
    let scale = Tensor(uninitialized: mean.shape, mean.scalarType)
    let shift = Tensor(uninitialized: mean.shape, mean.scalarType)
    let folded = FoldedNorm(mean: mean, scale: scale, shift: shift)
    if scale.body.storage.isAbstract { return folded }
    let channels = Int64(mean.elementCount)
    withExtendedLifetime((statistics, gamma, beta)) {
      if mean.scalarType == .float32 {
        apus_batch_norm_fold(
          channels, rest?.floats, inverse.floats, gamma?.floats, beta?.floats, scale.floats, shift.floats)
      } else {
        apus_batch_norm_fold_reference_f64(
          channels, rest?.doubles, inverse.doubles, gamma?.doubles, beta?.doubles, scale.doubles, shift.doubles)
      }
    }
    return folded
  }

  /// activation((x − mean) · scale + shift + residual), a channel each; x is read as rows of channels.
  static func normalize(_ x: consuming Tensor, _ norm: FoldedNorm, residual: Tensor?, relu: Bool) -> Tensor {
    let shape = x.shape
    let (mean, scale, shift) = (norm.mean, norm.scale, norm.shift)
    let channels = scale.elementCount
    let rows = shape.elementCount / channels
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    defer { withExtendedLifetime((norm, residual)) {} }
    return map(x, "batch norm") { _, x, y in
      var plan = plan(rows, channels)
      var map = apus_batch_norm_map(
        mean: mean.floats, scale: scale.floats, shift: shift.floats, residual: UnsafePointer(residual?.floats),
        activation: activation)
      apus_batch_norm_apply(&plan, x, &map, y)
    } float64: { _, x, y in
      var map = apus_batch_norm_map_f64(
        mean: mean.doubles, scale: scale.doubles, shift: shift.doubles, residual: UnsafePointer(residual?.doubles),
        activation: activation)
      apus_batch_norm_apply_reference_f64(Int64(rows), Int64(channels), x, &map, y)
    }
  }

  /// What the backward pass of batch norm reads.
  struct NormalizationRecord {
    var x: Tensor
    /// ReLU's mask, where it is not that of (x − mean) · scale + shift.
    var y: Tensor?
    var statistics: ChannelStatistics
    var folded: FoldedNorm
    var gamma: Tensor?
    var epsilon: Double
    var relu: Bool
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
    let channels = record.folded.mean.elementCount
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
    let (statistics, folded) = (record.statistics, record.folded)
    withExtendedLifetime((record, dy)) {
      if dy.scalarType == .float32 {
        var plan = plan(rows, channels)
        var arguments = apus_batch_norm_backward_arguments(
          x: record.x.floats, dy: dy.floats, y: UnsafePointer(record.y?.floats), mean: statistics.mean.floats,
          mean_rest: UnsafePointer(statistics.meanRest?.floats),
          inverse_deviation: statistics.inverseDeviation.floats, scale: folded.scale.floats,
          shift: folded.shift.floats, gamma: UnsafePointer(record.gamma?.floats), epsilon: record.epsilon,
          activation: activation, dx: dx?.floats, dresidual: dResidual?.floats, dgamma: dGamma.floats,
          dbeta: dBeta.floats)
        withScratch(plan.scratch_bytes) { scratch in
          if statistics.meanRest != nil {
            apus_batch_norm_backward(&plan, &arguments, scratch)
          } else {
            apus_batch_norm_backward_frozen(&plan, &arguments, scratch)
          }
        }
      } else {
        var arguments = apus_batch_norm_backward_arguments_f64(
          x: record.x.doubles, dy: dy.doubles, y: UnsafePointer(record.y?.doubles), mean: statistics.mean.doubles,
          mean_rest: UnsafePointer(statistics.meanRest?.doubles),
          inverse_deviation: statistics.inverseDeviation.doubles, scale: folded.scale.doubles,
          shift: folded.shift.doubles, gamma: UnsafePointer(record.gamma?.doubles), epsilon: record.epsilon,
          activation: activation, dx: dx?.doubles, dresidual: dResidual?.doubles, dgamma: dGamma.doubles,
          dbeta: dBeta.doubles)
        apus_batch_norm_backward_reference_f64(Int64(rows), Int64(channels), &arguments)
      }
    }
    return gradients
  }

  private static func work(
    _ record: NormalizationRecord, _ rows: Int, _ channels: Int, _ wantsData: Bool, _ wantsResidual: Bool
  ) -> PlannedWork {
    let (hasMask, hasGamma, relu, isFrozen) = (
      record.y != nil, record.gamma != nil, record.relu, record.statistics.meanRest == nil
    )
    return PlannedWork(
      key: "batch norm backward \(rows) \(channels) \(hasMask) \(relu) \(isFrozen) \(wantsData) \(wantsResidual)"
    ) { _ in
      let (x, c) = (sample([rows, channels]), sample([channels]))
      let statistics = ChannelStatistics(mean: c, meanRest: isFrozen ? nil : c, variance: c, inverseDeviation: c)
      let record = NormalizationRecord(
        x: x, y: hasMask ? sample([rows, channels]) : nil, statistics: statistics,
        folded: FoldedNorm(mean: c, scale: c, shift: c), gamma: hasGamma ? c : nil, epsilon: 1e-5, relu: relu)
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
