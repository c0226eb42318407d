import ApusCore

/// RMSProp: gradients divided by the root of their running mean square, one fused pass over all parameters.
///
/// g = gradient + weightDecay · value;  s += (1 − smoothing)(g² − s)
/// value −= learningRate · g / (√s + ε)
///
/// On a constant gradient each step is the learning rate in the end. `epsilonPlacement`: deck D2 has both √s + ε (as PyTorch and
/// Keras, the default) and √(s + ε). `centered`: s less the square of the gradients' running mean takes the place of s (at least 0),
/// an estimate of the variance. `momentum` μ: u = μ · u + g/…, value −= learningRate · u.
///
/// Tieleman & Hinton 2012 (lecture 6.5); with centring and momentum Graves 2013. Smoothing is 0.9 there, in deck D2 and in Keras;
/// PyTorch's default is 0.99.
public struct RMSProp: Optimizer {
  public enum EpsilonPlacement: String, Hashable, Sendable, Codable, CaseIterable {
    /// √s + ε
    case outsideRoot
    /// √(s + ε)
    case insideRoot
  }

  public var learningRate: Double
  public let smoothing: Double
  public let epsilon: Double
  public let epsilonPlacement: EpsilonPlacement
  public let momentum: Double
  public let centered: Bool
  public let weightDecay: Double
  private var memory: OptimizerMemory

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

  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  public mutating func step(_ gradients: Gradients) {
    memory.step(
      gradients,
      .init(
        formula: .rmsProp, learningRate: learningRate, momentum: momentum, beta2: smoothing, epsilon: epsilon,
        isCentered: centered, hasEpsilonInsideRoot: epsilonPlacement == .insideRoot))
  }

  /// By names as `mean_square.features.0.weight`; also `mean` where centred and `velocity` with momentum.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}
