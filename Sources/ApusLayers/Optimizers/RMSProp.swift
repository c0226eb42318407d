import ApusCore

extension OptimizerRule.Formula {
  fileprivate static let rmsProp = Self("rmsprop")
}

/// RMSProp: gradients divided by the root of their running mean square, one fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  s += (1 − smoothing)(g² − s)
/// value −= learningRate · g / (√s + ε)
///
/// On a constant gradient each step is the learning rate in the end. `epsilonPlacement`: lecture 2 has both √s + ε (as PyTorch and
/// Keras, the default) and √(s + ε). `centered`: s less the square of the gradients' running mean takes the place of s (at least 0),
/// an estimate of the variance. `momentum` μ: u = μ · u + g/…, value −= learningRate · u.
///
/// Tieleman & Hinton 2012 (lecture 6.5); with centering and momentum Graves 2013. Smoothing is 0.9 there, in lecture 2 and in Keras;
/// PyTorch's default is 0.99.
///
/// Its state is `mean_square.features.0.weight` and the like; also `mean` if centered, and `velocity` with momentum.
public struct RMSProp: FusedOptimizer {
  /// Where ε keeps the division by 0 away. Inside the root it counts more: √ε, 1e-4 for 1e-8, bounds the divisor from below.
  public enum EpsilonPlacement: String, Hashable, Sendable, Codable, CaseIterable {
    /// √s + ε
    case outsideRoot
    /// √(s + ε)
    case insideRoot
  }

  /// At least 0; read at each step.
  public var learningRate: Double
  /// The part of the mean square that a step keeps, in 0..<1.
  package let smoothing: Double
  /// At least 0; 1e-8 unless given, as in PyTorch.
  package let epsilon: Double
  /// `outsideRoot` unless given, as in PyTorch and Keras.
  package let epsilonPlacement: EpsilonPlacement
  /// μ, in 0..<1; 0 keeps no velocity.
  package let momentum: Double
  /// Whether the divisor is an estimate of the gradient's deviation; keeps a second mean per number.
  package let centered: Bool
  /// λ of an L2 penalty on the parameters that decay.
  package let weightDecay: Double
  var memory: OptimizerMemory

  /// Traps if a number is out of range, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
  public init(
    _ parameters: ParameterList, learningRate: Double = 0.001, smoothing: Double = 0.9, epsilon: Double = 1e-8,
    epsilonPlacement: EpsilonPlacement = .outsideRoot, momentum: Double = 0, centered: Bool = false,
    weightDecay: Double = 0, decaying: DecayedParameters = .weights, groups: [ParameterGroup] = []
  ) {
    OptimizerCheck.number(learningRate, "RMSProp", "the learning rate")
    OptimizerCheck.fraction(smoothing, "RMSProp", "the smoothing")
    OptimizerCheck.number(epsilon, "RMSProp", "epsilon")
    OptimizerCheck.fraction(momentum, "RMSProp", "the momentum")
    self.learningRate = learningRate
    self.smoothing = smoothing
    self.epsilon = epsilon
    self.epsilonPlacement = epsilonPlacement
    self.momentum = momentum
    self.centered = centered
    self.weightDecay = weightDecay
    memory = OptimizerMemory(
      "RMSProp", parameters, weightDecay: weightDecay, decaying: decaying, groups: groups,
      states: ["mean_square", centered ? "mean" : nil, momentum == 0 ? nil : "velocity"])
  }

  /// Changes values, means and velocities in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .rmsProp, learningRate: learningRate, momentum: momentum, beta2: smoothing, epsilon: epsilon,
        isCentered: centered, hasEpsilonInsideRoot: epsilonPlacement == .insideRoot))
  }
}
