import Apus
import ApusONNX
import Testing

/// Models that take several tensors or return several, and services that no input stops.
struct SeveralTensorsTests {
  /// Two heads, in a tuple with labels.
  private struct Detector: Network {
    let body = Conv2D(3, 8, kernel: 3, padding: .same)
    let norm = BatchNorm(8)
    let boxes = Conv2D(8, 4, kernel: 1)
    let scores = Linear(8 * 6 * 5, 2)
    func forward(_ image: Tensor) -> (boxes: Tensor, scores: Tensor) {
      let y = relu(norm(body(image)))
      return (boxes(y), scores(flatten(y)))
    }
  }

  /// Two inputs, one result.
  private struct Siamese: Network {
    let body = Sequential {
      Conv2D(1, 4, kernel: 3)
      ReLU()
      GlobalAveragePool2D()
      Flatten()
    }
    let head = Linear(4, 1)
    func forward(_ pair: (Tensor, Tensor)) -> Tensor { head((body(pair.0) - body(pair.1)).abs()) }
  }

  private struct Features {
    var small: Tensor
    var large: [Tensor]
    var none: Tensor?
    var scale = 2
  }

  /// Any number of inputs; a structure with an array as the result.
  private struct Pyramid: Network {
    let merge = Conv2D(2, 3, kernel: 1)
    func forward(_ levels: [Tensor]) -> Features {
      let y = merge(levels[0])
      return Features(small: y, large: [relu(y), levels[1] * 2], none: nil)
    }
  }

  private func detector() -> Detector { Random.withSeed(3) { Detector() } }

  @Test func areModelsAsOthersAre() throws {
    let model = detector()
    #expect(model.parameters.map(\.path).first == "body.weight" && model.parameters.count == 8)
    #expect("\(model)".contains("scores: Linear"))
    let x = Tensor.normal([2, 6, 5, 3], seed: 1)
    let (boxes, scores) = model(x)
    #expect(boxes.shape == [2, 6, 5, 4] && scores.shape == [2, 2])

    let plan = try model.plan(inputs: [[2, 6, 5, 3]])
    #expect(plan.outputs.map(\.name) == ["boxes", "scores"] && plan.outputs.map(\.shape) == [[2, 6, 5, 4], [2, 2]])
    #expect(plan.rows.map(\.path).contains("scores"))
    expectError("scores: Linear expects 240 features", "in Detector") { _ = try model.plan(inputs: [[2, 7, 5, 3]]) }
    expectError("takes another number of tensors than the 2") {
      _ = try model.plan(inputs: [[2, 6, 5, 3], [2, 6, 5, 3]])
    }

    let features = try FeatureExtractor(model, at: "norm", inputs: [[6, 5, 3]])
    #expect(features.outputShape == [6, 5, 8])
    expectSameBits(features(x), model.norm(model.body(x)))
  }

  @Test func resultsAreNamedByWhatHoldsThem() throws {
    let pyramid = Pyramid()
    let plan = try pyramid.plan(inputs: [[1, 4, 4, 2], [1, 2, 2, 5]])
    #expect(plan.outputs.map(\.name) == ["small", "large.0", "large.1"])
    struct Named: Network {
      func forward(_ x: Tensor) -> [String: Tensor] { ["b": x + 1, "a": x * 2] }
    }
    #expect(try Named().plan(inputs: [[3]]).outputs.map(\.name) == ["a", "b"])
    struct Pair: Network {
      func forward(_ x: Tensor) -> (Tensor, Tensor) { (x, x + 1) }
    }
    #expect(try Pair().plan(inputs: [[3]]).outputs.map(\.name) == ["0", "1"])
    struct Nothing: Network {
      func forward(_ x: Tensor) -> Int { 3 }
    }
    expectError("Nothing returns no tensor") { _ = try Nothing().plan(inputs: [[3]]) }
  }

  @Test func areTrainedByALossOfTheirResults() {
    let model = Random.withSeed(1) { Siamese() }
    var optimizer = SGD(model.parameters, learningRate: 0.1)
    let (a, b) = (Tensor.normal([4, 6, 6, 1], seed: 1), Tensor.normal([4, 6, 6, 1], seed: 2))
    var losses: [Double] = []
    for _ in 0..<5 {
      let (loss, gradients) = valueWithGradients(of: model) { ((model(a, b) - 1) * (model(a, b) - 1)).mean() }
      optimizer.step(gradients)
      losses.append(loss.item())
    }
    #expect(losses[4] < losses[0])
  }

