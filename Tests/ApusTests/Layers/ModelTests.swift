import Apus
import Testing

private func smallResNet() -> Sequential {
  Random.withSeed(3) {
    Sequential {
      Conv2D(2, 4, kernel: 3, padding: 1)
      BatchNorm(4)
      ReLU()
      ResidualBlock(4, 4)
      ResidualBlock(4, 6, stride: 2)
      AveragePool2D(2)
      Flatten()
      Dropout(dropProbability: 0.3)
      Linear(6 * 4, 5)
    }
  }
}

private class Base: Layer {
  let first = Linear(2, 3)
  func forward(_ x: Tensor) -> Tensor { first(x) }
}

private final class Derived: Base {
  let second = Linear(3, 2)
  let tail: [any Layer] = [ReLU(), Linear(2, 2, bias: false)]
  override func forward(_ x: Tensor) -> Tensor { second(super.callAsFunction(x)) }
}

@Suite struct ModelTests {
  @Test func pathsAreNamesAndIndices() {
    #expect(
      LeNet5().parameters.map(\.path) == [
        "features.0.weight", "features.0.bias", "features.3.weight", "features.3.bias", "classifier.1.weight",
        "classifier.1.bias", "classifier.3.weight", "classifier.3.bias", "classifier.5.weight", "classifier.5.bias",
      ])
    #expect(LeNet5().parameters.scalarCount == 61_706)
    #expect(
      Derived().parameters.map(\.path) == [
        "first.weight", "first.bias", "second.weight", "second.bias", "tail.1.weight",
      ])
    let block = ResidualBlock(4, 6, stride: 2)
    #expect(block.parameters.map(\.path).contains("downsample.0.weight"))
    #expect(block.buffers.map(\.path).suffix(2) == ["downsample.1.runningMean", "downsample.1.runningVariance"])
  }

  @Test func aSharedLayerIsListedOnce() {
    struct Twice: Layer {
      let a: Linear
      let b: Linear
      func forward(_ x: Tensor) -> Tensor { b(a(x)) }
    }
    let shared = Linear(2, 2)
    #expect(Twice(a: shared, b: shared).parameters.map(\.path) == ["a.weight", "a.bias"])
  }

  @Test func hiddenStateTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Hidden: Layer {
        let parts = ["a": Linear(1, 1)]
        func forward(_ x: Tensor) -> Tensor { x }
      }
      _ = Hidden().parameters
    }
    #expect(errorText(result).contains("parts: a layer's state in a dictionary"))
    let closure = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Closed: Layer {
        let apply: (Tensor) -> Tensor = { $0 }
        func forward(_ x: Tensor) -> Tensor { apply(x) }
      }
      _ = Closed().parameters
    }
    #expect(errorText(closure).contains("apply: a closure may hold parameters"))
  }

  @Test func wholeModelsPassTheGradientCheck() {
    let model = smallResNet()
    let x = floats([3, 8, 8, 2], seed: 1)
    let labels = Tensor([0, 4, 2] as [Int32])
    // Many ReLUs: a difference may cross a kink, so the step is small and the bound wide.
    let result = gradientCheck(of: model, step: 1e-6, elements: 8) { crossEntropy(logits: model(x), labels: labels) }
    #expect(result.count > 100 && result.largestError < 1e-4, "\(result)")
  }

  @Test func modelsFromOneSeedAreEqual() {
    let (a, b) = (smallResNet(), smallResNet())
    for (left, right) in pairs(a.state(), b.state()) { expectSameBits(left.value, right.value) }
    let other = Random.withSeed(4) { LeNet5() }
    let same = Random.withSeed(4) { LeNet5() }
    expectSameBits(other.parameters[2].parameter.value, same.parameters[2].parameter.value)
    #expect(other.parameters[0].parameter.value.array(of: Float.self).contains { $0 != 0 })
  }

  @Test func initialDeviationsAreTheDocumentedOnes() {
    func deviation(_ x: Tensor) -> Double { x.variance().item().squareRoot() }
    #expect(abs(deviation(Conv2D(64, 64, kernel: 3).weight.value) / (2.0 / (9 * 64)).squareRoot() - 1) < 0.02)
    #expect(abs(deviation(Linear(500, 400).weight.value) / (2.0 / 500).squareRoot() - 1) < 0.02)
    for (initializer, expected) in [
      (Initializer.xavierNormal(), (2.0 / 700).squareRoot()), (.xavierUniform(), (2.0 / 700).squareRoot()),
      (.kaimingUniform(), (2.0 / 300).squareRoot()),
      (.kaimingNormal(gain: .linear, fan: .output), (1.0 / 400).squareRoot()),
      (.uniform(in: -1...1), (1.0 / 3).squareRoot()), (.normal(deviation: 0.7), 0.7),
    ] {
      let values = initializer.tensor([300, 400], fanIn: 300, fanOut: 400)
      #expect(abs(deviation(values) / expected - 1) < 0.02)
    }
  }

  @Test func stateLoadsWholeOrNotAtAll() throws {
    let model = smallResNet()
    var state = Dictionary(uniqueKeysWithValues: model.state().map { ($0.name, $0.value) })
    let other = Random.withSeed(9) { smallResNet() }
    try other.load(state, from: "memory")
    for (left, right) in pairs(model.state(), other.state()) { expectSameBits(left.value, right.value) }

    let before = other.state()
    state["8.weight"] = .zeros([2, 2])
    #expect(throws: CheckpointError.self) { try other.load(state, from: "m.safetensors") }
    do { try other.load(state, from: "m.safetensors") } catch {
      #expect(
        "\(error)" == "m.safetensors: tensor 8.weight: expected float32 of shape [24, 5], found float32 of shape [2, 2]"
      )
    }
    state["8.weight"] = nil
    #expect(throws: CheckpointError.self) { try other.load(state, from: "m.safetensors") }
    state = Dictionary(uniqueKeysWithValues: model.state().map { ($0.name, $0.value) })
    state["extra"] = .zeros([1])
    #expect(throws: CheckpointError.self) { try other.load(state, from: "m.safetensors") }
    for (left, right) in pairs(before, other.state()) { expectSameBits(left.value, right.value) }
  }
}
