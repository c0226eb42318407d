import ApusCore

/// Adam with decoupled weight decay, one fused pass over all parameters:
///
/// value −= learningRate · weightDecay · value, then Adam's step by the gradient alone.
///
/// So every weight shrinks at the same rate, however large its gradients are. Loshchilov & Hutter 2019, algorithm 2; their schedule
/// multiplier is part of the learning rate, as in PyTorch. See `Adam` for the rest.
public struct AdamW: Optimizer {
  public var learningRate: Double
  public let beta1: Double
  public let beta2: Double
  public let epsilon: Double
  public let weightDecay: Double
  private var memory: OptimizerMemory

  public init(
    _ parameters: ParameterList, learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0.01, decaying: DecayedParameters = .weights,
    groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "AdamW", "the learning rate")
    OptimizerCheck.fraction(beta1, "AdamW", "beta1")
    OptimizerCheck.fraction(beta2, "AdamW", "beta2")
    OptimizerCheck.number(epsilon, "AdamW", "epsilon")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    memory = OptimizerMemory(
      "AdamW", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups,
      states: ["first_moment", "second_moment"], countsSteps: true)
  }

  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .adam, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, isDecoupled: true))
  }

  /// Both moments, by names as `first_moment.features.0.weight`, and `steps`.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}