  @Test func compiledTheyHaveTheSameBits() throws {
    let model = detector()
    let x = Tensor.normal([2, 6, 5, 3], seed: 1)
    let want = model(x)
    let compiled = try model.compiled(for: [[2, 6, 5, 3]], foldingBatchNorms: false)
    #expect(compiled.outputs.map(\.name) == ["boxes", "scores"])
    let got = try compiled([x])
    expectSameBits(got[0], want.boxes)
    expectSameBits(got[1], want.scores)
    expectError("1 inputs and 2 results") {
      let values = [Float](repeating: 0, count: 180)
      var results = [Float](repeating: 0, count: 240)
      try values.withUnsafeBufferPointer { x in
        try results.withUnsafeMutableBufferPointer { try compiled.run(x, into: $0) }
      }
    }

    let siamese = Random.withSeed(1) { Siamese() }
    let (a, b) = (Tensor.normal([4, 6, 6, 1], seed: 1), Tensor.normal([4, 6, 6, 1], seed: 2))
    let pair = try siamese.compiled(for: [a.shape, b.shape])
    expectSameBits(try pair([a, b])[0], siamese(a, b))
    expectError("2 inputs, the input is 1") { _ = try pair([a]) }
    expectError("as input 1, the input is float32 of shape [1]") { _ = try pair([a, Tensor.zeros([1])]) }

    // A result that is another's view, an input, or there twice has memory of its own.
    struct Views: Network {
      func forward(_ x: Tensor) -> [Tensor] {
        let y = relu(x)
        return [y, y, y.reshaped([6]), x, y + 1]
      }
    }
    let values = Tensor.normal([2, 3], seed: 1)
    for (got, want) in pairs(try Views().compiled(for: [[2, 3]])([values]), Views()(values)) {
      expectSameBits(got, want)
    }
  }

  @Test func weightsAreLoadedAndOrdersFollowed() throws {
    let (model, other) = (detector(), Random.withSeed(9) { Detector() })
    let inputs: [Shape] = [[1, 6, 5, 3]]
    expectError("scores: ", "say the shape of an input") { _ = try model.weights() }
    let file = try model.weights(inputs: inputs)
    let receipt = try other.load(file, inputs: inputs)
    #expect(receipt.isComplete)
    #expect(receipt.matched.first { $0.path == "scores.weight" }?.change == .matrixOfImage([6, 5, 8]))
    let x = Tensor.normal([2, 6, 5, 3], seed: 1)
    let (want, got) = (model(x), other(x))
    expectSameBits(want.scores, got.scores)
    #expect(try other.compare([x], with: [want.boxes, want.scores]).allSatisfy { $0.largestError == 0 })
    expectError("the model has 2 results, expected 1") { try other.compare([x], with: [want.boxes]) }
    try other.load(Dictionary(uniqueKeysWithValues: model.state().map { ($0.name, $0.value) }), from: "memory")
  }

  /// A head for training is listed, not an error.
  @Test func headsThatAreNotReachedAreListed() throws {
    struct WithHead: Layer {
      let fc = Linear(4, 2), auxiliary = Linear(4, 3)
      func forward(_ x: consuming Tensor) -> Tensor { fc(x) }
    }
    let model = WithHead()
    let tensors = [("fc.weight", [2, 4]), ("fc.bias", [2]), ("auxiliary.weight", [3, 4]), ("auxiliary.bias", [3])]
    let file = WeightsFile(source: "f", tensors: tensors.map { ($0.0, Tensor.normal(Shape($0.1), seed: 1)) })
    let receipt = try model.load(file, input: [1, 4])
    #expect(receipt.isComplete && receipt.unreached == ["auxiliary"])
    #expect("\(receipt)".contains("not reached by the forward pass, inputs taken in the file's order 1: auxiliary"))
    #expect(try model.compiled(for: [1, 4]).outputShape == [1, 2])
  }

  /// Whatever comes, `checked` and `compiled()` throw.
  @Test func aServiceIsNotStoppedByAnInput() throws {
    struct Reader: Layer {
      let fc = Linear(3, 2)
      func forward(_ x: consuming Tensor) -> Tensor { fc(x.reshaped(x.shape[0], x.shape[1] * x.shape[2], 3)) }
    }
    let model = Reader()
    let service = model.compiled()
    let right = Tensor.normal([1, 2, 2, 3], seed: 1)
    let want = model(right)
    for _ in 0..<3 {
      expectSameBits(try service(right), want)
      expectSameBits(try model.checked(right), want)
      expectError("axis 1 of shape [3], which has 1 axes") { _ = try service(Tensor.zeros([3])) }
      expectError("axis 1 of shape [3], which has 1 axes") { _ = try model.checked(Tensor.zeros([3])) }
      expectError("Reshape") { _ = try service(Tensor.zeros([1, 2, 2, 4])) }
      expectError("compiled for 1 input", "is 2") { _ = try service([right, right]) }
      expectError("int32 of shape [1, 2, 2, 3]") { _ = try service(right.cast(to: .int32)) }
      expectError("int32 of shape [1, 2, 2, 3]") { _ = try model.checked(right.cast(to: .int32)) }
    }
    #expect(service.count == 1)
    let pair = Random.withSeed(1) { Siamese() }
    expectError("takes another number of tensors") { _ = try pair.checked([right]) }
    let x = Tensor.normal([1, 5, 5, 1], seed: 2)
    expectSameBits(try pair.checked([x, x + 1]), pair(x, x + 1))
    expectSameBits(try pair.compiled()([x, x + 1])[0], pair(x, x + 1))
  }

