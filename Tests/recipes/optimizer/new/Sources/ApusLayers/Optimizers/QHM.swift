import ApusCore
import ApusSupport

extension OptimizerRule.Formula {
  fileprivate static let qhm = Self("qhm")
}

/// Quasi-hyperbolic momentum: steps between a plain gradient and its running mean; one fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  v += (1 − momentum)(g − v)
/// value −= learningRate · ((1 − share) · g + share · v)
///
/// With a share of 0 it is gradient descent, with 1 its mean alone. Ma & Yarats 2019, "Quasi-hyperbolic momentum and Adam for deep
/// learning".
///
/// Its state is the running means, as `momentum.features.0.weight`.
public struct QHM: FusedOptimizer {
  /// At least 0; read at each step.
  public var learningRate: Double
  let momentum: Double
  let share: Double
  var memory: OptimizerMemory

  /// Traps if a number is out of range, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - momentum: the part of the mean gradient that a step keeps, in 0..<1.
  ///   - share: of the mean in a step, in 0...1.
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
  public init(
    _ parameters: ParameterList, learningRate: Double = 1, momentum: Double = 0.999, share: Double = 0.7,
    weightDecay: Double = 0, decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "QHM", "the learning rate")
    OptimizerCheck.fraction(momentum, "QHM", "the momentum")
    if !(0...1).contains(share) { fatalError("QHM: the share is \(share), expected a number from 0 to 1") }
    (self.learningRate, self.momentum, self.share) = (learningRate, momentum, share)
    memory = OptimizerMemory(
      "QHM", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups, states: ["momentum"])
  }

  /// Changes values and means in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(gradients, .init(formula: .qhm, learningRate: learningRate, momentum: momentum, beta1: share))
  }
}
