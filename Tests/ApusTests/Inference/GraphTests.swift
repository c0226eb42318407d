import Apus
import Testing

@Suite struct GraphTests {
  private static let shape: Shape = [2, 8, 8, 3]

  private func names(_ graph: Graph) -> [String] { graph.nodes.map(\.operation.name) }

  @Test func aBlockIsItsOperationsWhateverIsFused() throws {
    let model = Sequential {
      Conv2D(3, 4, kernel: 3, padding: .same, bias: false)
      BatchNorm(4)
      ReLU()
      Residual {
        Conv2D(4, 4, kernel: 3, padding: 1)
        BatchNorm(4)
      }
      ReLU()
      MaxPool2D(3, stride: 2, ceilMode: true)
      Flatten()
      Dropout(dropProbability: 0.5)
      Linear(4 * 4 * 4, 5)
    }
    let graph = try Graph(of: model, input: Self.shape)
    #expect(
      names(graph) == [
        "Conv2D", "BatchNorm", "ReLU", "Conv2D", "BatchNorm", "Add", "ReLU", "MaxPool2D", "Reshape", "Linear",
      ])
    #expect(graph.shape(of: graph.outputs[0]) == [2, 5])
    #expect(graph.nodes.map(\.path).first == "0")
    #expect(graph.values.compactMap(\.constant?.path).contains("3.body.0.weight"))

