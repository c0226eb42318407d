import Apus
import Testing

/// Loading: strictness, receipts, the order of flattened features, and what is refused.
@Suite struct InterchangeTests {
  private static let small: Shape = [1, 28, 28, 1]

  private func lenet(_ seed: UInt64 = 1, classes: Int = 10) -> LeNet5 {
    Random.withSeed(seed) { LeNet5(classes: classes) }
  }

  private func changed(_ file: WeightsFile, _ change: (inout [(name: String, value: Tensor)]) -> Void) -> WeightsFile {
    var file = file
    change(&file.tensors)
    return file
  }

  private func expectUnchanged(_ model: some Layer, by body: () -> Void) {
    let before = model.state()
    body()
    for ((name, a), (_, b)) in pairs(before, model.state()) {
      #expect(a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }, "\(name) was changed")
    }
  }

  // MARK: what does not fit

  @Test func whatDoesNotFitIsToldAndChangesNothing() throws {
    let file = try lenet(2).weights(input: Self.small, source: "w.safetensors")
    let model = lenet()
    func expectRefused(_ words: String..., by change: (inout [(name: String, value: Tensor)]) -> Void) {
      expectUnchanged(model) {
        do {
          try model.load(changed(file, change), input: Self.small)
          Issue.record("accepted; expected an error with \(words)")
        } catch {
          let text = "\(error)"
          for word in ["w.safetensors does not fit the model (PyTorch's layout, as the file says)"] + words {
            #expect(text.contains(word), "\(word) is missing in: \(text)")
          }
          #expect(!text.contains("\n"))
        }
      }
    }
    expectRefused("9 of 10 matched; 1 missing: features.3.weight [16, 6, 5, 5]") { tensors in
      tensors.removeAll { $0.name == "features.3.weight" }
    }
    expectRefused("10 of 10 matched; 1 unexpected: aux.weight [3]") { $0.append(("aux.weight", .ones([3]))) }
    // Our own axes in a file that says PyTorch's.
    expectRefused("1 of another shape or type: features.0.weight is [5, 5, 1, 6], expected [6, 1, 5, 5]") { tensors in
      let place = tensors.firstIndex { $0.name == "features.0.weight" }!
      tensors[place].value = tensors[place].value.transposed([2, 3, 1, 0])
    }
    expectRefused("classifier.5.bias is int32 [10], expected [10]") { tensors in
      let place = tensors.firstIndex { $0.name == "classifier.5.bias" }!
      tensors[place].value = Tensor([Int32](repeating: 1, count: 10))
    }
    expectRefused("9 of 10 matched; 1 missing: classifier.1.bias [120]; 1 unexpected: classifier.1.biases [120]") {
      tensors in
      let place = tensors.firstIndex { $0.name == "classifier.1.bias" }!
      tensors[place].name = "classifier.1.biases"
    }
  }

  /// A file of another network gets a receipt with ten names a group, even if no input shape is given.
  @Test func aFileOfAnotherNetworkGetsTheReceipt() throws {
    let file = try Random.withSeed(1) { CIFARResNet(depth: 20) }.weights(source: "resnet20.safetensors")
    let model = lenet()
    expectUnchanged(model) {
      expectError(
        "0 of 10 matched", "10 missing: features.0.weight [6, 1, 5, 5]", "unexpected: conv1.weight [16, 3, 3, 3]",
        "128 unexpected: ", "and 118 more"
      ) { try model.load(file) }
    }
    let receipt = try model.load(file, strict: false)
    #expect(receipt.matched.isEmpty && receipt.missing.count == 10 && receipt.unexpected.count == 128)
    #expect("\(receipt)".split(separator: "\n").count == 4)
  }

