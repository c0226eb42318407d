import ApusCore

extension OptimizerRule.Formula {
  fileprivate static let adagrad = Self("adagrad")
}

/// Adagrad: gradients divided by the root of the sum of all their squares so far, so that steps become smaller by themselves; one
/// fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  s += g²
/// value −= learningRate / (1 + (t − 1) · learningRateDecay) · g / (√s + ε)
///
/// where t counts the parameter's steps from 1. Duchi, Hazan & Singer 2011; numbers as PyTorch's.
///
/// Its state is the sums, as `sum_of_squares.features.0.weight`, and `steps`.
public struct Adagrad: FusedOptimizer {
  /// At least 0; read at each step.
  public var learningRate: Double
  /// Divides the rate of step t by 1 + (t − 1) · this; 0, no decay, unless given.
  package let learningRateDecay: Double
  /// Added to √s, so that a number whose gradients were all 0 stays where it is instead of becoming 0/0; 1e-10 unless given.
  package let epsilon: Double
  /// λ of an L2 penalty on the parameters that decay.
  package let weightDecay: Double
  var memory: OptimizerMemory

  /// Traps if a number is negative or not finite, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
  public init(
    _ parameters: ParameterList, learningRate: Double = 0.01, learningRateDecay: Double = 0, epsilon: Double = 1e-10,
    weightDecay: Double = 0, decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "Adagrad", "the learning rate")
    OptimizerCheck.number(learningRateDecay, "Adagrad", "the decay of the learning rate")
    OptimizerCheck.number(epsilon, "Adagrad", "epsilon")
    self.learningRate = learningRate
    self.learningRateDecay = learningRateDecay
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    memory = OptimizerMemory(
      "Adagrad", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups, states: ["sum_of_squares"],
      countsSteps: true)
  }

  /// Changes values and sums of squares in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(formula: .adagrad, learningRate: learningRate, epsilon: epsilon, rateDecay: learningRateDecay))
  }
}
