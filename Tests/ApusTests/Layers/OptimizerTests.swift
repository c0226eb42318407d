import Apus
import Testing

@Suite struct OptimizerTests {
  private func gradient(_ layer: Linear, _ factor: Double) -> Gradients {
    valueWithGradients(of: layer) { (layer.weight.value * factor).sum() }.gradients
  }

  @Test func momentumAndWeightDecay() {
    let layer = Linear(1, 1, bias: false, initializer: .constant(2))
    var optimizer = SGD(layer.parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.5)  // of a matrix
    optimizer.step(gradient(layer, 3))  // g = 4, v = 4, w = 1.6
    expectClose(layer.weight.value, [1.6])
    optimizer.step(gradient(layer, 3))  // g = 3.8, v = 7.4, w = 0.86
    expectClose(layer.weight.value, [0.86])
  }

  @Test func nesterov() {
    let layer = Linear(1, 1, bias: false, initializer: .constant(2))
    var optimizer = SGD(layer.parameters, learningRate: 0.1, momentum: 0.5, nesterov: true)
    optimizer.step(gradient(layer, 1))  // v = 1, w = 2 − 0.1 · (1 + 0.5)
    expectClose(layer.weight.value, [1.85])
  }

  @Test func aStepDoesNotChangeValuesReadBefore() {
    let layer = Linear(1, 1, bias: false, initializer: .constant(2))
    let before = layer.weight.value
    var optimizer = SGD(layer.parameters, learningRate: 1)
    optimizer.step(gradient(layer, 1))
    #expect(before.item() == 2 && layer.weight.value.item() == 1)
  }

  @Test func frozenParametersStay() {
    let layer = Linear(2, 2)
    layer.weight.isTrainable = false
    let before = layer.weight.value
    var optimizer = SGD(layer.parameters, learningRate: 1, weightDecay: 1)
    let x = Tensor.ones([1, 2])
    let gradients = valueWithGradients(of: layer) { layer(x).sum() }.gradients
    #expect(gradients[layer.weight] == nil && gradients[layer.bias!] != nil)
    optimizer.step(gradients)
    expectSameBits(before, layer.weight.value)
  }

  @Test func stateContinuesExactly() throws {
    func train(_ steps: Int, from state: ([(name: String, value: Tensor)], [(name: String, value: Tensor)])? = nil)
      throws
      -> ([(name: String, value: Tensor)], [(name: String, value: Tensor)])
    {
      let model = Random.withSeed(1) {
        Sequential {
          Linear(3, 4)
          ReLU()
          Linear(4, 2)
        }
      }
      var optimizer = SGD(model.parameters, learningRate: 0.1, momentum: 0.9)
      if let state {
        try model.load(Dictionary(uniqueKeysWithValues: state.0.map { ($0.name, $0.value) }), from: "memory")
        try optimizer.load(Dictionary(uniqueKeysWithValues: state.1.map { ($0.name, $0.value) }), from: "memory")
      }
      for _ in 0..<steps {
        let x = floats([5, 3], seed: 1)
        optimizer.step(valueWithGradients(of: model) { model(x).square().mean() }.gradients)
      }
      return (model.state(), optimizer.state())
    }
    let whole = try train(4)
    let resumed = try train(2, from: train(2))
    for (a, b) in pairs(whole.0 + whole.1, resumed.0 + resumed.1) { expectSameBits(a.value, b.value) }
  }

  // MARK: Groups

  @Test func weightDecayLeavesBiasesScalesAndShiftsAloneUnlessToldOtherwise() throws {
    let model = Sequential {
      Conv2D(1, 2, kernel: 3)
      BatchNorm(2)
      Flatten()
      Linear(8, 3)
    }
    let spared = SGD(model.parameters, learningRate: 1, weightDecay: 0.5).parameterSettings
    #expect(spared.filter { $0.weightDecay == 0.5 }.map(\.path) == ["0.weight", "3.weight"])
    #expect(spared.filter { $0.weightDecay == 0 }.map(\.path) == ["0.bias", "1.weight", "1.bias", "3.bias"])
    let all = SGD(model.parameters, learningRate: 1, weightDecay: 0.5, decaying: .all).parameterSettings
    #expect(all.allSatisfy { $0.weightDecay == 0.5 })
  }

