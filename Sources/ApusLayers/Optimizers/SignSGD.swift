import ApusCore

/// Sign-SGD: every number moves by the learning rate, against the sign of its gradient; one fused pass over all parameters.
///
/// m += (1 − momentum)(gradient − m)
/// value −= learningRate · (sign(m) + weightDecay · value),  sign(0) = 0
///
/// Without momentum m is the gradient: what is left of it in one bit (deck D4; Seide et al. 2014), and the limit of clipping by
/// value with the learning rate scaled up. With momentum this is Signum. Bernstein et al. 2018.
public struct SignSGD: Optimizer {
  public var learningRate: Double
  public let momentum: Double
  public let weightDecay: Double
  private var memory: OptimizerMemory

  public init(
    _ parameters: ParameterList, learningRate: Double = 0.0001, momentum: Double = 0, weightDecay: Double = 0,
    decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "SignSGD", "the learning rate")
    OptimizerCheck.fraction(momentum, "SignSGD", "the momentum")
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    memory = OptimizerMemory(
      "SignSGD", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups,
      states: [momentum == 0 ? nil : "momentum"])
  }

  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  public mutating func step(_ gradients: Gradients) {
    memory.step(gradients, .init(formula: .signSGD, learningRate: learningRate, momentum: momentum))
  }

  /// The running means, `momentum.` and the parameter's path; none without momentum.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}
