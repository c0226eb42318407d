import ApusCore

extension OptimizerRule.Formula {
  /// AdamW's too.
  static let adam = Self("adam")
}

/// Adam: steps of about the learning rate for every number, whatever the size of its gradients; one fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  m += (1 − β₁)(g − m);  v += (1 − β₂)(g² − v)
/// value −= learningRate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// where t counts the parameter's steps from 1. The slide of lecture 2 divides by 1 − β₁ and 1 − β₂ instead, and by the means of
/// before the step; it errs. Without `biasCorrection` the divisors are 1 and the first step is (1 − β₁)/√(1 − β₂) times the learning
/// rate: 3.16 times with the usual numbers.
///
/// Kingma & Ba 2015, algorithm 1. Weight decay is an L2 penalty here, which Adam's division weakens where gradients are large:
/// `AdamW` decouples it.
///
/// Its state is both moments, as `first_moment.features.0.weight`, and `steps`.
public struct Adam: FusedOptimizer {
  /// At least 0; read at each step.
  public var learningRate: Double
  /// β₁: the part of the first moment that a step keeps, in 0..<1.
  package let beta1: Double
  /// β₂: the part of the second moment that a step keeps, in 0..<1.
  package let beta2: Double
  /// Added to √v, not under the root; 1e-8 unless given, the paper's.
  package let epsilon: Double
  /// λ of an L2 penalty on the parameters that decay; `AdamW` has the decoupled one.
  package let weightDecay: Double
  /// Whether both moments are divided by 1 − βᵗ, which makes up for their start at 0.
  package let biasCorrection: Bool
  var memory: OptimizerMemory

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

  /// Changes values and both moments in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .adam, learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        correctsBias: biasCorrection))
  }
}
