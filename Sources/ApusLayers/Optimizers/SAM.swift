import ApusCore

extension OptimizerRule.Formula {
  fileprivate static let ascent = Self("ascent")
}

/// Sharpness-aware minimization: another optimizer's step by the gradient at the worst place nearby, so that flat minima win.
///
/// With g the gradient at w:  e = ρ · g / ‖g‖ over all parameters;  the base's step at w by the gradient at w + e
///
/// Two passes a step, the second at w + e, which leaves running statistics as they are and draws the same random masks:
///
/// ```swift
/// var optimizer = SAM(SGD(model.parameters, learningRate: 0.1, momentum: 0.9), model.parameters)
/// optimizer.step { pass in
///   valueWithGradients(of: model, key: key, updatesState: pass.updatesState) { loss(model, batch) }.gradients
/// }
/// ```
///
/// Foret et al. 2021 (lecture 3); ρ = 0.05 is theirs for CIFAR-10 and ImageNet.
public struct SAM<Base: Optimizer>: Optimizer {
  /// Makes the step; its learning rate, settings and state are SAM's.
  public private(set) var base: Base
  /// ρ: the Euclidean length of the way to the worst place, at least 0.
  package let rho: Double
  private let parameters: ParameterList
  /// Of each of `parameters`, whether e moves it.
  private let isMoved: [Bool]

  /// Traps if ρ is negative.
  ///
  /// - Parameter parameters: which e moves, usually those of the base; trainable ones with a gradient only. What the base's settings say
  ///   is not trained is not moved uphill either, wherever it stands in either list.
  public init(_ base: Base, _ parameters: ParameterList, rho: Double = 0.05) {
    OptimizerCheck.number(rho, "SAM", "rho")
    self.base = base
    self.parameters = parameters
    self.rho = rho
    let untrained = Set(base.parameterSettings.filter { !$0.isTrained }.map(\.identity))
    isMoved = parameters.map { !untrained.contains(ObjectIdentifier($0.parameter)) }
  }

  /// The base's; ρ does not depend on it.
  public var learningRate: Double {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  /// The base's.
  public var parameterSettings: [ParameterSettings] { base.parameterSettings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { base.unreachedParameters }

  /// Lets the base make its step. Each pass that the base asks for is two: one at the values w that the parameters have, and one at
  /// w + e, whose gradients the base gets; by then the values are w again.
  public mutating func step(_ gradients: (GradientPass) throws -> Gradients) rethrows {
    let (parameters, isMoved, rho) = (parameters, isMoved, rho)
    try base.step { pass in
      let here = try gradients(GradientPass(updatesState: pass.updatesState, isApplied: false))
      let before = SAM.climb(here, parameters, isMoved, rho)
      defer { for (parameter, value) in before { parameter.storedValue = value } }
      return try gradients(GradientPass(updatesState: false, isApplied: pass.isApplied))
    }
  }

  /// Sets every parameter to w + e. Returns the values of before.
  private static func climb(
    _ gradients: Gradients, _ parameters: ParameterList, _ isMoved: [Bool], _ rho: Double
  ) -> [(parameter: Parameter, value: Tensor)] {
    GradientReach.require(gradients, parameters, "SAM") { isMoved[$0] }
    var moved: [(parameter: Parameter, value: Tensor)] = []
    var items: [Kernels.OptimizerItem] = []
    for (index, entry) in parameters.enumerated() {
      let parameter = entry.parameter
      guard isMoved[index], parameter.isTrainable, let gradient = gradients[parameter] else { continue }
      moved.append((parameter, parameter.storedValue))
      items.append(
        .init(
          value: parameter.storedValue, gradient: gradient.asGradient(of: parameter),
          states: [Tensor(uninitialized: parameter.shape, .float32)]))
    }
    let norm = Kernels.gradientSquares(items.map(\.gradient)).reduce(0, +).squareRoot()
    Kernels.optimizerStep(.init(formula: .ascent, learningRate: rho / (norm + 1e-12)), items)
    for (item, entry) in zip(items, moved) { entry.parameter.storedValue = item.states[0]! }
    return moved
  }

  /// The base's: SAM remembers nothing between steps.
  public func state() -> [(name: String, value: Tensor)] { base.state() }

  /// Sets the base's state, and throws what its `load` throws.
  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try base.load(state, from: source)
  }
}