    // Both operands of the sum: the second batch norm's result, and the ReLU's that the block began with.
    #expect(Set(graph.nodes[5].inputs) == [graph.nodes[4].output, graph.nodes[2].output])
    guard case .maxPool(let pool) = graph.nodes[7].operation else { return #expect(Bool(false), "no pooling") }
    #expect(pool.padding == Graph.Edges(top: 0, left: 0, bottom: 1, right: 1))
    guard case .convolution(let convolution) = graph.nodes[0].operation else { return #expect(Bool(false)) }
    #expect(convolution.padding == Graph.Edges(top: 1, left: 1, bottom: 1, right: 1))
    #expect(graph.description.contains("%0 [2, 8, 8, 3]"))
    #expect(graph.description.contains("Conv2D(%0, 0.weight) stride 1×1, padding 1 → [2, 8, 8, 4]  (0)"))
  }

  @Test func valuesAreTheSameTensorsNotTheSameMemory() throws {
    struct Twice: Layer {
      let linear = Linear(3, 3)
      func forward(_ x: Tensor) -> Tensor { linear(relu(linear(x))) + x }
    }
    let graph = try Graph(of: Twice(), input: [2, 3])
    #expect(names(graph) == ["Linear", "ReLU", "Linear", "Add"])
    #expect(graph.nodes[0].inputs.dropFirst() == graph.nodes[2].inputs.dropFirst(), "one weight and bias")
    #expect(graph.nodes[3].inputs == [graph.nodes[2].output, graph.inputs[0]])
    #expect(graph.readers[graph.inputs[0]] == [0, 3])
  }

  @Test func whatIsComputedFromParametersAloneIsAConstant() throws {
    let model = WeightStandardizedConv2D(3, 4, kernel: 3)
    let graph = try Graph(of: model, input: Self.shape)
    #expect(names(graph) == ["Conv2D"])
    let weight = graph.values[graph.nodes[0].inputs[1]].constant
    #expect(weight?.path == nil)
    expectSameBits(weight!.tensor, standardized(weight: model.weight.value))
    #expect(graph.values[graph.nodes[0].inputs[2]].constant?.path == "bias")
  }

  @Test func compositeOperationsAreOneNodeWhereOthersHaveOne() throws {
    let pooled = try Graph(of: GlobalAveragePool2D(), input: Self.shape)
    #expect(pooled.nodes.map(\.operation) == [.reduce(.mean, axes: [1, 2], keepsAxes: true)])
    let resized = try Graph(of: Upsample2D([2, 3], filter: .bilinear), input: Self.shape)
    #expect(names(resized) == ["Resize2D"], "both axes")
    #expect(resized.shape(of: resized.outputs[0]) == [2, 16, 24, 3])
    let norm = try Graph(of: InstanceNorm(3), input: Self.shape)
    #expect(norm.nodes[0].inputs.count == 3, "ones and zeros in the place of γ and β")
    expectSameBits(norm.constant(norm.nodes[0].inputs[1])!, .ones([3]))
    expectSameBits(norm.constant(norm.nodes[0].inputs[2])!, .zeros([3]))
  }

  @Test func theIdentityHasNoNode() throws {
    let graph = try Graph(of: Sequential { Identity() }, input: [2, 3])
    #expect(graph.nodes.isEmpty && graph.outputs == graph.inputs)
  }

  @Test func functionsOfOnesOwnAreTheirParts() throws {
    struct Softsign: Layer {
      func forward(_ x: Tensor) -> Tensor {
        differentiable(x, "Softsign") {
          $0 / (1 + $0.abs())
        } pullback: { x, _, dy in
          dy / (1 + x.abs()).square()
        }
      }
    }
    #expect(names(try Graph(of: Softsign(), input: [2, 3])) == ["Abs", "Scale", "Divide"])
  }

  /// Answers of comparisons and indices are values of a graph between the operations that make and take them.
  @Test func comparisonsAndIndicesArePartOfAGraph() throws {
    struct Selecting: Layer {
      let weight = Parameter(.ones([3]))
      func forward(_ x: Tensor) -> Tensor { Tensor.select(x .> .zeros([]), x, x * weight.value) }
    }
    #expect(names(try Graph(of: Selecting(), input: [2, 3])) == ["Compare", "Multiply", "Select"])
    struct Largest: Layer {
      func forward(_ x: Tensor) -> Tensor { x.topK(2).values }
    }
    let graph = try Graph(of: Largest(), input: [2, 3])
    #expect(graph.nodes.map { graph.values[$0.output].scalarType } == [.int32, .float32])
  }

  // MARK: What cannot be written

  private func problem(_ model: some Layer, _ input: Shape = [2, 3]) -> GraphError? {
    #expect(throws: GraphError.self) { _ = try Graph(of: model, input: input) }
  }

  @Test func operationsThatNoGraphHasAreRefusedByName() {
    struct Counting: Layer {
      func forward(_ x: Tensor) -> Tensor { x * x.argmax().cast(to: .float32).mean() }
    }
    #expect(problem(Sequential { Counting() })?.description == "0: ArgMax cannot be part of a graph")
    struct Foreign: Layer {
      func forward(_ x: Tensor) -> Tensor {
        differentiable(x, "Foreign") { x in
          Tensor.full(x.shape, Double(x.elementCount))
        } pullback: { _, _, dy in
          dy
        }
      }
    }
    #expect(problem(Foreign())?.operation == "Foreign")
  }

  @Test func valuesThatDependOnTheInputInSecretAreRefused() {
    /// Rows are turned round by code that reads the tensor's memory; a plan, which has no memory, is let through.
    struct Secret: Layer {
      let weight = Parameter(.ones([3, 3]))
      func forward(_ x: Tensor) -> Tensor {
        let turned = Tensor(shape: x.shape, of: Float.self) { buffer in
          _ = buffer.initialize(from: x.array(of: Float.self).reversed())
        }
        return matmul(x, weight.value) + turned
      }
    }
    let error = problem(Secret())
    #expect(error?.operation == "Add")
    #expect(error?.problem.contains("depends on the input") == true)
    struct Nothing: Layer {
      func forward(_ x: Tensor) -> Tensor { .ones(x.shape) }
    }
    #expect(problem(Nothing())?.problem.contains("does not depend on the input") == true)
  }

  @Test func aShapeThatDoesNotFitIsThePlansError() {
    #expect(throws: PlanError.self) { _ = try Graph(of: Sequential { Linear(4, 2) }, input: [2, 3]) }
  }
}