  @Test func withoutStrictnessWhatMatchesIsLoaded() throws {
    let file = try lenet(2, classes: 7).weights(input: Self.small)
    let model = lenet()
    let head = model.classifier.parameters["5.weight"]!.value
    let receipt = try model.load(file, input: Self.small, strict: false)
    #expect(
      receipt.matched.count == 8 && receipt.mismatched.map(\.name) == ["classifier.5.weight", "classifier.5.bias"])
    expectSameBits(model.classifier.parameters["5.weight"]!.value, head)
    expectSameBits(model.features.parameters["0.weight"]!.value, lenet(2).features.parameters["0.weight"]!.value)
  }

  /// What a new head needs: all the rest strictly.
  @Test func ignoredPathsAreLeftAsTheyAre() throws {
    let file = try lenet(2, classes: 7).weights(input: Self.small)
    let model = lenet()
    let isHead = { (path: String) in path.hasPrefix("classifier.5.") }
    let receipt = try model.load(file, input: Self.small, ignoring: isHead)
    #expect(receipt.isComplete && receipt.ignored == ["classifier.5.weight", "classifier.5.bias"])
    let fewer = changed(file) { tensors in tensors.removeAll { isHead($0.name) || $0.name == "features.0.bias" } }
    expectError("1 missing: features.0.bias [6]") { try model.load(fewer, input: Self.small, ignoring: isHead) }
    let more = changed(file) { $0.append(("classifier.5.extra", .ones([1]))) }
    #expect(try model.load(more, input: Self.small, ignoring: isHead).ignored.count == 3)
  }

  // MARK: files

  @Test func damagedFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = try File.contents(of: InterchangeFixtureTests.file)
    let model = Random.withSeed(1) { InterchangeNetwork() }
    expectUnchanged(model) {
      for count in [0, 7, 100, bytes.count - 1] {
        expectError("cut.safetensors") {
          let path = try folder.file("cut.safetensors", Array(bytes.prefix(count)))
          try model.load(try WeightsFile.read(path), input: InterchangeNetwork.input)
        }
      }
      for ending in ["npz", "pth", "pt"] {
        expectError("cut.\(ending)") {
          _ = try WeightsFile.read(try folder.file("cut.\(ending)", Array(bytes.prefix(99))))
        }
      }
    }
    let path = folder.path + "/m.safetensors"
    try Safetensors.write([("a", .ones([1]))], metadata: ["apus.layout": "caffe"], to: path)
    expectError("m.safetensors", "metadata apus.layout: \"caffe\", expected pytorch or apus") {
      _ = try WeightsFile.read(path)
    }
  }

  /// Half precision and double become float32, and the receipt says so.
  @Test func otherPrecisionsAreConverted() throws {
    let folder = try TemporaryFolder()
    let weight = Tensor([0.5 as Float, -2, 0.25, 8, 1, 3], shape: [3, 2])
    struct Model: Layer {
      let fc = Linear(2, 3)
      func forward(_ x: consuming Tensor) -> Tensor { fc(x) }
    }
    let header =
      #"{"fc.weight":{"dtype":"BF16","shape":[3,2],"data_offsets":[0,12]},"#
      + #""fc.bias":{"dtype":"F64","shape":[3],"data_offsets":[12,36]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    for value in weight.array(of: Float.self) {
      bytes += [UInt8(truncatingIfNeeded: value.bitPattern >> 16), UInt8(truncatingIfNeeded: value.bitPattern >> 24)]
    }
    for value in [1.0, 2, 3] { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) } }
    let model = Random.withSeed(1) { Model() }
    let receipt = try model.load(try WeightsFile.read(try folder.file("half.safetensors", bytes)), input: [1, 2])
    #expect(receipt.converted.map { "\($0.name) \($0.from)" } == ["fc.weight BF16", "fc.bias F64"])
    expectSameBits(model.fc.weight.value, weight.transposed())
    #expect(model.fc.bias!.value.array(of: Float.self) == [1, 2, 3])
  }

  /// The model of a run is known by its metadata, and is not permuted.
  @Test func modelsOfRunsAreRead() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/model.safetensors"
    let model = lenet(3)
    try Safetensors.write(model.state(), metadata: ["format": "pt", "apus.model": "{}"], to: path)
    let receipt = try lenet().load(try WeightsFile.read(path))
    #expect(receipt.layout == .apus && receipt.isLayoutRecorded && receipt.transposed.isEmpty)
    // Its names are PyTorch's too, its axes are not.
    expectError("of another shape") {
      try lenet().load(try WeightsFile.read(path), input: Self.small, layout: .pytorch)
    }
  }

  // MARK: networks

  /// Every bit, through both layouts, by way of a network without values.
  @Test(arguments: ["lenet5", "lenet5.paper", "resnet20", "resnet20.paper", "plain20"])
  func networksReturnUnchanged(name: String) throws {
    let shape = Shape([1] + (try NetworkCatalogue.usualInput(of: name)))
    let model = try NetworkCatalogue.make(name, input: Shape(shape.dropFirst()), classes: 10, seed: 5)
    let x = Tensor.normal(shape, seed: 6)
    for layout in WeightsFile.Layout.allCases {
      let file = try model.weights(layout: layout, input: shape)
      let (copy, receipt) = try NetworkCatalogue.make(name, weights: file, input: shape)
      #expect(receipt.isComplete && receipt.layout == layout)
      for ((path, a), (_, b)) in pairs(model.state(), copy.state()) {
        #expect(a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }, "\(path)")
      }
      expectSameBits(withPhase(.inference) { model(x) }, withPhase(.inference) { copy(x) })
    }
  }

  @Test func classesAndChannelsFollowFromTheFile() throws {
    let file = try Random.withSeed(1) { CIFARResNet(depth: 20, channels: 4, classes: 7) }.weights()
    #expect(try NetworkCatalogue.classes(of: "resnet20", in: file) == 7)
    #expect(try NetworkCatalogue.channels(of: "resnet20", in: file) == 4)
    #expect(try NetworkCatalogue.classes(of: "lenet5.paper", in: file) == nil)
    let (model, _) = try NetworkCatalogue.make("resnet20", weights: file, input: [1, 32, 32, 4])
    #expect(try model.plan(input: [1, 32, 32, 4]).outputShape == [1, 7])
    expectError("fc.weight is [7, 64], expected [9, 64]") {
      _ = try NetworkCatalogue.make("resnet20", weights: file, input: [1, 32, 32, 4], classes: 9)
    }
    expectError("[N, H, W, C]") { _ = try NetworkCatalogue.make("resnet20", weights: file, input: [32, 32, 4]) }
  }

  /// Heads for training alone are behind flattened images too.
  @Test func auxiliaryHeadsAreFollowed() throws {
    let model = try NetworkCatalogue.outline("googlenet.torchvision.aux", input: [224, 224, 3], classes: 10)
    let layouts = try model.pyTorchLayouts(input: [1, 224, 224, 3])
    #expect(
      layouts["aux1.fc1.weight"] == .matrixOfImage([4, 4, 128])
        && layouts["aux2.fc1.weight"] == .matrixOfImage([4, 4, 128]))
    #expect(layouts["fc.weight"] == .matrix && layouts["aux1.fc2.weight"] == .matrix)
  }

  @Test(arguments: [("alexnet", "classifier.1.weight", [6, 6, 256]), ("vgg11", "classifier.0.weight", [7, 7, 512])])
  func inputsBehindAdaptivePoolingHaveItsSize(name: String, path: String, image: [Int]) throws {
    let model = try NetworkCatalogue.outline(name, input: [224, 224, 3], classes: 10)
    for size in [224, 300] {
      let moved = try model.pyTorchLayouts(input: [1, size, size, 3]).filter {
        if case .matrixOfImage = $0.value { true } else { false }
      }
      #expect(moved == [path: .matrixOfImage(Shape(image))])
    }
    expectError(path.dropLast(".weight".count) + ": ", "say the shape of an input, [N, H, W, C]") {
      _ = try model.pyTorchLayouts(input: nil)
    }
  }

  /// Networks that average their last image need no input shape.
  @Test(arguments: ["resnet18", "resnet50", "resnet110.paper", "googlenet.torchvision", "nfresnet26"])
  func averagedImagesNeedNoInput(name: String) throws {
    let usual = try NetworkCatalogue.usualInput(of: name)
    let model = try NetworkCatalogue.outline(name, input: usual, classes: 10)
    #expect(try model.pyTorchLayouts(input: nil) == (try model.pyTorchLayouts(input: Shape([2] + usual))))
  }

  // MARK: the order of features

  /// A linear layer and what a model does around it.
  private struct Model: Layer, NamedParts {
    let fc: Linear
    let function: (Tensor, Linear) -> Tensor
    func forward(_ x: consuming Tensor) -> Tensor { function(x, fc) }
    var parts: [(name: String, part: Any)] { [("fc", fc)] }
  }

  private func layout(
    _ inputs: Int, _ input: Shape = [2, 3, 4, 5],
    _ function: @escaping (Tensor, Linear) -> Tensor
  )
    throws
    -> WeightLayout?
  {
    try Model(fc: Linear(inputs, 2), function: function).pyTorchLayouts(input: input)["fc.weight"]
  }

  @Test func flattenedFeaturesAreFollowed() throws {
    let image = WeightLayout.matrixOfImage([3, 4, 5])
    #expect(try layout(60) { x, fc in fc(flatten(x)) } == image)
    #expect(try layout(60) { x, fc in fc(x.reshaped([2, 60])) } == image)
    #expect(try layout(60) { x, fc in fc(Dropout(dropProbability: 0.5)(relu(flatten(x)) * 2)) } == image)
    #expect(try layout(60) { x, fc in fc(flatten(x) + flatten(relu(x))) } == image)
    #expect(try layout(60) { x, fc in fc(flatten(x) * Tensor.ones([1])) } == image)
    #expect(try layout(60) { x, fc in fc(flatten(x).reshaped([2, 3, 4, 5]).reshaped([2, 60])) } == image)
    // One channel, one pixel, and a linear layer at each pixel: nothing to move.
    #expect(try layout(12, [2, 3, 4, 1]) { x, fc in fc(flatten(x)) } == .matrix)
    #expect(try layout(5) { x, fc in fc(flatten(globalAveragePool2d(x))) } == .matrix)
    #expect(try layout(5) { x, fc in fc(x.mean(axes: [1, 2])) } == .matrix)
    #expect(try layout(5) { x, fc in fc(x) } == .matrix)
    #expect(try layout(5, [2, 5]) { x, fc in fc(x) } == .matrix)
    // Channels in groups and back.
    #expect(
      try layout(96, [2, 3, 4, 8]) { x, fc in
        fc(flatten(x.reshaped([2, 3, 4, 2, 4]).reshaped([2, 3, 4, 8])))
      } == .matrixOfImage([3, 4, 8]))
  }

  @Test func whatCannotBeFollowedIsRefused() {
    func expectRefused(
      _ operation: String, _ inputs: Int = 60, sourceLocation: SourceLocation = #_sourceLocation,
      _ function: @escaping (Tensor, Linear) -> Tensor
    ) {
      expectError("fc: ", "cannot be followed through \(operation)", sourceLocation: sourceLocation) {
        _ = try layout(inputs, [2, 3, 4, 5], function)
      }
    }
    expectRefused("Slice", 30) { x, fc in fc(flatten(x).slice(axis: 1, range: 0..<30)) }
    expectRefused("Concatenate", 120) { x, fc in fc(Tensor.concatenated([flatten(x), flatten(x)])) }
    expectRefused("Concatenate", 120) { x, fc in fc(Tensor.concatenated([Tensor.ones([2, 60]), flatten(x)])) }
    expectRefused("Concatenate", 1080) { x, fc in
      // What is only padded is not a new image.
      let image = Tensor.concatenated([flatten(x), flatten(x)]).reshaped([2, 4, 5, 6])
      return fc(flatten(patches(image, kernel: 3, padding: 1)))
    }
    expectRefused("Reshape", 15) { x, fc in fc(flatten(x).reshaped([8, 15])) }
    expectRefused("Maxout", 30) { x, fc in fc(maxout(flatten(x), pieces: 2)) }
    expectRefused("ReLU") { x, fc in
      // A function of one's own that has the name of one that keeps the order says nothing about it.
      fc(differentiable(flatten(x), "ReLU", value: { $0.relu() }, pullback: { _, _, gradient in gradient }))
    }
    expectRefused("Multiply") { x, fc in fc(flatten(x) * Tensor.ones([60])) }
    expectRefused("a second use of the layer") { x, fc in fc(flatten(x)) + fc(Tensor.ones([2, 60])) }
    expectRefused("Reshape", 4) { x, fc in fc(flatten(x).reshaped([2, 5, 3, 4])) }
    expectError("fc: the forward pass does not come to it") { _ = try layout(7) { x, _ in x } }
    expectError("fc", "Linear", "expects 7 features") { _ = try layout(7) { x, fc in fc(flatten(x)) } }
  }

  /// Layers of one's own are read and written as they are, and the receipt says so.
  @Test func ownLayersAreTakenAsTheyAre() throws {
    struct Own: Layer {
      let scale = Parameter(.normal([3, 3, 2, 2], seed: 1))
      func forward(_ x: consuming Tensor) -> Tensor { conv2d(x, weight: scale.value) }
    }
    let file = try Own().weights()
    expectSameBits(file.tensors[0].value, Own().scale.value)
    let receipt = try Own().load(file)
    #expect(receipt.matched.map(\.name) == ["scale"] && receipt.transposed.isEmpty && !receipt.matched[0].isDescribed)
    #expect("\(receipt)".contains("unchanged, from layers that PyTorch does not have: scale"))
  }

  @Test func imagesOfNumbersAreMoved() throws {
    let norm = LayerNorm([2, 3, 4])
    norm.weight!.value = .normal([2, 3, 4], seed: 3)
    let weight = try norm.weights().tensors[0].value
    expectSameBits(weight, norm.weight!.value.transposed([2, 0, 1]))
    let other = LayerNorm([2, 3, 4])
    try other.load(try norm.weights())
    expectSameBits(other.weight!.value, norm.weight!.value)
  }
}