  @Test func groupsSetRateDecayAndTrainabilityByPath() {
    let model = FixedGradients(.full([2, 2], 1), bias: .full([2], 1))
    var optimizer = SGD(
      model.parameters, learningRate: 0.5, weightDecay: 0.25,
      groups: [ParameterGroup("*", learningRate: 0.5), ParameterGroup("bi?s", weightDecay: 1)])
    optimizer.step(model.gradients(.zeros([2, 2]), .zeros([2])))
    expectClose(model.weight.value, [Double](repeating: 1 - 0.25 * 0.25, count: 4))
    expectClose(model.bias.value, [0.75, 0.75])
    var frozen = SGD(model.parameters, learningRate: 1, groups: [ParameterGroup("*ight", isTrainable: false)])
    let before = model.weight.value
    frozen.step(model.gradients(.full([2, 2], 1), .full([2], 1)))
    expectSameBits(model.weight.value, before)
    expectClose(model.bias.value, [-0.25, -0.25])
    model.parameters.setTrainable(false, matching: "*")
    #expect(model.parameters.allSatisfy { !$0.parameter.isTrainable })
  }

  // MARK: SAM

  /// On ½·Σa·w² everything is known: e = ρ·a·w/‖a·w‖, w' = w − η·a·(w + e).
  @Test func samStepsByTheGradientAtTheTopOfTheBall() throws {
    let (w, a) = ([1.0, -2, 0.5], [0.5, 1, 3])
    let model = FixedGradient(Tensor(w.map(Float.init), shape: [3]))
    let curvature = Tensor(a.map(Float.init), shape: [3])
    func gradients() -> Gradients {
      valueWithGradients(of: model) { (model.value.value.square() * curvature).sum() * 0.5 }.gradients
    }
    var optimizer = SAM(SGD(model.parameters, learningRate: 0.1), model.parameters, rho: 0.2)
    let before = model.value.value
    var seen: Tensor?
    var passes: [GradientPass] = []
    optimizer.step { pass in
      passes.append(pass)
      seen = model.value.value
      return gradients()
    }
    #expect(
      passes == [.init(updatesState: true, isApplied: false), .init(updatesState: false, isApplied: true)])
    let g = zip(a, w).map(*)
    let norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let top = zip(w, g).map { $0 + 0.2 * $1 / norm }
    expectClose(try #require(seen), top, tolerance: 1e-6)
    expectClose(model.value.value, zip(w, zip(a, top)).map { $0 - 0.1 * $1.0 * $1.1 }, tolerance: 1e-6)
    expectClose(before, w)
  }

