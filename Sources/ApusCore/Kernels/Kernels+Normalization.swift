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

/// A batch norm as it is applied: (x − mean) · scale + shift, a number per channel each.
package struct FoldedNorm {
  package var mean: Tensor
  package var scale: Tensor
  package var shift: Tensor
}

/// A pass of batch norm over rows of channels:
/// - statistics: mean, what it lacks, variance, 1 / √(variance + ε), x;
/// - apply: y, x, mean, scale, shift, residual: activation((x − mean) · scale + shift + residual), where y may be x;
/// - backward: dx, dγ, dβ, dResidual, x, y (ReLU's mask, where it is not that of the sum), dy, mean, what it lacks, 1 / deviation,
///   scale, shift, γ. dx and dResidual may be left out, and may be dy; without what the mean lacks the statistics are constants.
package struct BatchNormKernel: Kernel {
  package enum Pass { case statistics, apply, backward }

  private let pass: Pass
  private let plan: apus_batch_norm_plan
  private let epsilon: Double
  private let activation: apus_activation

  /// Apply reads no `epsilon`.
  package init(_ pass: Pass, rows: Int, channels: Int, epsilon: Double = 0, relu: Bool = false) {
    var (plan, error) = (apus_batch_norm_plan(), apus_error())
    if apus_batch_norm_plan_make(&plan, Int64(rows), Int64(channels), &error) != APUS_OK {
      Kernels.failed("batch norm", error)
    }
    (self.pass, self.plan, self.epsilon) = (pass, plan, epsilon)
    activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
  }

  package var name: String { "batch norm" }
  package var key: String { "\(pass) \(plan.channels) \(activation)" }
  package var scratchBytes: Int { pass == .apply ? 0 : plan.scratch_bytes }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      switch pass {
      case .statistics:
        apus_batch_norm_statistics(
          plan, memory[4], epsilon, memory[0], memory[1], memory[2], memory[3], memory.scratch)
      case .apply:
        var map = apus_batch_norm_map(
          mean: memory.input(2), scale: memory.input(3), shift: memory.input(4), residual: memory.input(5),
          activation: activation)
        apus_batch_norm_apply(plan, memory[1], &map, memory[0])
      case .backward:
        var arguments = apus_batch_norm_backward_arguments(
          x: memory.input(4), dy: memory.input(6), y: memory.input(5), mean: memory.input(7),
          mean_rest: memory.input(8), inverse_deviation: memory.input(9), scale: memory.input(10),
          shift: memory.input(11), gamma: memory.input(12), epsilon: epsilon, activation: activation, dx: memory[0],
          dresidual: memory[3], dgamma: memory[1], dbeta: memory[2])
        if memory[8] == nil {
          apus_batch_norm_backward_frozen(plan, &arguments, memory.scratch)
        } else {
          apus_batch_norm_backward(plan, &arguments, memory.scratch)
        }
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    let (rows, channels) = (plan.rows, plan.channels)
    switch pass {
    case .statistics:
      apus_batch_norm_statistics_reference_f64(
        rows, channels, memory[4], epsilon, memory[0], memory[1], memory[2], memory[3])
    case .apply:
      var map = apus_batch_norm_map_f64(
        mean: memory.input(2), scale: memory.input(3), shift: memory.input(4), residual: memory.input(5),
        activation: activation)
      apus_batch_norm_apply_reference_f64(rows, channels, memory[1], &map, memory[0])
    case .backward:
      var arguments = apus_batch_norm_backward_arguments_f64(
        x: memory.input(4), dy: memory.input(6), y: memory.input(5), mean: memory.input(7),
        mean_rest: memory.input(8), inverse_deviation: memory.input(9), scale: memory.input(10),
        shift: memory.input(11), gamma: memory.input(12), epsilon: epsilon, activation: activation, dx: memory[0],
        dresidual: memory[3], dgamma: memory[1], dbeta: memory[2])
      apus_batch_norm_backward_reference_f64(rows, channels, &arguments)
    }
  }
}

/// 1 / √(variance + ε), variance.
private struct DeviationKernel: Kernel {
  let channels: Int64
  let epsilon: Double

  var name: String { "batch norm" }

  func run(_ memory: Operands<Float>) { apus_batch_norm_deviation(channels, memory[1], epsilon, memory[0]) }

  func reference(_ memory: Operands<Double>) {
    apus_batch_norm_deviation_reference_f64(channels, memory[1], epsilon, memory[0])
  }
}