  /// Many sizes, of which the last used are kept, in one block of memory that grows.
  @Test func formsForManyShapesShareMemory() throws {
    let model = Random.withSeed(2) {
      Sequential {
        Conv2D(1, 4, kernel: 3)
        ReLU()
        Conv2D(4, 2, kernel: 3)
      }
    }
    let service = model.compiled(limit: 3)
    for size in [6, 30, 7, 6, 12, 30, 6, 9] {
      let x = Tensor.normal([1, size, size + 1, 1], seed: UInt64(size))
      expectSameBits(try service(x), model(x))
      #expect(service.count <= 3)
    }
  }

  /// The file, read again, gives each result under its name, for other batches too.
  private func expectSameFromFile(_ model: some Network, _ inputs: [Tensor], batch: ONNXOptions.Batch = .dynamic) throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.onnx"
    let traced = batch == .fixed ? inputs.map(\.shape) : inputs.map { Shape([1] + $0.shape.dropFirst()) }
    try model.exportONNX(inputs: traced, to: path, options: ONNXOptions(batch: batch))
    let results = try ONNXNetwork(contentsOf: path)(inputs)
    let pass = try ForwardPass(model, inputs: inputs.map(\.shape))
    let wanted = pass.run(inputs)
    #expect(results.count == wanted.count)
    for want in wanted {
      let name = want.name.first!.isNumber ? "output_" + want.name : want.name
      let got = try #require(results[name], "\(name) of \(results.keys.sorted())")
      #expect(got.shape == want.tensor.shape, "\(name)")
      if got.shape == want.tensor.shape { #expect((got - want.tensor).abs().max().item() <= 1e-6, "\(name)") }
    }
  }

  @Test func areWrittenAsONNXFiles() throws {
    let x = Tensor.normal([3, 6, 5, 3], seed: 1)
    try expectSameFromFile(detector(), [x])
    let (a, b) = (Tensor.normal([4, 6, 6, 1], seed: 1), Tensor.normal([4, 6, 6, 1], seed: 2))
    try expectSameFromFile(Random.withSeed(1) { Siamese() }, [a, b])
    let levels = [Tensor.normal([2, 4, 4, 2], seed: 3), Tensor.normal([2, 2, 2, 5], seed: 4)]
    try expectSameFromFile(Random.withSeed(1) { Pyramid() }, levels)

    // A result that is an input, another one, another's view, or read by what makes another.
    struct Views: Network {
      func forward(_ x: Tensor) -> [Tensor] {
        let y = relu(x)
        return [y, y, y.reshaped(y.shape[0], y.shape.elementCount / y.shape[0]), x, x, y + 1]
      }
    }
    try expectSameFromFile(Views(), [Tensor.normal([2, 3, 4, 5], seed: 5)])
    try expectSameFromFile(Views(), [Tensor.normal([2, 3], seed: 5)], batch: .fixed)

    let folder = try TemporaryFolder()
    expectError("the inputs [1, 6, 6, 1], [2, 6, 6, 1] have first axes of different sizes", "a fixed batch") {
      try Siamese().exportONNX(inputs: [[1, 6, 6, 1], [2, 6, 6, 1]], to: folder.path + "/no.onnx")
    }
    expectError("takes another number of tensors") {
      try Siamese().exportONNX(inputs: [[1, 6, 6, 1]], to: folder.path + "/no.onnx")
    }
  }

  /// Where a network is part of a layer, its operations have their places.
  @Test func partsHavePaths() throws {
    struct Whole: Layer {
      let detector = Detector()
      func forward(_ x: consuming Tensor) -> Tensor { detector(x).scores }
    }
    let plan = try Whole().plan(input: [1, 6, 5, 3])
    #expect(plan.rows.map(\.path).contains("detector.scores") && plan.rows[0].path == "detector.body")
    expectError("detector.body: Conv2D expects 3 channels", "in Detector of Whole") {
      _ = try Whole().plan(input: [1, 6, 5, 4])
    }
  }
}
