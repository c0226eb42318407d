import ApusCore

/// Adam with decoupled weight decay, one fused pass over all parameters:
///
/// value −= learningRate · weightDecay · value, then Adam's step by the gradient alone.
///
/// So every weight shrinks at the same rate, however large its gradients are. Loshchilov & Hutter 2019, algorithm 2; their schedule
/// multiplier is part of the learning rate, as in PyTorch. See `Adam` for the rest.
///
/// Its state is both moments, as `first_moment.features.0.weight`, and `steps`.
public struct AdamW: FusedOptimizer {
  /// At least 0; read at each step. It scales the weight decay too.
  public var learningRate: Double
  /// β₁: the part of the first moment that a step keeps, in 0..<1.
  package let beta1: Double
  /// β₂: the part of the second moment that a step keeps, in 0..<1.
  package let beta2: Double
  /// Added to √v, not under the root; 1e-8 unless given.
  package let epsilon: Double
  /// A step takes learningRate · this of each value that decays; 0.01 unless given, as in PyTorch.
  package let weightDecay: Double
  var memory: OptimizerMemory

  /// Traps if a number is out of range, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
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

  /// Changes values and both moments in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .adam, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, isDecoupled: true))
  }
}
