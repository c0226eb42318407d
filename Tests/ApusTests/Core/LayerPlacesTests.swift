import ApusCore
import ApusLayers
import Testing

/// A gate with operations of its own between its layers.
private struct Gate: Layer {
  let reduce = Conv2D(4, 2, kernel: 1)
  let expand = Conv2D(2, 4, kernel: 1)

  func forward(_ x: Tensor) -> Tensor { x * sigmoid(expand(relu(reduce(x)))) }
}

private struct Net: Layer {
  let stem = Conv2D(3, 4, kernel: 3, padding: 1)
  let gates = [Gate(), Gate()]
  let pool = MaxPool2D(2)
  let first = ReLU()
  let second = ReLU()
  let head: Linear

  init(features: Int = 64) { head = Linear(features, 5) }

  func forward(_ x: Tensor) -> Tensor {
    let h = second(gates[1](gates[0](first(stem(x)))))
    return head(flatten(pool(h)))
  }
}

/// As layers were written before there was `forward`.
private struct Old: Layer {
  let conv = Conv2D(3, 4, kernel: 1)

  func callAsFunction(_ x: Tensor) -> Tensor { relu(conv(x)) }
}

/// One object in two properties is one layer.
private final class Shared: Layer {
  let scale = Parameter(.ones([4]))

  func forward(_ x: Tensor) -> Tensor { x * scale }
}

private struct Sharing: Layer {
  let (a, b): (Shared, Shared)
  let c = Shared()

  init() {
    a = Shared()
    b = a
  }

  func forward(_ x: Tensor) -> Tensor { c(b(a(x))) }
}

@Suite struct LayerPlacesTests {
  private func places(_ model: some Layer, _ input: Shape) throws -> [String] {
    try model.plan(input: input).rows.map { "\($0.path.isEmpty ? "·" : $0.path) \($0.operation)" }
  }

