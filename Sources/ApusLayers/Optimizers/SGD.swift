import ApusCore
import ApusSupport

extension OptimizerRule.Formula {
  fileprivate static let sgd = Self("sgd")
}

/// Stochastic gradient descent with momentum and weight decay, one fused pass over all parameters (PyTorch's form, dampening 0):
///
/// g = gradient + weightDecay · value;  v = momentum · v + g;  value −= learningRate · v
///
/// with Nesterov: value −= learningRate · (g + momentum · v). This is the lectures' v ← βv + g, θ ← θ − αv (lecture 2), which on a
/// constant gradient moves by α/(1 − β) a step in the end.
///
/// Weight decay acts on filters and matrices, not on biases, scales and shifts, unless `decaying` is `.all` (as in PyTorch) or a
/// group says so. Rumelhart et al. 1986; Sutskever et al. 2013.
///
/// Its state is the velocities, as `velocity.features.0.weight`; none before the first step with momentum.
public struct SGD: FusedOptimizer {
  /// α; at least 0, read at each step.
  public var learningRate: Double
  /// β, in 0..<1; 0 keeps no velocity. 0.9 is what AlexNet, VGG and ResNet were trained with.
  package let momentum: Double
  /// λ of an L2 penalty on the parameters that decay; 5e-4 in AlexNet and VGG, 1e-4 in ResNet.
  package let weightDecay: Double
  /// Whether a step looks ahead along the velocity; needs a momentum.
  package let nesterov: Bool
  var memory: OptimizerMemory

  /// Traps if a number is out of range, if Nesterov's form has no momentum, or if a group matches no parameter.
  ///
  /// - Parameters:
  ///   - decaying: the parameters that weight decay acts on: filters and matrices unless given.
  ///   - groups: settings by path; the last one that matches decides.
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

  /// Changes values and velocities in place. Traps if no parameter that it trains has a gradient.
  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients, .init(formula: .sgd, learningRate: learningRate, momentum: momentum, isNesterov: nesterov))
  }
}
