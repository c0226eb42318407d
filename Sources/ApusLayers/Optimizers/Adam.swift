import ApusCore

/// Adam: steps of about the learning rate for every number, whatever the size of its gradients; one fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  m += (1 − β₁)(g − m);  v += (1 − β₂)(g² − v)
/// value −= learningRate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// where t counts the parameter's steps from 1. The slide of deck D2 divides by 1 − β₁ and 1 − β₂ instead, and by the means of
/// before the step; it errs. Without `biasCorrection` the divisors are 1 and the first step is (1 − β₁)/√(1 − β₂) times the learning
/// rate: 3.16 times with the usual numbers.
///
/// Kingma & Ba 2015, algorithm 1. Weight decay is an L2 penalty here, which Adam's division weakens where gradients are large:
/// `AdamW` decouples it.
public struct Adam: OnePassOptimizer {
  /// At least 0; read at each step.
  public var learningRate: Double
  /// β₁: the part of the first moment that a step keeps, in 0..<1.
  public let beta1: Double
  /// β₂: the part of the second moment that a step keeps, in 0..<1.
  public let beta2: Double
  /// Added to √v, not under the root; 1e-8 unless given, the paper's.
  public let epsilon: Double
  /// λ of an L2 penalty on the parameters that decay; `AdamW` has the decoupled one.
  public let weightDecay: Double
  /// Whether both moments are divided by 1 − βᵗ, which makes up for their start at 0.
  public let biasCorrection: Bool
  private var memory: OptimizerMemory

  /// Traps if a number is out of range, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
  public init(
    _ parameters: ParameterList, learningRate: Double = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8, weightDecay: Double = 0, biasCorrection: Bool = true,
    decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "Adam", "the learning rate")
    OptimizerCheck.fraction(beta1, "Adam", "beta1")
    OptimizerCheck.fraction(beta2, "Adam", "beta2")
    OptimizerCheck.number(epsilon, "Adam", "epsilon")
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.biasCorrection = biasCorrection
    memory = OptimizerMemory(
      "Adam", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups,
      states: ["first_moment", "second_moment"], countsSteps: true)
  }

  /// What is done to each parameter, `decaying` and `groups` applied, in the order of the list.
  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  /// Changes values and both moments in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .adam, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        correctsBias: biasCorrection))
  }

  /// Both moments, by names as `first_moment.features.0.weight`, and `steps`.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  /// Sets both moments and `steps`. Throws `CheckpointError`, with nothing changed, if a name, shape or type does not fit.
  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}