  /// Operations without a layer are those of the layer that calls them; layers without parameters have names as well.
  @Test func everyOperationHasAPlace() throws {
    #expect(
      try places(Net(), [1, 8, 8, 3]) == [
        "stem Conv2D", "first ReLU",
        "gates.0.reduce Conv2D", "gates.0 ReLU", "gates.0.expand Conv2D", "gates.0 Sigmoid", "gates.0 Multiply",
        "gates.1.reduce Conv2D", "gates.1 ReLU", "gates.1.expand Conv2D", "gates.1 Sigmoid", "gates.1 Multiply",
        "second ReLU", "pool MaxPool2D", "· Flatten", "head Linear",
      ])
  }

  @Test func layersThatAreAlikeAreToldApartByTheOrderOfTheirCalls() throws {
    struct Repeated: Layer {
      let pools = [MaxPool2D(2), MaxPool2D(2), MaxPool2D(3)]

      func forward(_ x: Tensor) -> Tensor { pools[1](pools[2](pools[1](pools[0](x)))) }
    }
    // The second is called again: no more than its like are there.
    #expect(
      try places(Repeated(), [1, 32, 32, 1]) == [
        "pools.0 MaxPool2D", "pools.1 MaxPool2D", "pools.2 MaxPool2D", "pools.1 MaxPool2D",
      ])
  }

  /// Of thousands of calls only the first are kept, and names stay right.
  @Test func aLoopOfCallsKeepsTheNames() throws {
    struct Loop: Layer {
      let first = ReLU()
      let second = ReLU()
      let last = Scale()

      func forward(_ x: Tensor) -> Tensor { last((0..<3000).reduce(first(x)) { x, _ in second(x) }) }
    }
    struct Scale: Layer {
      let factor = Parameter(.ones([1]))

      func forward(_ x: Tensor) -> Tensor { x * factor }
    }
    let found = try places(Loop(), [1, 2])
    #expect(found.first == "first ReLU" && found[2999] == "second ReLU" && found.last == "last Multiply")
  }

  @Test func objectsAreKnownByTheirIdentity() throws {
    #expect(try places(Sharing(), [1, 2, 2, 4]) == ["a Multiply", "a Multiply", "c Multiply"])
  }

  /// Scopes inside a layer's call.
  @Test func scopesInsideALayerAreInIt() throws {
    struct Scoped: Layer {
      let inner = Gate()

      func forward(_ x: Tensor) -> Tensor { withPhase(.inference) { inner(x) + withPrecision(.strict) { x.abs() } } }
    }
    struct Around: Layer {
      let part = Scoped()

      func forward(_ x: Tensor) -> Tensor { part(x) }
    }
    let rows = try places(Around(), [1, 2, 2, 4])
    #expect(rows.first == "part.inner.reduce Conv2D" && rows.suffix(2) == ["part Abs", "part Add"])
  }

  @Test func aShapeErrorNamesLayerAndNetworkOfOnesOwn() async throws {
    struct Wide: Layer {
      let gate = Gate()
      let blocks = Sequential { Gate() }

      func forward(_ x: Tensor) -> Tensor { blocks(Tensor.concatenated([gate(x), x])) }
    }
    let expected = "blocks.0.reduce: Conv2D expects 4 channels, input is [1, 2, 2, 8] (in Gate of Wide)"
    do {
      _ = try Wide().plan(input: [1, 2, 2, 4])
      Issue.record("the plan found nothing")
    } catch {
      #expect("\(error)" == expected)
    }
    let stopped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Wide: Layer {
        let gate = Gate()
        let blocks = Sequential { Gate() }

        func forward(_ x: Tensor) -> Tensor { blocks(Tensor.concatenated([gate(x), x])) }
      }
      _ = Wide()(Tensor.ones([1, 2, 2, 4]))
    }
    #expect(errorText(stopped).contains(expected))
    // A network of the library is named by its paths alone.
    #expect(throws: PlanError(path: "0", operation: "Conv2D", problem: "expects 3 channels, input is [1, 2, 2, 4]")) {
      _ = try Sequential { Conv2D(3, 4, kernel: 1) }.plan(input: [1, 2, 2, 4])
    }
  }

  /// A part that is called by itself has the name that it has in the model that was listed.
  @Test func aPartIsNamedAsInItsModel() async {
    let stopped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Net()
      _ = model.parameters
      _ = model.gates[1](Tensor.ones([1, 2, 2, 3]))
    }
    #expect(errorText(stopped).contains("gates.1.reduce: Conv2D expects 4 channels"))
    let inStep = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Net()
      _ = valueWithGradients(of: model) {
        model.head(flatten(model.pool(model.stem(Tensor.ones([1, 4, 4, 3]))))).sum()
      }
    }
    #expect(errorText(inStep).contains("head: Linear expects 64 features, input is [1, 16] (in Net)"))
  }

  /// A part that is a model by itself: its paths begin with it, whatever the whole has named it.
  @Test func aPartThatIsPlannedIsItsOwnModel() throws {
    let model = Net()
    _ = model.parameters
    #expect(try model.gates[1].plan(input: [1, 2, 2, 4]).rows[0].path == "reduce")
    let x = floats([1, 2, 2, 4], seed: 3)
    let extractor = try FeatureExtractor(model.gates[1], at: "expand", input: [2, 2, 4])
    _ = model.parameters
    #expect(extractor(x).shape == [1, 2, 2, 4])
    expectSameBits(
      try features(of: model.gates[1], at: "expand", x), model.gates[1].expand(relu(model.gates[1].reduce(x))))
  }

  /// Layers that are alike are looked for in the layer that opened the scope.
  @Test func alikeLayersInAScopeInsideALayerAreThatLayers() throws {
    struct Scoped: Layer {
      let rectifier = ReLU()

      func forward(_ x: Tensor) -> Tensor { withPhase(.inference) { rectifier(x) } }
    }
    #expect(
      try places(
        Sequential {
          Scoped()
          Scoped()
        }, [1, 2]) == ["0.rectifier ReLU", "1.rectifier ReLU"])
  }

  @Test func layersThatImplementTheirCallStillWork() throws {
    let model = Sequential { Old() }
    let x = floats([1, 2, 2, 3], seed: 1)
    expectSameBits(model(x), model.layers[0].forward(x))
    #expect(try places(model, [1, 2, 2, 3]) == ["0.conv Conv2D", "· ReLU"])
    expectError("0", "does not call") { _ = try features(of: model, at: "0", x) }
  }

  @Test func aLayerWithoutForwardSaysSo() async {
    let stopped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Nothing: Layer {}
      _ = Nothing()(Tensor.ones([1]))
    }
    #expect(
      errorText(stopped).contains("Nothing: a Layer implements forward(_ x: Tensor) -> Tensor, which this one lacks"))
  }

  /// `forward` called by itself computes the same, without a place.
  @Test func forwardIsTheCallWithoutItsPlace() {
    let model = Random.withSeed(1) { Net() }
    let x = floats([2, 8, 8, 3], seed: 2)
    expectSameBits(model.forward(x), model(x))
  }
}
