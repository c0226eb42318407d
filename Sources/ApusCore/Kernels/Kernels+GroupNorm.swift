import CApus

/// What group norm's forward pass found, for its backward pass: a number per sample and group.
struct GroupStatistics {
  var mean: Tensor
  /// What the mean lacks, in deviations.
  var meanRest: Tensor
  var inverseDeviation: Tensor
}

/// A pass of group norm; see `apus/group_norm.h`:
/// - forward: y, x, γ, β, residual, mean, what it lacks, 1 / deviation: activation(x̂ · γ + β + residual). y may be x. Statistics that
///   nobody wants lie in scratch;
/// - backward: dx, dγ, dβ, dResidual, x, y (ReLU's mask, where it is not that of x̂ · γ + β), dy, mean, what it lacks, 1 / deviation, γ,
///   β. dx and dResidual may be left out.
package struct GroupNormKernel: Kernel {
  package enum Pass { case forward, forwardAlone, backward }

  private let pass: Pass
  private let view: GroupView
  private let plan: apus_group_norm_plan
  private let activation: apus_activation

  /// `forwardAlone`: without places for statistics.
  package init(_ pass: Pass, _ view: GroupView, relu: Bool) {
    var (plan, error) = (apus_group_norm_plan(), apus_error())
    let status = apus_group_norm_plan_make(
      &plan, Int64(view.batch), Int64(view.positions), Int64(view.channels), Int64(view.groups), &error)
    if status != APUS_OK { Kernels.failed("group norm", error) }
    (self.pass, self.view, self.plan) = (pass, view, plan)
    activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
  }

  package var name: String { "group norm" }
  package var key: String { "\(pass) \(view) \(activation)" }
  package var scratchBytes: Int {
    pass == .forwardAlone ? own + 3 * statistics * MemoryLayout<Float>.stride : plan.scratch_bytes
  }
  /// Statistics lie behind the kernel's own scratch.
  private var own: Int { (plan.scratch_bytes + 63) / 64 * 64 }
  private var statistics: Int { view.batch * view.groups }

  package func run(_ memory: Operands<Float>) {
    withUnsafePointer(to: plan) { plan in
      switch pass {
      case .forward, .forwardAlone:
        var arguments = apus_group_norm_forward_arguments(
          x: memory.input(1), gamma: memory.input(2), beta: memory.input(3), epsilon: view.epsilon,
          residual: memory.input(4), activation: activation, y: memory[0], mean: memory[5], mean_rest: memory[6],
          inverse_deviation: memory[7])
        if pass == .forwardAlone, let scratch = memory.scratch {
          let mean = (scratch + own).assumingMemoryBound(to: Float.self)
          arguments.mean = mean
          arguments.mean_rest = mean + statistics
          arguments.inverse_deviation = mean + 2 * statistics
        }
        apus_group_norm_forward(plan, &arguments, memory.scratch)
      case .backward:
        var arguments = apus_group_norm_backward_arguments(
          x: memory.input(4), dy: memory.input(6), y: memory.input(5), mean: memory.input(7),
          mean_rest: memory.input(8), inverse_deviation: memory.input(9), gamma: memory.input(10),
          beta: memory.input(11), epsilon: view.epsilon, activation: activation, dx: memory[0],
          dresidual: memory[3], dgamma: memory[1], dbeta: memory[2])
        apus_group_norm_backward(plan, &arguments, memory.scratch)
      }
    }
  }

  package func reference(_ memory: Operands<Double>) {
    let (batch, positions) = (Int64(view.batch), Int64(view.positions))
    let (channels, groups) = (Int64(view.channels), Int64(view.groups))
    switch pass {
    case .forward, .forwardAlone:
      var arguments = apus_group_norm_forward_arguments_f64(
        x: memory.input(1), gamma: memory.input(2), beta: memory.input(3), epsilon: view.epsilon,
        residual: memory.input(4), activation: activation, y: memory[0], mean: memory[5], mean_rest: memory[6],
        inverse_deviation: memory[7])
      apus_group_norm_forward_reference_f64(batch, positions, channels, groups, &arguments)
    case .backward:
      var arguments = apus_group_norm_backward_arguments_f64(
        x: memory.input(4), dy: memory.input(6), y: memory.input(5), mean: memory.input(7),
        mean_rest: memory.input(8), inverse_deviation: memory.input(9), gamma: memory.input(10),
        beta: memory.input(11), epsilon: view.epsilon, activation: activation, dx: memory[0],
        dresidual: memory[3], dgamma: memory[1], dbeta: memory[2])
      apus_group_norm_backward_reference_f64(batch, positions, channels, groups, &arguments)
    }
  }
}

extension Kernels {
  /// activation(x̂ · γ + β + residual).
  static func groupNorm(
    _ x: Tensor, _ view: GroupView, gamma: Tensor?, beta: Tensor?, residual: Tensor?, relu: Bool
  ) -> (y: Tensor, statistics: GroupStatistics) {
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    let mean = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    let inverse = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    let rest = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    GroupNormKernel(.forward, view, relu: relu).launch(
      x.scalarType, y.body.storage, x.body.storage, gamma?.body.storage, beta?.body.storage, residual?.body.storage,
      mean.body.storage, rest.body.storage, inverse.body.storage)
    return (y, GroupStatistics(mean: mean, meanRest: rest, inverseDeviation: inverse))
  }

  /// `y`: ReLU's mask, where it is not that of x̂ · γ + β.
  static func groupNormBackward(
    _ x: Tensor, y: Tensor?, gradient dy: Tensor, _ view: GroupView, _ statistics: GroupStatistics, gamma: Tensor?,
    beta: Tensor?, relu: Bool, wantsData: Bool, wantsResidual: Bool
  ) -> NormalizationGradients {
    let dx = wantsData ? Tensor(uninitialized: dy.shape, dy.scalarType) : nil
    let dResidual = wantsResidual ? Tensor(uninitialized: dy.shape, dy.scalarType) : nil
    let dGamma = Tensor(uninitialized: gamma?.shape ?? [view.channels], dy.scalarType)
    let dBeta = Tensor(uninitialized: beta?.shape ?? [view.channels], dy.scalarType)
    GroupNormKernel(.backward, view, relu: relu).launch(
      dy.scalarType, dx?.body.storage, dGamma.body.storage, dBeta.body.storage, dResidual?.body.storage,
      x.body.storage, y?.body.storage, dy.body.storage, statistics.mean.body.storage, statistics.meanRest.body.storage,
      statistics.inverseDeviation.body.storage, gamma?.body.storage, beta?.body.storage)
    return NormalizationGradients(dx: dx, dGamma: dGamma, dBeta: dBeta, dResidual: dResidual)
  }
}
