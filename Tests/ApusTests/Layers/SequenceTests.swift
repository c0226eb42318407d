import Apus
import ApusONNX
import Testing

/// Layers of sequences, and the blocks of newer convolutional networks.
@Suite struct SequenceTests {
  struct Case: CustomTestStringConvertible, @unchecked Sendable {
    // `@unchecked Sendable`, as arguments of a test must be: a model is used by the one test that it is an argument of.
    let testDescription: String
    let model: any Layer

    init(_ name: String, _ model: any Layer) { (testDescription, self.model) = (name, model) }
  }

  static func cases() -> [Case] {
    [
      Case("conv1d", Conv1D(6, 8, kernel: 5, stride: 2, padding: 3, dilation: 2, groups: 2)),
      Case("max-pool1d", MaxPool1D(3, stride: 2, padding: 1)),
      Case("average-pool1d", AveragePool1D(4, stride: 3, padding: 2)),
      Case("attention", MultiHeadAttention(12, heads: 3)),
      Case("squeeze-excitation", SqueezeExcitation(8, squeezed: 3)),
    ]
  }

  @Test(arguments: cases()) func layersArePyTorchs(each: Case) throws {
    let fixture = try PyTorchFixture("blocks")
    let (name, model) = (each.testDescription, each.model)
    let x = fixture["\(name)/x"]
    if !model.parameters.isEmpty {
      let weights = fixture.group("\(name)/weights/").sorted { $0.key < $1.key }
      let file = WeightsFile(source: name, tensors: weights.map { ($0.key, $0.value) }, recordedLayout: .pytorch)
      #expect(try model.load(file, input: x.shape).matched.count == weights.count)
    }
    var y: Tensor?
    let (_, gradients) = valueWithGradients(at: [x]) { inputs in
      y = model(inputs[0])
      return (y! * fixture["\(name)/dy"]).sum()
    }
    fixture.expect(try #require(y).detached(), is: "\(name)/y")
    fixture.expect(try #require(gradients[0]), is: "\(name)/dx")
    #expect(try model.plan(input: x.shape).outputShape == fixture["\(name)/y"].shape)
    expectSameBits(try model.compiled(for: x.shape)(x), model(x))
    #expect(try !ONNXFile(of: model, input: x.shape, options: ONNXOptions()).nodes.isEmpty)
  }

  /// Parameters too, whose gradients the fixture does not have.
  @Test func gradientsAreFiniteDifferences() {
    let attention = MultiHeadAttention(6, heads: 2)
    let conv = Conv1D(3, 4, kernel: 3, padding: .same)
    let cases: [(model: any Layer, input: Shape)] = [(attention, [2, 3, 6]), (conv, [2, 5, 3])]
    for (model, input) in cases {
      let result = gradientCheck(of: model) { model(doubles(input, seed: 3)).square().sum() }
      #expect(result.count > 0 && result.largestError < 1e-6, "\(result)")
    }
  }

  @Test func aLayerScaleIsAFactorPerChannel() throws {
    let scale = LayerScale(3, initial: 0.5)
    scale.gamma.value = Tensor([1, 2, 3])
    #expect(scale(Tensor([1, 1, 1, 2, 2, 2], shape: [2, 3])).array(of: Float.self) == [1, 2, 3, 2, 4, 6])
    #expect(LayerScale(2).gamma.value.array(of: Float.self) == [1e-6, 1e-6])
    let file = WeightsFile(source: "", tensors: [("gamma", Tensor([7, 8, 9]))], recordedLayout: .pytorch)
    try scale.load(file)
    #expect(scale.gamma.value.array(of: Float.self) == [7, 8, 9])
  }

  @Test func stochasticDepthDropsWholeSamples() {
    let depth = StochasticDepth(dropProbability: 0.25)
    let x = Tensor.ones([400, 2, 3, 2])
    expectSameBits(depth(x), x)
    var y: Tensor?
    let gradient = valueWithGradients(at: [x]) { inputs in
      y = depth(inputs[0])
      return y!.sum()
    }.gradients[0]
    let samples = y!.detached().reshaped(400, 12)
    let kept = (0..<400).filter { samples[$0, 0].item() != 0 }
    #expect((250..<350).contains(kept.count))
    for sample in 0..<400 {
      let value = kept.contains(sample) ? Float(1 / 0.75) : 0
      #expect(samples[sample].array(of: Float.self) == Array(repeating: value, count: 12))
    }
    expectSameBits(gradient!, y!.detached())
  }

  @Test func wrongShapesAreErrorsOfThePlan() {
    func text(_ model: some Layer, _ input: Shape) -> String {
      let result = Result { try Sequential { model }.plan(input: input) }
      guard case .failure(let failure) = result else { return "" }
      return "\(failure)"
    }
    #expect(text(Conv1D(3, 4, kernel: 3), [2, 5, 5, 3]) == "0: Conv1D expects [N, L, C], input is [2, 5, 5, 3]")
    #expect(text(Conv1D(3, 4, kernel: 3), [2, 5, 4]).contains("0: Conv2D expects 3 channels"))
    #expect(text(MaxPool1D(3), [2, 2, 4]).hasPrefix("0: MaxPool2D"))
    #expect(text(AveragePool1D(3), [2, 4]) == "0: AveragePool1D expects [N, L, C], input is [2, 4]")
    #expect(
      text(MultiHeadAttention(4, heads: 2), [2, 3]) == "0: MultiHeadAttention expects [N, T, 4], input is [2, 3]")
    #expect(text(SqueezeExcitation(4, squeezed: 2), [2, 3, 3, 5]).contains("0.fc1: Conv2D expects 4 channels"))
    #expect(text(LayerScale(4), [2, 3]) == "0: LayerScale expects [..., 4], input is [2, 3]")
    #expect(text(Pad2D(1), [2, 3]) == "0: Pad2D expects [N, H, W, C], input is [2, 3]")
    #expect(text(Pad2D(3, mode: .reflect), [1, 3, 3, 1]).contains("0: Pad by a reflection of 3 elements"))
  }
}