/// scale, shift, what the mean lacks, 1 / deviation, γ, β; the first of the inputs and the last two may be left out.
private struct FoldKernel: Kernel {
  let channels: Int64

  var name: String { "batch norm" }

  func run(_ memory: Operands<Float>) {
    apus_batch_norm_fold(channels, memory[2], memory[3], memory[4], memory[5], memory[0], memory[1])
  }

  func reference(_ memory: Operands<Double>) {
    apus_batch_norm_fold_reference_f64(channels, memory[2], memory[3], memory[4], memory[5], memory[0], memory[1])
  }
}

extension Kernels {
  /// Mean, biased variance and 1 / √(variance + ε) of each channel over all rows; x is read as rows of `channels` elements.
  package static func channelStatistics(_ x: Tensor, channels: Int, epsilon: Double) -> ChannelStatistics {
    x.settle()
    func vector() -> Tensor { Tensor(uninitialized: [channels], x.scalarType) }
    let (mean, rest, variance, inverse) = (vector(), vector(), vector(), vector())
    BatchNormKernel(.statistics, rows: x.elementCount / channels, channels: channels, epsilon: epsilon).launch(
      x.scalarType, mean.body.storage, rest.body.storage, variance.body.storage, inverse.body.storage, x.body.storage)
    return ChannelStatistics(mean: mean, meanRest: rest, variance: variance, inverseDeviation: inverse)
  }

  /// Statistics that are constants.
  package static func constantStatistics(mean: Tensor, variance: Tensor, epsilon: Double) -> ChannelStatistics {
    let inverse = DeviationKernel(channels: Int64(mean.elementCount), epsilon: epsilon).making(
      mean.shape, mean.scalarType, variance.body.storage)
    return ChannelStatistics(mean: mean, meanRest: nil, variance: variance, inverseDeviation: inverse)
  }

  /// scale = γ / √(variance + ε), shift = β − γ · what the mean lacks.
  package static func fold(_ statistics: ChannelStatistics, gamma: Tensor?, beta: Tensor?) -> FoldedNorm {
    let mean = statistics.mean
    let scale = Tensor(uninitialized: mean.shape, mean.scalarType)
    let shift = Tensor(uninitialized: mean.shape, mean.scalarType)
    FoldKernel(channels: Int64(mean.elementCount)).launch(
      mean.scalarType, scale.body.storage, shift.body.storage, statistics.meanRest?.body.storage,
      statistics.inverseDeviation.body.storage, gamma?.body.storage, beta?.body.storage)
    return FoldedNorm(mean: mean, scale: scale, shift: shift)
  }

  /// activation((x − mean) · scale + shift + residual), a channel each; x is read as rows of channels.
  static func normalize(_ x: consuming Tensor, _ norm: FoldedNorm, residual: Tensor?, relu: Bool) -> Tensor {
    let channels = norm.scale.elementCount
    return BatchNormKernel(.apply, rows: x.elementCount / channels, channels: channels, relu: relu).mapping(
      x, norm.mean.body.storage, norm.scale.body.storage, norm.shift.body.storage, residual?.body.storage)
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
    let (statistics, folded) = (record.statistics, record.folded)
    let channels = folded.mean.elementCount
    let (source, isReusable) = consume(&gradient)
    func result(takingGradient: Bool) -> Tensor {
      takingGradient && isReusable
        ? Tensor(body: TensorBody(shape: shape, scalarType: type, storage: source))
        : Tensor(uninitialized: shape, type)
    }
    let dx = wantsData ? result(takingGradient: !wantsResidual) : nil
    let dResidual = wantsResidual ? result(takingGradient: true) : nil
    let dGamma = Tensor(uninitialized: [channels], type)
    let dBeta = Tensor(uninitialized: [channels], type)
    BatchNormKernel(
      .backward, rows: shape.elementCount / channels, channels: channels, epsilon: record.epsilon, relu: record.relu
    ).launch(
      type, dx?.body.storage, dGamma.body.storage, dBeta.body.storage, dResidual?.body.storage, record.x.body.storage,
      record.y?.body.storage, source, statistics.mean.body.storage, statistics.meanRest?.body.storage,
      statistics.inverseDeviation.body.storage, folded.scale.body.storage, folded.shift.body.storage,
      record.gamma?.body.storage)
    return NormalizationGradients(dx: dx, dGamma: dGamma, dBeta: dBeta, dResidual: dResidual)
  }
}
