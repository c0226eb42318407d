import CApus

extension Kernels {
  /// One parameter of a step. Its value and states are changed in place; the caller has made them its own.
  package struct OptimizerItem {
    var value: Tensor
    package var gradient: Tensor
    /// As many as the rule has places for; `nil` where it needs none.
    package var states: [Tensor?]
    var rate = 1.0
    var weightDecay = 0.0
    var step = 1

    package init(
      value: Tensor, gradient: Tensor, states: [Tensor?], rate: Double = 1.0, weightDecay: Double = 0.0, step: Int = 1
    ) {
      self.value = value
      self.gradient = gradient
      self.states = states
      self.rate = rate
      self.weightDecay = weightDecay
      self.step = step
    }
  }

  /// One pass over all parameters.
  package static func optimizerStep(_ rule: OptimizerRule, _ items: [OptimizerItem]) {
    if isPlanning {
      planned(work(rule, items))
      return
    }
    var options = apus_optimizer_options()
    options.learning_rate = rule.learningRate
    options.momentum = rule.momentum
    options.beta1 = rule.beta1
    options.beta2 = rule.beta2
    options.epsilon = rule.epsilon
    options.rate_decay = rule.rateDecay
    options.nesterov = rule.isNesterov ? 1 : 0
    options.decoupled = rule.isDecoupled ? 1 : 0
    options.bias_correction = rule.correctsBias ? 1 : 0
    options.centered = rule.isCentered ? 1 : 0
    options.epsilon_inside = rule.hasEpsilonInsideRoot ? 1 : 0
    let descriptors = items.map { item in
      func state(_ place: Int) -> UnsafeMutablePointer<Float>? {
        place < item.states.count ? item.states[place]?.floats : nil
      }
      return apus_optimizer_item(
        count: Int64(item.gradient.elementCount), value: item.value.floats,
        gradient: UnsafePointer(item.gradient.floats), state: (state(0), state(1), state(2)), rate: item.rate,
        weight_decay: item.weightDecay, step: Int64(item.step))
    }
    withExtendedLifetime(items) {
      apus_optimizer_step(
        apus_optimizer(rawValue: rule.formula.code), Int64(descriptors.count), descriptors, &options)
    }
  }

  private static func work(_ rule: OptimizerRule, _ items: [OptimizerItem]) -> PlannedWork {
    let sizes = items.map { (shape: $0.gradient.shape, states: $0.states.map { $0 != nil }) }
    return PlannedWork(key: "optimizer") { _ in
      let items = sizes.map { shape, states in
        OptimizerItem(
          value: sample(shape), gradient: sample(shape), states: states.map { $0 ? sample(shape) : nil })
      }
      return { optimizerStep(rule, items) }
    }
  }
}

extension OptimizerRule.Formula {
  /// The formula that the C core has by a name, such as `sign_sgd`. Traps if there is none.
  package init(_ name: StaticString) {
    code = Kernels.code(name, among: APUS_OPTIMIZER_COUNT.rawValue) {
      apus_optimizer_name(apus_optimizer(rawValue: $0))
    }
  }
}
