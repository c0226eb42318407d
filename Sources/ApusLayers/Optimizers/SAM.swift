import ApusCore

/// Sharpness-aware minimization: another optimizer's step by the gradient at the worst place nearby, so that flat minima win.
///
/// With g the gradient at w:  e = ρ · g / ‖g‖ over all parameters;  the base's step at w by the gradient at w + e
///
/// Two passes a step, the second at w + e. It must leave running statistics as they are and draw the same random masks:
///
/// ```swift
/// var optimizer = SAM(SGD(model.parameters, learningRate: 0.1, momentum: 0.9), model.parameters)
/// func gradients(first: Bool) -> Gradients {
///   valueWithGradients(of: model, key: key, updatesState: first) { loss(model, batch) }.gradients
/// }
/// optimizer.step(gradients(first: true)) { gradients(first: false) }
/// ```
///
/// Foret et al. 2021 (lecture 3); ρ = 0.05 is theirs for CIFAR-10 and ImageNet.
public struct SAM<Base: Optimizer>: Optimizer {
  /// Makes the step; its learning rate, settings and state are SAM's.
  public var base: Base
  /// ρ: the Euclidean length of the way to the worst place, at least 0.
  package let rho: Double
  private let parameters: ParameterList

  /// Traps if ρ is negative, or if the base needs a second pass of its own.
  ///
  /// - Parameter parameters: which e moves, usually those of the base; trainable ones with a gradient only.
  public init(_ base: Base, _ parameters: ParameterList, rho: Double = 0.05) {
    OptimizerCheck.number(rho, "SAM", "rho")
    if base.needsSecondPass { fatalError("SAM: the base \(Base.self) needs a second pass of its own") }
    self.base = base
    self.parameters = parameters
    self.rho = rho
  }

  /// The base's; ρ does not depend on it.
  public var learningRate: Double {
    get { base.learningRate }
    set { base.learningRate = newValue }
  }

  /// The base's. If both have the same list of parameters, what the base does not train is not moved uphill either.
  public var parameterSettings: [ParameterSettings] { base.parameterSettings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { base.unreachedParameters }
  /// Always: the gradients at w + e are needed.
  public var needsSecondPass: Bool { true }

  /// Traps: one pass is not enough. Call `step(_:again:)`.
  public mutating func step(_ gradients: Gradients) {
    fatalError("SAM needs the gradients at a second place: step(gradients) { … }")
  }

  /// Sets the values to w + e, calls `again`, sets them back, and lets the base make its step by what `again` returned. If `again`
  /// throws, the values are those of before.
  public mutating func step(_ gradients: Gradients, again: () throws -> Gradients) rethrows {
    let before = climb(gradients)
    let atTop: Gradients
    do {
      defer { for (parameter, value) in before { parameter.storedValue = value } }
      atTop = try again()
    }
    base.step(atTop)
  }

  /// Sets every parameter to w + e. Returns the values of before.
  private func climb(_ gradients: Gradients) -> [(parameter: Parameter, value: Tensor)] {
    let settings = base.parameterSettings
    func isTrained(_ index: Int) -> Bool { settings.count == parameters.count ? settings[index].isTrained : true }
    GradientReach.require(gradients, parameters, "SAM", isTrained: isTrained)
    var moved: [(parameter: Parameter, value: Tensor)] = []
    var items: [Kernels.OptimizerItem] = []
    for (index, entry) in parameters.enumerated() {
      let parameter = entry.parameter
      guard isTrained(index), parameter.isTrainable, let gradient = gradients[parameter] else { continue }
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
