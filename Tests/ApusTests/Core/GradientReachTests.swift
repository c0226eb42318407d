import Apus
import Testing

/// A step that would train nothing says so, and parameters that no step reaches are named.
@Suite struct GradientReachTests {
  private struct TwoHeads: Layer {
    let body = Linear(3, 4)
    let head = Linear(4, 2)
    let other = Linear(4, 5)
    func forward(_ x: consuming Tensor) -> Tensor { head(relu(body(x))) }
  }

  private let x = floats([6, 3], seed: 1)
  private let labels = Tensor([0, 1, 1, 0, 1, 0])

  private static func expect(
    _ texts: String..., in result: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for text in texts {
      #expect(
        errorText(result).contains(text), "\(errorText(result).prefix(400))", sourceLocation: sourceLocation)
    }
  }

  // MARK: Nothing to train

  @Test func theForwardPassOutsideOfTheClosure() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      var optimizer = SGD(model.parameters, learningRate: 0.1)
      let logits = model(.ones([1, 3]))
      let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: logits, labels: Tensor([1])) }
      optimizer.step(gradients)
    }
    Self.expect(
      "no gradient reaches a parameter of the optimizer",
      "the loss depends on none of this model's parameters: was the forward pass outside of the closure", in: result)
  }

  @Test func anotherModelsOptimizer() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let (model, copy) = (Linear(3, 2), Linear(3, 2))
      var optimizer = Adam(copy.parameters)
      _ = model.parameters
      let (_, gradients) = valueWithGradients(of: model) { model(.ones([1, 3])).sum() }
      optimizer.step(gradients)
    }
    Self.expect(
      "gradients of 2 other parameters (weight, bias), and none of its own 2 (weight, bias): was it made for another model?",
      in: result)
  }

  @Test func noParametersOrAllFrozen() async {
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      var optimizer = RMSProp(ReLU().parameters)
      optimizer.step(valueWithGradients(of: model) { model(.ones([1, 3])).sum() }.gradients)
    }
    Self.expect("made with an empty list of parameters", in: empty)
    let frozen = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      model.parameters.setTrainable(false, matching: "*")
      var optimizer = Adagrad(model.parameters)
      optimizer.step(valueWithGradients(of: model) { model(.ones([1, 3])).sum() }.gradients)
    }
    Self.expect("all of its 2 parameters are frozen", "weight, bias", in: frozen)
    let group = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      var optimizer = AdamW(model.parameters, groups: [ParameterGroup("*", isTrainable: false)])
      optimizer.step(valueWithGradients(of: model) { model(.ones([1, 3])).sum() }.gradients)
    }
    Self.expect("all of its 2 parameters are frozen, by isTrainable or by a ParameterGroup", in: group)
  }

  @Test func samAndSignSGD() async {
    let sam = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      var optimizer = SAM(SGD(model.parameters, learningRate: 0.1), model.parameters)
      let logits = model(.ones([1, 3]))
      func gradients() -> Gradients { valueWithGradients(of: model) { logits.sum() }.gradients }
      optimizer.step(gradients()) { gradients() }
    }
    Self.expect("SAM: no gradient reaches a parameter", "outside of the closure", in: sam)
    let sign = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(3, 2)
      var optimizer = SignSGD(model.parameters, learningRate: 0.1)
      optimizer.step(valueWithGradients(of: model) { Tensor.ones([]) }.gradients)
    }
    Self.expect("outside of the closure", in: sign)
  }

  // MARK: What is right goes on

  /// Two optimizers that take turns over the parts of a model; a frozen part; a head that a loss leaves out.
  @Test func partsOfAModel() {
    let model = Random.withSeed(2) { TwoHeads() }
    _ = model.parameters
    var body = SGD(model.body.parameters, learningRate: 0.1)
    var head = Adam(model.head.parameters)
    for step in 0..<4 {
      let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }
      if step % 2 == 0 { body.step(gradients) } else { head.step(gradients) }
    }
    #expect(body.unreachedParameters.isEmpty && head.unreachedParameters.isEmpty)
    model.parameters.setTrainable(false, matching: "body.*")
    var all = SGD(model.parameters, learningRate: 0.1)
    all.step(valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }.gradients)
    #expect(all.unreachedParameters == ["other.weight", "other.bias"])
  }

  @Test func unreachedParametersOfEveryOptimizer() throws {
    let model = Random.withSeed(3) { TwoHeads() }
    for entry in OptimizerCatalogue.entries {
      var optimizer = entry.makeUsual(model.parameters)
      #expect(optimizer.unreachedParameters.count == 6, "\(entry.name)")
      func gradients() -> Gradients {
        valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }.gradients
      }
      optimizer.step(gradients()) { gradients() }
      #expect(optimizer.unreachedParameters == ["other.weight", "other.bias"], "\(entry.name)")
    }
    // What is restored was reached.
    var adam = Adam(model.parameters)
    adam.step(valueWithGradients(of: model) { model(x).sum() }.gradients)
    var restored = Adam(model.parameters)
    try restored.load(
      Dictionary(adam.state().map { ($0.name, $0.value) }) { first, _ in first }, from: "a test")
    #expect(restored.unreachedParameters == ["other.weight", "other.bias"])
  }

  private struct LeftOver: Layer {
    let network = LeNet5(inputSize: 32)
    let head = Linear(10, 3)
    func forward(_ x: consuming Tensor) -> Tensor { network(x) }
  }

  @Test func theTrainerNamesThemOnce() throws {
    let model = Random.withSeed(1) { LeftOver() }
    let trainer = try Trainer(model: model, data: digits, settings: shortSettings(epochs: 2))
    let observer = StopAfter(steps: .max)
    try trainer.train(observer: observer)
    #expect(trainer.unreachedParameters == ["head.weight", "head.bias"])
    #expect(observer.warnings.count == 1)
    #expect(
      observer.warnings.first
        == "no step of the first epoch reached 2 parameters: head.weight, head.bias: the loss does not depend on them")
    let frozen = Random.withSeed(1) { LeftOver() }
    let settings = TrainingSettings(epochs: 1, batchSize: 64, learningRate: 0.05, freeze: ["head.*"])
    let quiet = StopAfter(steps: .max)
    try Trainer(model: frozen, data: digits, settings: settings).train(observer: quiet)
    #expect(quiet.warnings.isEmpty)
  }
}
