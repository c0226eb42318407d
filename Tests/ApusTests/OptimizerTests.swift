import Apus
import Testing

@Suite struct OptimizerTests {
  private func gradient(_ layer: Linear, _ factor: Double) -> Gradients {
    valueWithGradients(of: layer) { (layer.weight.value * factor).sum() }.gradients
  }

  @Test func momentumAndWeightDecay() {
    let layer = Linear(1, 1, bias: false, initializer: .constant(2))
    var optimizer = SGD(layer.parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.5)
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
    for (a, b) in zip(whole.0 + whole.1, resumed.0 + resumed.1) { expectSameBits(a.value, b.value) }
  }
}
