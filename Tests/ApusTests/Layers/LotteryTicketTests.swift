import Apus
import Testing

/// Masks of parameters, and the pruning that makes them.
@Suite struct LotteryTicketTests {
  private func values(_ parameter: Parameter) -> [Float] { parameter.value.array(of: Float.self) }

  @Test func prunedWeightsStayZeroUnderAnOptimizer() throws {
    let layer = Linear(3, 2, initializer: .constant(1))
    let x = floats([5, 3], seed: 1)
    var optimizer = SGD(layer.parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: true)
    func step() {
      optimizer.step(valueWithGradients(of: layer) { (layer(x) - 3).square().mean() }.gradients)
    }
    step()  // the velocities of what is pruned below are not 0
    layer.weight.mask = Tensor([1, 0, 0, 1, 1, 0] as [UInt8], shape: [3, 2])
    for _ in 0..<3 {
      let (_, gradients) = valueWithGradients(of: layer) { (layer(x) - 3).square().mean() }
      let gradient = try #require(gradients[layer.weight]).array(of: Float.self)
      #expect(gradient[1] == 0 && gradient[2] == 0 && gradient[5] == 0 && gradient[0] != 0)
      step()
      let now = values(layer.weight)
      #expect(now[1] == 0 && now[2] == 0 && now[5] == 0 && now[0] != 0 && now[0] != 1)
      #expect(now[1].sign == .plus)
    }
    // Whatever is assigned.
    layer.weight.value = .full([3, 2], -7)
    #expect(values(layer.weight) == [-7, 0, 0, -7, -7, 0])
    layer.weight.value = .full([3, 2], .nan)
    #expect(values(layer.weight)[1] == 0)
    #expect(layer.state()[0].value.array(of: Float.self)[1] == 0)
    layer.weight.mask = nil
    layer.weight.value = .ones([3, 2])
    #expect(values(layer.weight) == [1, 1, 1, 1, 1, 1])
  }

