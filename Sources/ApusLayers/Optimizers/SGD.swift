import ApusCore

/// Stochastic gradient descent with momentum and weight decay, one fused pass over all parameters (PyTorch's form, dampening 0):
///
/// g = gradient + weightDecay · value;  v = momentum · v + g;  value −= learningRate · v
///
/// with Nesterov: value −= learningRate · (g + momentum · v). This is the lectures' v ← βv + g, θ ← θ − αv (deck D2), which on a
/// constant gradient moves by α/(1 − β) a step in the end.
///
/// Weight decay acts on filters and matrices, not on biases, scales and shifts, unless `decaying` is `.all` (as in PyTorch) or a
/// group says so. Rumelhart et al. 1986; Sutskever et al. 2013.
public struct SGD: Optimizer {
  public var learningRate: Double
  public let momentum: Double
  public let weightDecay: Double
  public let nesterov: Bool
  private var memory: OptimizerMemory

  public init(
    _ parameters: ParameterList, learningRate: Double, momentum: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false, decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "SGD", "the learning rate")
    OptimizerCheck.fraction(momentum, "SGD", "the momentum")
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's form needs a momentum, and it is 0") }
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov
    memory = OptimizerMemory(
      "SGD", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups,
      states: [momentum == 0 ? nil : "velocity"])
  }

  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients, .init(formula: .sgd, learningRate: learningRate, momentum: momentum, isNesterov: nesterov))
  }

  /// The velocities, `velocity.` and the parameter's path; none before the first step with momentum.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}
