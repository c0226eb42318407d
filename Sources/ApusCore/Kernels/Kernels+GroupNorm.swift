import CApus

/// How group norm sees a tensor: samples of positions of channels, groups of neighboring channels.
package struct GroupView {
  var batch: Int
  var positions: Int
  var channels: Int
  var groups: Int
  var epsilon: Double

  package init(batch: Int, positions: Int, channels: Int, groups: Int, epsilon: Double) {
    self.batch = batch
    self.positions = positions
    self.channels = channels
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Values that share a mean.
  package var members: Int { positions * (channels / groups) }
}

/// What group norm's forward pass found, for its backward pass: a number a sample and group.
struct GroupStatistics {
  var mean: Tensor
  /// What the mean lacks, in deviations.
  var meanRest: Tensor
  var inverseDeviation: Tensor
}

extension Kernels {
  /// activation(x̂ · γ + β + residual); see `apus/group_norm.h`.
  static func groupNorm(
    _ x: Tensor, _ view: GroupView, gamma: Tensor?, beta: Tensor?, residual: Tensor?, relu: Bool
  ) -> (y: Tensor, statistics: GroupStatistics) {
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    let mean = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    let inverse = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    let rest = Tensor(uninitialized: [view.batch, view.groups], x.scalarType)
    let statistics = GroupStatistics(mean: mean, meanRest: rest, inverseDeviation: inverse)
    if y.body.storage.isAbstract {
      planned(
        scratch: plan(view).scratch_bytes,
        PlannedWork(key: "group norm \(view) \(x.shape) \(relu)") { [shape = x.shape] _ in
          let x = sample(shape)
          return { _ = groupNorm(x, view, gamma: nil, beta: nil, residual: nil, relu: relu) }
        })
      return (y, statistics)
    }
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    withExtendedLifetime((x, gamma, beta, residual)) {
      switch x.scalarType {
      case .float32:
        var plan = plan(view)
        var arguments = apus_group_norm_forward_arguments(
          x: x.floats, gamma: UnsafePointer(gamma?.floats), beta: UnsafePointer(beta?.floats), epsilon: view.epsilon,
          residual: UnsafePointer(residual?.floats), activation: activation, y: y.floats, mean: mean.floats,
          mean_rest: rest.floats, inverse_deviation: inverse.floats)
        withScratch(plan.scratch_bytes) { apus_group_norm_forward(&plan, &arguments, $0) }
      case .float64:
        var arguments = apus_group_norm_forward_arguments_f64(
          x: x.doubles, gamma: UnsafePointer(gamma?.doubles), beta: UnsafePointer(beta?.doubles), epsilon: view.epsilon,
          residual: UnsafePointer(residual?.doubles), activation: activation, y: y.doubles, mean: mean.doubles,
          mean_rest: rest.doubles, inverse_deviation: inverse.doubles)
        apus_group_norm_forward_reference_f64(
          Int64(view.batch), Int64(view.positions), Int64(view.channels), Int64(view.groups), &arguments)
      default: unsupported("group norm", x.scalarType)
      }
    }
    return (y, statistics)
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
    let gradients = NormalizationGradients(dx: dx, dGamma: dGamma, dBeta: dBeta, dResidual: dResidual)
    if dGamma.body.storage.isAbstract {
      planned(
        scratch: plan(view).scratch_bytes,
        PlannedWork(key: "group norm backward \(view) \(dy.shape) \(relu)") { [shape = dy.shape] _ in
          let (x, s) = (sample(shape), sample([view.batch, view.groups]))
          let statistics = GroupStatistics(mean: s, meanRest: s, inverseDeviation: s)
          return {
            _ = groupNormBackward(
              x, y: relu ? x : nil, gradient: x, view, statistics, gamma: nil, beta: nil, relu: relu,
              wantsData: wantsData, wantsResidual: false)
          }
        })
      return gradients
    }
    let activation = relu ? APUS_ACTIVATION_RELU : APUS_ACTIVATION_NONE
    let (mean, rest, inverse) = (statistics.mean, statistics.meanRest, statistics.inverseDeviation)
    withExtendedLifetime((x, y, dy, gamma, beta, statistics)) {
      if dy.scalarType == .float32 {
        var plan = plan(view)
        var arguments = apus_group_norm_backward_arguments(
          x: x.floats, dy: dy.floats, y: UnsafePointer(y?.floats), mean: mean.floats, mean_rest: rest.floats,
          inverse_deviation: inverse.floats, gamma: UnsafePointer(gamma?.floats), beta: UnsafePointer(beta?.floats),
          epsilon: view.epsilon, activation: activation, dx: dx?.floats, dresidual: dResidual?.floats,
          dgamma: dGamma.floats, dbeta: dBeta.floats)
        withScratch(plan.scratch_bytes) { apus_group_norm_backward(&plan, &arguments, $0) }
      } else {
        var arguments = apus_group_norm_backward_arguments_f64(
          x: x.doubles, dy: dy.doubles, y: UnsafePointer(y?.doubles), mean: mean.doubles, mean_rest: rest.doubles,
          inverse_deviation: inverse.doubles, gamma: UnsafePointer(gamma?.doubles), beta: UnsafePointer(beta?.doubles),
          epsilon: view.epsilon, activation: activation, dx: dx?.doubles, dresidual: dResidual?.doubles,
          dgamma: dGamma.doubles, dbeta: dBeta.doubles)
        apus_group_norm_backward_reference_f64(
          Int64(view.batch), Int64(view.positions), Int64(view.channels), Int64(view.groups), &arguments)
      }
    }
    return gradients
  }

  static func plan(_ view: GroupView) -> apus_group_norm_plan {
    var plan = apus_group_norm_plan()
    var error = apus_error()
    let status = apus_group_norm_plan_make(
      &plan, Int64(view.batch), Int64(view.positions), Int64(view.channels), Int64(view.groups), &error)
    if status != APUS_OK { failed("group norm", error) }
    return plan
  }
}

/// Numbers of local response norm.
package struct ResponseWindow {
  var size: Int
  var alpha: Double
  var beta: Double
  var k: Double

  package init(size: Int, alpha: Double, beta: Double, k: Double) {
    self.size = size
    self.alpha = alpha
    self.beta = beta
    self.k = k
  }
}

extension Kernels {
  package static func localResponseNorm(_ x: Tensor, _ window: ResponseWindow) -> Tensor {
    x.settle()
    let y = Tensor(uninitialized: x.shape, x.scalarType)
    if x.elementCount == 0 { return y }
    let (rows, channels) = rowsAndChannels(x)
    if y.body.storage.isAbstract {
      planned(
        scratch: plan(rows, channels, window).scratch_bytes,
        PlannedWork(key: "local response norm \(x.shape) \(window)") { [shape = x.shape] _ in
          let x = sample(shape)
          return { _ = localResponseNorm(x, window) }
        })
      return y
    }
    withExtendedLifetime(x) {
      switch x.scalarType {
      case .float32:
        var plan = plan(rows, channels, window)
        withScratch(plan.scratch_bytes) { apus_local_response_norm_forward(&plan, x.floats, y.floats, $0) }
      case .float64:
        var norm = apus_local_response_norm(
          rows: rows, channels: channels, size: Int64(window.size), alpha: window.alpha, beta: window.beta, k: window.k)
        apus_local_response_norm_forward_reference_f64(&norm, x.doubles, y.doubles)
      default: unsupported("local response norm", x.scalarType)
      }
    }
    return y
  }

  package static func localResponseNormBackward(_ x: Tensor, gradient dy: Tensor, _ window: ResponseWindow) -> Tensor {
    let dx = Tensor(uninitialized: x.shape, x.scalarType)
    if x.elementCount == 0 { return dx }
    let (rows, channels) = rowsAndChannels(x)
    if dx.body.storage.isAbstract {
      planned(
        scratch: plan(rows, channels, window).scratch_bytes,
        PlannedWork(key: "local response norm backward \(x.shape) \(window)") { [shape = x.shape] _ in
          let (x, gradient) = (sample(shape), sample(shape))
          return { _ = localResponseNormBackward(x, gradient: gradient, window) }
        })
      return dx
    }
    withExtendedLifetime((x, dy)) {
      if x.scalarType == .float32 {
        var plan = plan(rows, channels, window)
        withScratch(plan.scratch_bytes) { apus_local_response_norm_backward(&plan, x.floats, dy.floats, dx.floats, $0) }
      } else {
        var norm = apus_local_response_norm(
          rows: rows, channels: channels, size: Int64(window.size), alpha: window.alpha, beta: window.beta, k: window.k)
        apus_local_response_norm_backward_reference_f64(&norm, x.doubles, dy.doubles, dx.doubles)
      }
    }
    return dx
  }

  private static func rowsAndChannels(_ x: Tensor) -> (Int64, Int64) {
    let channels = x.shape[x.rank - 1]
    return (Int64(x.elementCount / channels), Int64(channels))
  }

  static func plan(_ rows: Int64, _ channels: Int64, _ window: ResponseWindow) -> apus_local_response_norm_plan {
    var plan = apus_local_response_norm_plan()
    var error = apus_error()
    let status = apus_local_response_norm_plan_make(
      &plan, rows, channels, Int64(window.size), Float(window.alpha), Float(window.beta), Float(window.k), &error)
    if status != APUS_OK { failed("local response norm", error) }
    return plan
  }
}
