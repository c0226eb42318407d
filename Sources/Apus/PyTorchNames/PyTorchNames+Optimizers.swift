/// The optimizers with the arguments that PyTorch's users type: `SGD(model.parameters, lr: 0.1)`. Everything else is as in the full
/// initializer; in particular weight decay acts on filters and matrices alone, unless `decaying` is `.all`.

extension SGD {
  /// `lr` is the learning rate.
  public init(
    _ parameters: ParameterList, lr: Double, momentum: Double = 0, weightDecay: Double = 0, nesterov: Bool = false,
    decaying: DecayedParameters = .weights
  ) {
    self.init(
      parameters, learningRate: lr, momentum: momentum, weightDecay: weightDecay, nesterov: nesterov,
      decaying: decaying)
  }
}

extension Adam {
  /// `lr` is the learning rate, `betas` are β₁ and β₂, `eps` is ε.
  public init(
    _ parameters: ParameterList, lr: Double, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0, decaying: DecayedParameters = .weights
  ) {
    self.init(
      parameters, learningRate: lr, beta1: betas.0, beta2: betas.1, epsilon: eps, weightDecay: weightDecay,
      decaying: decaying)
  }
}

extension AdamW {
  /// `lr` is the learning rate, `betas` are β₁ and β₂, `eps` is ε.
  public init(
    _ parameters: ParameterList, lr: Double, betas: (Double, Double) = (0.9, 0.999), eps: Double = 1e-8,
    weightDecay: Double = 0.01, decaying: DecayedParameters = .weights
  ) {
    self.init(
      parameters, learningRate: lr, beta1: betas.0, beta2: betas.1, epsilon: eps, weightDecay: weightDecay,
      decaying: decaying)
  }
}

extension Adagrad {
  /// `lr` is the learning rate, `eps` is ε.
  public init(
    _ parameters: ParameterList, lr: Double, eps: Double = 1e-10, weightDecay: Double = 0,
    decaying: DecayedParameters = .weights
  ) {
    self.init(parameters, learningRate: lr, epsilon: eps, weightDecay: weightDecay, decaying: decaying)
  }
}

extension RMSProp {
  /// `lr` is the learning rate, `alpha` the smoothing, by default 0.99 as in PyTorch, `eps` is ε.
  public init(
    _ parameters: ParameterList, lr: Double, alpha: Double = 0.99, eps: Double = 1e-8, weightDecay: Double = 0,
    momentum: Double = 0, centered: Bool = false, decaying: DecayedParameters = .weights
  ) {
    self.init(
      parameters, learningRate: lr, smoothing: alpha, epsilon: eps, momentum: momentum, centered: centered,
      weightDecay: weightDecay, decaying: decaying)
  }
}

extension Optimizer {
  /// PyTorch's, which reads gradients from the parameters. Not mutating, so that `let optimizer` is not told first.
  @available(*, unavailable, message: "gradients are values: optimizer.step(gradients), from valueWithGradients(of:)")
  public func step() { fatalError("unavailable") }

  /// PyTorch's, which empties the parameters' gradients.
  @available(*, unavailable, message: "leave it out: gradients are values, and nothing keeps those of the last step")
  public func zeroGrad() { fatalError("unavailable") }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  /// PyTorch's, which empties the parameters' gradients.
  @available(*, unavailable, message: "leave it out: gradients are values, and nothing keeps those of the last step")
  public func zero_grad() { fatalError("unavailable") }

  /// A model in place of its parameters.
  @available(*, unavailable, message: "an optimizer takes parameters: SGD(model.parameters, learningRate: 0.1)")
  public init(
    _ model: some Layer, learningRate: Double = 0, lr: Double = 0, momentum: Double = 0, weightDecay: Double = 0
  ) { fatalError("unavailable") }
}
