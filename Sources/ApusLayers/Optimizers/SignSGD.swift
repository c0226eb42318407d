import ApusCore

extension OptimizerRule.Formula {
  fileprivate static let signSGD = Self("sign_sgd")
}

/// Sign-SGD: every number moves by the learning rate, against the sign of its gradient; one fused pass over all parameters.
///
/// m += (1 − momentum)(gradient − m)
/// value −= learningRate · (sign(m) + weightDecay · value),  sign(0) = 0
///
/// Without momentum m is the gradient: what is left of it in one bit (lecture 4; Seide et al. 2014), and the limit of clipping by
/// value with the learning rate scaled up. With momentum this is Signum. Bernstein et al. 2018.
///
/// Its state is the running means, as `momentum.features.0.weight`; none without momentum.
public struct SignSGD: FusedOptimizer {
  /// What every number moves by; at least 0, read at each step.
  public var learningRate: Double
  /// The part of the mean gradient m that a step keeps, in 0..<1; 0 takes the sign of the gradient itself.
  package let momentum: Double
  /// Decoupled: a step takes learningRate · this of each value that decays.
  package let weightDecay: Double
  var memory: OptimizerMemory

  /// Traps if a number is out of range, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
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

  /// Changes values and means in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(gradients, .init(formula: .signSGD, learningRate: learningRate, momentum: momentum))
  }
}
