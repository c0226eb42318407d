import ApusCore

/// What the library's optimizers have in common: their parameters with their settings, a few arrays a parameter, and how many steps
/// each had. One fused pass makes a step.
struct OptimizerMemory {
  let parameters: ParameterList
  let settings: [ParameterSettings]
  /// Name of each of the formula's states; `nil` if it is not used.
  private let names: [String?]
  /// Whether the number of steps is part of the state.
  private let countsSteps: Bool
  private var states: [[Tensor?]]
  private var steps: [Int]
  /// Whether a step had a gradient of the parameter.
  private var isReached: [Bool]

  init(
    _ optimizer: String, _ parameters: ParameterList, weightDecay: Double, decaying: DecayedParameters,
    groups: [ParameterGroup], states names: [String?], countsSteps: Bool = false
  ) {
    OptimizerCheck.number(weightDecay, optimizer, "the weight decay")
    self.parameters = parameters
    self.names = names
    self.countsSteps = countsSteps
    settings = ParameterGroup.settings(of: parameters, weightDecay: weightDecay, decaying: decaying, groups: groups)
    states = Array(repeating: Array(repeating: nil, count: names.count), count: parameters.count)
    steps = Array(repeating: 0, count: parameters.count)
    isReached = Array(repeating: false, count: parameters.count)
  }

  /// Paths of those that are to be trained and that no step reached.
  var unreached: [String] {
    parameters.enumerated().filter {
      !isReached[$0.offset] && settings[$0.offset].isTrained && $0.element.parameter.isTrainable
    }
    .map(\.element.path)
  }

  /// States begin at 0 with a parameter's first step.
  mutating func step(_ gradients: Gradients, _ rule: OptimizerRule) {
    OptimizerCheck.number(rule.learningRate, "step", "the learning rate")
    GradientReach.require(gradients, parameters, "step") { settings[$0].isTrained }
    var items: [Kernels.OptimizerItem] = []
    items.reserveCapacity(parameters.count)
    for (index, entry) in parameters.enumerated() {
      let parameter = entry.parameter
      guard settings[index].isTrained, parameter.isTrainable, let gradient = gradients[parameter] else { continue }
      // A plan changes no value.
      if !isPlanning { parameter.storedValue.makeUnique() }
      for (place, name) in names.enumerated() where name != nil {
        if states[index][place] == nil { states[index][place] = .zeros(parameter.shape) }
        states[index][place]!.makeUnique()
      }
      steps[index] += 1
      isReached[index] = true
      items.append(
        .init(
          value: parameter.storedValue, gradient: gradient.asGradient(of: parameter), states: states[index],
          rate: settings[index].learningRate,
          weightDecay: settings[index].weightDecay, step: steps[index]))
    }
    Kernels.optimizerStep(rule, items)
  }

  // MARK: State

  private static let stepsName = "steps"

  /// Each state by its name, a dot and the parameter's path; none before a parameter's first step.
  func state() -> [(name: String, value: Tensor)] {
    var state: [(name: String, value: Tensor)] = []
    for (place, name) in names.enumerated() {
      guard let name else { continue }
      for (entry, own) in zip(parameters, states) {
        if let value = own[place] { state.append((name + "." + entry.path, value.copied())) }
      }
    }
    if countsSteps, steps.contains(where: { $0 > 0 }) {
      state.append((OptimizerMemory.stepsName, Tensor(steps.map { Int32(clamping: $0) }, shape: [steps.count])))
    }
    return state
  }

  mutating func load(_ state: [String: Tensor], from source: String) throws {
    var loaded: [[Tensor?]] = []
    var rest = Set(state.keys)
    for entry in parameters {
      let own = names.map { $0.map { $0 + "." + entry.path } }
      let isPresent = own.contains { $0.map { state[$0] != nil } ?? false }
      loaded.append(
        try own.map { (name: String?) throws -> Tensor? in
          guard let name, isPresent else { return nil }
          try CheckpointError.check(
            state[name], named: name, shape: entry.parameter.shape, type: .float32, source: source)
          rest.remove(name)
          return state[name]
        })
    }
    var counts = Array(repeating: 0, count: parameters.count)
    let hasStates = loaded.contains { $0.contains { $0 != nil } }
    if countsSteps, hasStates {
      let name = OptimizerMemory.stepsName
      try CheckpointError.check(state[name], named: name, shape: [parameters.count], type: .int32, source: source)
      rest.remove(name)
      counts = state[name]!.array(of: Int32.self).map { Int($0) }
      if let negative = counts.first(where: { $0 < 0 }) {
        throw CheckpointError(source: source, tensor: name, expected: "numbers of steps", found: "\(negative)")
      }
    }
    if let extra = rest.sorted().first {
      throw CheckpointError(
        source: source, tensor: extra, expected: "only what the optimizer remembers of the model's parameters",
        found: "this one beside it")
    }
    states = loaded
    steps = counts
    isReached = loaded.map { $0.contains { $0 != nil } }
  }
}

/// An optimizer over `OptimizerMemory`: all of `OnePassOptimizer` but its own numbers and its step.
protocol FusedOptimizer: OnePassOptimizer {
  var memory: OptimizerMemory { get set }
}

extension FusedOptimizer {
  /// What is done to each parameter, `decaying` and `groups` applied, in the order of the list.
  public var parameterSettings: [ParameterSettings] { memory.settings }
  /// Paths of the parameters that it is to train and that no step reached since it was made or loaded.
  public var unreachedParameters: [String] { memory.unreached }

  /// What is remembered of each parameter, by a name, a dot and the parameter's path.
  public func state() -> [(name: String, value: Tensor)] { memory.state() }

  /// Sets what `state()` gave. Throws `CheckpointError`, with nothing changed, if a name, shape or type does not fit.
  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    try memory.load(state, from: source)
  }
}

extension Tensor {
  /// A copy with storage of its own, which later steps in place do not change.
  package func copied() -> Tensor {
    var copy = detached()
    copy.makeUnique()
    return copy
  }
}