  /// Each optimizer of the library, with momenta from before the pruning and with weight decay.
  @Test func everyOptimizerLeavesPrunedWeightsAtZero() {
    let makers: [(ParameterList) -> any Optimizer] = [
      { SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: 0.01) },
      { Adam($0, learningRate: 0.1, weightDecay: 0.01) },
      { AdamW($0, learningRate: 0.1, weightDecay: 0.01) },
      { RMSProp($0, learningRate: 0.1) },
      { Adagrad($0, learningRate: 0.1) },
      { SignSGD($0, learningRate: 0.1) },
      { SAM(SGD($0, learningRate: 0.1, momentum: 0.9), $0) },
    ]
    let x = floats([5, 3], seed: 1)
    for make in makers {
      let layer = Linear(3, 2, initializer: .constant(1))
      var optimizer = make(layer.parameters)
      func gradients() -> Gradients {
        valueWithGradients(of: layer) { (layer(x) - 3).square().mean() }.gradients
      }
      optimizer.step { _ in gradients() }
      layer.weight.mask = Tensor([1, 0, 0, 1, 1, 0] as [UInt8], shape: [3, 2])
      for _ in 0..<3 {
        optimizer.step { _ in gradients() }
        let now = values(layer.weight)
        #expect(now[1] == 0 && now[2] == 0 && now[5] == 0 && now[0] != 0 && now[0] != 1, "\(type(of: optimizer))")
      }
    }
  }

  @Test func valuesReadBeforeDoNotChange() {
    let layer = Linear(2, 1, initializer: .constant(2))
    let before = layer.weight.value
    layer.weight.mask = Tensor([0, 1] as [UInt8], shape: [2, 1])
    #expect(before.array(of: Float.self) == [2, 2] && values(layer.weight) == [0, 2])
  }

  @Test func gradientChecksSeeTheMask() {
    let layer = Random.withSeed(1) { Linear(3, 2) }
    layer.weight.mask = Tensor([1, 0, 0, 1, 1, 0] as [UInt8], shape: [3, 2])
    let x = floats([4, 3], seed: 2)
    let result = gradientCheck(of: layer) { layer(x).square().sum() }
    #expect(result.count == 8 && result.largestError < 1e-6, "\(result)")
  }

  @Test func maskedModelsArePlanned() throws {
    let model = Sequential { Linear(3, 2) }
    model.parameters[0].parameter.mask = .zeros([3, 2], .uint8)
    _ = try model.plan(input: [4, 3], phase: .training)
    #expect(values(model.parameters[0].parameter) == [0, 0, 0, 0, 0, 0])
  }

  @Test func theSmallestGoFirst() {
    let model = Sequential {
      Linear(2, 2)
      Linear(2, 2)
    }
    let (a, b) = (model.parameters["0.weight"]!, model.parameters["1.weight"]!)
    a.value = Tensor([1, -2, 3, -4] as [Float], shape: [2, 2])
    b.value = Tensor([-5, 6, 7, 0.5] as [Float], shape: [2, 2])
    let ticket = LotteryTicket(model.parameters)
    #expect(ticket.density == 1)
    ticket.prune(fraction: 0.5, over: .model)
    #expect(values(a) == [0, 0, 0, -4] && values(b) == [-5, 6, 7, 0])
    #expect(ticket.density == 0.5)
    // Of those that are left.
    ticket.prune(fraction: 0.5, over: .model)
    #expect(values(a) == [0, 0, 0, 0] && values(b) == [0, 6, 7, 0])

    let layers = LotteryTicket(model.parameters)
    a.mask = nil
    b.mask = nil
    a.value = Tensor([1, -2, 3, -4] as [Float], shape: [2, 2])
    b.value = Tensor([-5, 6, 7, 0.5] as [Float], shape: [2, 2])
    layers.prune(fraction: 0.25, over: .layer)
    #expect(values(a) == [0, -2, 3, -4] && values(b) == [-5, 6, 7, 0])
    #expect(model.parameters["0.bias"]?.mask == nil)
  }

  @Test func equalMagnitudesGoInOrder() {
    let layer = Linear(2, 2, bias: false, initializer: .constant(-1))
    LotteryTicket(layer.parameters).prune(fraction: 0.5)
    #expect(values(layer.weight) == [0, 0, -1, -1])
  }

  @Test func rewindingGivesTheFirstValuesBack() {
    let layer = Random.withSeed(1) { Linear(4, 3) }
    let first = (values(layer.weight), values(layer.bias!))
    let ticket = LotteryTicket(layer.parameters)
    var optimizer = SGD(layer.parameters, learningRate: 0.3)
    let x = floats([5, 4], seed: 3)
    for _ in 0..<3 { optimizer.step(valueWithGradients(of: layer) { (layer(x) - 1).square().mean() }.gradients) }
    #expect(values(layer.weight) != first.0)
    ticket.prune(fraction: 0.25)
    ticket.rewind()
    let now = values(layer.weight)
    #expect(now.filter { $0 == 0 }.count == 3)
    #expect(zip(now, first.0).allSatisfy { $0 == 0 || $0 == $1 } && values(layer.bias!) == first.1)
  }

  @Test func nonsenseIsRefused() async {
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Linear(3, 2).weight.mask = .ones([2, 3], .uint8)
    }
    #expect(
      errorText(shape).contains("a mask of uint8 and shape [2, 3] for a parameter that takes uint8 of shape [3, 2]"))
    let type = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Linear(3, 2).weight.mask = .ones([3, 2])
    }
    #expect(errorText(type).contains("a mask of float32 and shape [3, 2]"))
    let fraction = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      LotteryTicket(Linear(3, 2).parameters).prune(fraction: 1.5)
    }
    #expect(errorText(fraction).contains("prune: fraction 1.5, expected 0...1"))
  }
}
