/// Stochastic gradient descent with momentum and weight decay, one fused pass over all parameters (PyTorch's form, dampening 0):
///
/// g = gradient + weightDecay · value;  v = momentum · v + g;  value −= learningRate · v
///
/// with Nesterov: value −= learningRate · (g + momentum · v). Weight decay acts on every parameter, biases included.
public struct SGD {
  public var learningRate: Float
  public let momentum: Float
  public let weightDecay: Float
  public let nesterov: Bool

  private let parameters: ParameterList
  private var velocities: [Tensor?]

  public init(
    _ parameters: ParameterList, learningRate: Float, momentum: Float = 0, weightDecay: Float = 0,
    nesterov: Bool = false
  ) {
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's form needs a momentum") }
    self.parameters = parameters
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov
    velocities = Array(repeating: nil, count: parameters.count)
  }

  /// Changes the values of the trainable parameters that have a gradient.
  public mutating func step(_ gradients: Gradients) {
    var items: [Kernels.SGDItem] = []
    items.reserveCapacity(parameters.count)
    for (index, entry) in parameters.enumerated() {
      let parameter = entry.parameter
      guard parameter.isTrainable, let gradient = gradients[parameter] else { continue }
      parameter.storedValue.makeUnique()
      if momentum != 0 {
        if velocities[index] == nil { velocities[index] = .zeros(parameter.shape) }
        velocities[index]!.makeUnique()
      }
      items.append(
        .init(parameter: parameter, gradient: gradient, velocity: velocities[index], weightDecay: weightDecay))
    }
    Kernels.sgdStep(items, learningRate: learningRate, momentum: momentum, nesterov: nesterov)
  }

  /// The velocities by name, `velocity.` and the parameter's path; none before the first step with momentum.
  public func state() -> [(name: String, value: Tensor)] {
    zip(parameters, velocities).compactMap { entry, velocity in
      velocity.map { ("velocity." + entry.path, $0.copied()) }
    }
  }

  /// Sets the velocities as `state()` gave them. On an error nothing is changed.
  public mutating func load(_ state: [String: Tensor], from source: String) throws {
    var loaded: [Tensor?] = []
    var rest = Set(state.keys)
    for entry in parameters {
      let name = "velocity." + entry.path
      if let value = state[name] {
        try CheckpointError.check(value, named: name, shape: entry.parameter.shape, type: .float32, source: source)
      }
      rest.remove(name)
      loaded.append(state[name])
    }
    if let extra = rest.sorted().first {
      throw CheckpointError(
        source: source, tensor: extra, expected: "velocities of the model's parameters", found: "this one beside them")
    }
    velocities = loaded
  }
}

extension Tensor {
  /// A copy with storage of its own, which later steps in place do not change.
  func copied() -> Tensor {
    var copy = detached()
    copy.makeUnique()
    return copy
  }
}