  @Test func samRestoresTheValuesWhereTheSecondPassThrows() throws {
    struct Refusal: Error {}
    let model = FixedGradient(floats([5], seed: 1))
    var optimizer = SAM(SGD(model.parameters, learningRate: 0.1), model.parameters)
    let before = model.value.value
    #expect(throws: Refusal.self) {
      try optimizer.step { pass in
        if pass.isApplied { throw Refusal() }
        return model.gradients(floats([5], seed: 2))
      }
    }
    expectSameBits(model.value.value, before)
  }

  @Test func samsSecondPassLeavesRunningStatisticsAlone() throws {
    func model() -> Sequential {
      Random.withSeed(4) {
        Sequential {
          Linear(3, 4)
          BatchNorm(4)
          Linear(4, 2)
        }
      }
    }
    let x = floats([6, 3], seed: 5)
    func gradients(_ model: Sequential, _ updatesState: Bool = true) -> Gradients {
      valueWithGradients(of: model, updatesState: updatesState) { model(x).square().mean() }.gradients
    }
    let (sharp, plain) = (model(), model())
    var sam = SAM(SGD(sharp.parameters, learningRate: 0.1), sharp.parameters)
    sam.step { gradients(sharp, $0.updatesState) }
    var sgd = SGD(plain.parameters, learningRate: 0.1)
    sgd.step(gradients(plain))
    for ((_, a), (_, b)) in pairs(sharp.buffers, plain.buffers) { expectSameBits(a.value, b.value) }
    #expect(
      sharp.parameters[0].parameter.value.array(of: Float.self)
        != plain.parameters[0].parameter.value.array(of: Float.self))
  }

  /// The list that e moves may be another than the base's, in length, order and paths: settings go by the parameter.
  @Test func samLeavesWhatTheBaseDoesNotTrainWhereItIs() throws {
    let model = FixedGradients(floats([2, 2], seed: 1), bias: floats([2], seed: 2))
    let (all, bias) = (model.parameters, model.bias.value)
    let other = Linear(1, 1)
    let longer = ParameterList([("body.b", model.bias), ("body.w", model.weight), ("other", other.weight)])
    for moved in [all, longer] {
      let base = SGD(all, learningRate: 0.1, groups: [ParameterGroup("bias", isTrainable: false)])
      var optimizer = SAM(base, moved, rho: 0.5)
      var seen: [(weight: Tensor, bias: Tensor)] = []
      optimizer.step { _ in
        seen.append((model.weight.value, model.bias.value))
        return model.gradients(floats([2, 2], seed: 3), floats([2], seed: 4))
      }
      #expect(seen.count == 2)
      for place in seen { expectSameBits(place.bias, bias) }
      #expect(seen[0].weight.array(of: Float.self) != seen[1].weight.array(of: Float.self))
      expectSameBits(model.bias.value, bias)
    }
  }

  /// SAM on SAM looks from the top of one hill for the top of the next: no optimizer is refused as a base.
  @Test func samTakesAnyBase() {
    let model = FixedGradient(Tensor([1, 2]))
    var optimizer = SAM(SAM(SGD(model.parameters, learningRate: 0.1), model.parameters), model.parameters)
    var passes: [GradientPass] = []
    optimizer.step { pass in
      passes.append(pass)
      return model.gradients(.ones([2]))
    }
    #expect(passes.map(\.updatesState) == [true, false, false, false])
    #expect(passes.map(\.isApplied) == [false, false, false, true])
    expectClose(model.value.value, [0.9, 1.9])
  }

  // MARK: State

  /// A parameter that gets its first gradient late has its own first step.
  @Test func adamCountsEachParametersSteps() {
    let model = FixedGradients(.zeros([2, 2]), bias: .zeros([2]))
    var optimizer = Adam(model.parameters, learningRate: 0.01)
    model.bias.isTrainable = false
    for _ in 0..<50 { optimizer.step(model.gradients(.full([2, 2], 1), .full([2], 1))) }
    model.bias.isTrainable = true
    optimizer.step(model.gradients(.full([2, 2], 1), .full([2], 3)))
    expectClose(model.bias.value, [-0.01, -0.01], tolerance: 1e-7)
  }

  @Test func refusesAStateOfAnotherOptimizer() throws {
    let model = FixedGradients(floats([2, 2], seed: 1), bias: floats([2], seed: 2))
    let gradients = model.gradients(floats([2, 2], seed: 3), floats([2], seed: 4))
    var adam = Adam(model.parameters)
    adam.step(gradients)
    let state = Dictionary(uniqueKeysWithValues: adam.state().map { ($0.name, $0.value) })
    #expect(
      Set(state.keys) == [
        "first_moment.weight", "first_moment.bias", "second_moment.weight", "second_moment.bias", "steps",
      ])
    var sgd = SGD(model.parameters, learningRate: 1, momentum: 0.9)
    expectError("memory", "first_moment.bias") { try sgd.load(state, from: "memory") }
    for missing in ["second_moment.bias", "steps"] {
      expectError("memory", missing) { try adam.load(state.filter { $0.key != missing }, from: "memory") }
    }
    var wrong = state
    wrong["steps"] = Tensor([1] as [Int32], shape: [1])
    expectError("steps") { try adam.load(wrong, from: "memory") }
  }
}
