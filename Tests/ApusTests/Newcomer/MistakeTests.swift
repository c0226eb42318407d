import Apus
import Testing

/// What people get wrong in programs of their own: the message says what came, what was expected, and what to type.
@Suite struct MistakeTests {
  @Test func channelsThatComeFirstAreTold() async {
    let images = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential { Conv2D(3, 8, kernel: 3) }(Tensor.zeros([2, 3, 16, 16]))
    }
    #expect(
      errorText(images).contains(
        "Conv2D expects 3 channels, input is [2, 3, 16, 16]; images are [N, H, W, C], and x.transposed([0, 2, 3, 1])"))
    #expect(throws: PlanError.self) { try BatchNorm(3).plan(input: [2, 3, 16, 16]) }
    func problem(_ layer: some Layer, _ input: Shape) -> String {
      do { return "\(try layer.plan(input: input))" } catch { return "\(error)" }
    }
    #expect(problem(BatchNorm(3), [2, 3, 16, 16]).contains("transposed([0, 2, 3, 1])"))
    #expect(problem(GroupNorm(4, groups: 2), [2, 4, 16, 16]).contains("transposed([0, 2, 3, 1])"))
    // Nothing of the kind where they do not.
    #expect(
      problem(Conv2D(1, 8, kernel: 3), [2, 16, 16, 3]).hasSuffix("Conv2D expects 1 channel, input is [2, 16, 16, 3]"))
  }

  @Test func bytesOfAnImageAreToldHowToBeNumbers() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(1, 2, kernel: 3)(Tensor([UInt8](repeating: 9, count: 64), shape: [1, 8, 8, 1]))
    }
    #expect(errorText(result).contains("x.cast(to: .float32) / 255"))
    let dataset = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try ImageDataset(images: .zeros([2, 4, 4, 1]), labels: [0, 1], classNames: ["a", "b"], source: "mine")
    }
    #expect(
      errorText(dataset).contains("these are float32 [2, 4, 4, 1]; of values from 0 to 1, (x * 255).cast(to: .uint8)"))
  }

  @Test func labelsThatCountFromOneAreTold() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor.ones([3, 3]), Tensor([1, 2, 3]))
    }
    #expect(errorText(result).contains("label 3 at index 2, expected 0...2; labels count from 0"))
    let beyond = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor.ones([3, 3]), Tensor([1, 2, 7]))
    }
    #expect(errorText(beyond).contains("label 7 at index 2, expected 0...2\n"))
    let arithmetic = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let labels = [1, 2, 3]
      _ = Tensor(labels) - 1
    }
    #expect(
      errorText(arithmetic).contains("arithmetic with a number of a tensor of int32: cast(to: .float32) it first"))
  }

  @Test func logitsOfOnePixelAreTold() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Linear(6, 3)(Tensor.ones([2, 1, 1, 6])), Tensor([0, 1]))
    }
    #expect(errorText(result).contains("a Flatten() before the last layer makes logits [2, 3]"))
  }

  @Test func aLossOfManyNumbersIsTold() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(2, 2)
      _ = valueWithGradients(of: model) { model(Tensor.ones([3, 2])) }
    }
    #expect(
      errorText(result).contains("float32 of shape [3, 2]; mean(), sum() or a loss such as crossEntropy makes one"))
  }

  /// A layer that is made in the forward pass, as in Keras' functional form, would be a new one in every step.
  @Test func layersMadeInAForwardPassAreRefused() async {
    struct Fresh: Layer {
      let head = Linear(4, 2)
      func forward(_ x: Tensor) -> Tensor { head(Linear(3, 4)(x)) }
    }
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Fresh()
      _ = valueWithGradients(of: model) { model(Tensor.ones([2, 3])).sum() }
    }
    #expect(errorText(result).contains("a parameter of shape [3, 4] is made while gradients are taken"))
    #expect(errorText(result).contains("make its layer once, as a property of the model"))
    // Outside of a step nothing is trained.
    #expect(Fresh()(Tensor.ones([2, 3])).shape == [2, 2])
  }

  @Test func indicesAndSizesAreTold() async {
    let index = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.ones([4, 2])[4]
    }
    #expect(errorText(index).contains("index 4 of a tensor of shape [4, 2], expected 0...3"))
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Digits.load().train.batches(of: 0)
    }
    #expect(errorText(size).contains("a batch size of 0, expected at least 1"))
  }

  @Test func aParameterPrintsItsValues() {
    let layer = Linear(1, 2)
    layer.weight.value = Tensor([[0.5, 2]])
    #expect("\(layer.weight)" == "Parameter(shape [1, 2], [0.5, 2.0])")
    _ = layer.parameters
    #expect("\(layer.weight)" == "Parameter(weight, shape [1, 2], [0.5, 2.0])")
    #expect("\(Tensor([0.5, 2]))" == "Tensor(float32, shape [2], [0.5, 2.0])")
  }

  /// The same layers in a struct, whose names are its properties'.
  @Test func weightsOfOtherNamesAreToldWhereNamesComeFrom() throws {
    struct Named: Layer {
      let fc = Linear(3, 2)
      func forward(_ x: Tensor) -> Tensor { fc(x) }
    }
    let weights = try Named().weights()
    let hint = "no name agrees: a layer's is its property's, or its place in a Sequential"
    expectError("0 of 2 matched, since \(hint); 2 missing: 0.weight [2, 3]") {
      try Sequential { Linear(3, 2) }.load(weights)
    }
    try Named().load(weights)
    // Where some agree it is something else.
    do {
      try Sequential { Linear(3, 2) }.load(try Sequential { Linear(3, 5) }.weights())
      Issue.record("weights of another shape were taken")
    } catch { #expect(!"\(error)".contains(hint)) }
  }

  @Test func weightsBehindAFlattenAreToldTheInput() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.safetensors"
    let model = Sequential {
      Flatten()
      Linear(12, 2)
    }
    try model.save(weights: path, layout: .pytorch, input: [1, 2, 2, 3])
    let weights = WeightsFile(source: "plain", tensors: try WeightsFile.read(path).tensors)
    expectError("1:", "model.load(\"weights.pth\", input: [1, 224, 224, 3])") { try model.load(weights) }
    // Of a vector, and of a square gray image, the order is the same.
    try model.load(weights, input: [1, 12])
    let gray = Sequential {
      Flatten()
      Linear(16, 2)
    }
    try gray.load(try gray.weights(layout: .pytorch))
    expectError("input: [1, 224, 224, 3]") { _ = try model.weights(layout: .pytorch) }
    let saved = model.parameters[0].parameter.value
    try model.load(weights, input: [1, 2, 2, 3])
    #expect(saved.array(of: Float.self) != model.parameters[0].parameter.value.array(of: Float.self))
  }
}
