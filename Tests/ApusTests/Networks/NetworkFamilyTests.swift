import Apus
import Foundation
import Testing

/// The networks that have torchvision's names, and U-Net: against PyTorch, in training, compiled.
@Suite struct NetworkFamilyTests {
  /// As make-network-fixtures.py draws numbers: in −1..<1, by a hash of the name and the place.
  private static func uniform(_ name: String, _ shape: Shape) -> Tensor {
    var seed: UInt32 = 0x811c_9dc5
    for byte in name.utf8 { seed = (seed ^ UInt32(byte)) &* 0x0100_0193 }
    let count = shape.elementCount
    let numbers = [Float](unsafeUninitializedCapacity: count) { numbers, initialized in
      for index in 0..<count {
        var h = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 &+ seed
        h = (h ^ (h >> 16)) &* 0x85eb_ca6b
        h = (h ^ (h >> 13)) &* 0xc2b2_ae35
        h ^= h >> 16
        numbers.initializeElement(at: index, to: Float(h >> 8) / 8_388_608 - 1)
      }
      initialized = count
    }
    return Tensor(numbers, shape: shape)
  }

  /// A parameter in PyTorch's names and axes, as the script has it; batch norms have no statistics yet.
  private static func drawn(_ name: String, _ shape: Shape) -> Tensor {
    if name.hasSuffix("running_mean") { return .zeros(shape) }
    if name.hasSuffix("running_var") { return .ones(shape) }
    let u = uniform(name, shape)
    if name.hasSuffix("layer_scale") { return u * 0.25 + 0.5 }
    if shape.count > 1 { return u * (6 / Double(shape.dropFirst().reduce(1, *))).squareRoot() }
    return name.hasSuffix("weight") ? u * 0.25 + 1 : u * 0.125
  }

  /// Loads what is drawn under the names of PyTorch's file, which therefore must be right.
  private static func load(_ model: any Layer, input: Shape) throws {
    let tensors = model.pyTorchShapes().filter { !$0.name.hasSuffix("num_batches_tracked") }
    try model.load(
      WeightsFile(source: "drawn", tensors: every(tensors).map { ($0.name, drawn($0.name, $0.shape)) }), input: input)
  }

  private static let images = Upsample2D(8, filter: .nearest)(
    uniform("images", [4, 3, 8, 8]).transposed([0, 2, 3, 1]) * 2)

  static let families = [
    "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "densenet121",
    "squeezenet1_0", "squeezenet1_1", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0",
  ]

  /// And compiled with batch norms in place it has the same bits, with folded ones it is as near to PyTorch.
  @Test(arguments: families) func outputsAreTorchvisions(name: String) throws {
    let fixture = try PyTorchFixture("networks")
    let model = try NetworkCatalogue.outline(name, input: [64, 64, 3], classes: 10)
    let input: Shape = [4, 64, 64, 3]
    try Self.load(model, input: input)
    if !model.buffers.isEmpty { model.recomputeStatistics(over: [Self.images]) }
    let logits = model(Self.images)
    fixture.expect(logits, is: name)
    expectSameBits(try model.compiled(for: input, foldingBatchNorms: false)(Self.images), logits)
    fixture.expect(try model.compiled(for: input)(Self.images), is: name)
  }

  /// ε and momentum of norms, dropout and stochastic depth, which weights do not show, and how weights begin.
  @Test func settingsAreTorchvisions() throws {
    struct Settings: Codable {
      var norms, layerNorms: Int
      var norm, dropout, stochasticDepth: [Double]
      var beginnings: [[Double]]
    }
    let json = try File.contents(of: repositoryFile("Tests/Fixtures/torchvision-settings.json"))
    for (name, want) in every(try JSONDecoder().decode([String: Settings].self, from: Data(json))) {
      let entry = try NetworkCatalogue.entry(name)
      let isDrawn = !want.beginnings.isEmpty
      let model =
        isDrawn
        ? try NetworkCatalogue.make(name, input: entry.usualInput, classes: 1000, seed: 3)
        : try NetworkCatalogue.outline(name, input: entry.usualInput, classes: 1000)
      let layers = ModelWalk(model, listsLayers: true).layers.map(\.layer)
      let norms = layers.compactMap { $0 as? BatchNorm }
      #expect(norms.count == want.norms, "\(name)")
      #expect(norms.allSatisfy { [$0.epsilon, $0.momentum] == want.norm }, "\(name)")
      #expect(layers.count { ($0 as? LayerNorm)?.epsilon == 1e-6 } == want.layerNorms, "\(name)")
      #expect(layers.compactMap { ($0 as? Dropout)?.dropProbability } == want.dropout, "\(name)")
      let dropped = layers.compactMap { ($0 as? StochasticDepth)?.dropProbability }.filter { $0 > 0 }
      #expect(dropped == want.stochasticDepth, "\(name)")
      if !isDrawn { continue }
      let weights = model.parameters.filter { [2, 4].contains($0.parameter.shape.count) }
      for ((path, parameter), begin) in pairs(weights, want.beginnings) {
        let value = parameter.value
        let deviation = (value.square().mean().item() - value.mean().item() * value.mean().item()).squareRoot()
        let count = Double(value.elementCount)
        // Both are of samples, whose deviations are 1 / √(2n) away from the distribution's.
        #expect(abs(log(deviation / begin[0])) < 5 / count.squareRoot() + 0.005, "\(name) \(path): \(deviation)")
        // √3 for a uniform distribution, more than three for a normal one.
        if count < 2000 { continue }
        let largest = value.abs().max().item() / deviation
        #expect((largest > 2) == (begin[1] > 2), "\(name) \(path): \(largest) deviations")
      }
    }
  }

  @Test func uNetIsThePapers() throws {
    let fixture = try PyTorchFixture("networks")
    for (name, size, scores) in [("unet.paper", [60, 76], [20, 36]), ("unet.padded", [16, 24], [16, 24])] {
      let model = UNet(classes: 3, channels: 2, widths: [4, 6, 8], padded: name == "unet.padded")
      let input: Shape = [1, size[0], size[1], 2]
      try Self.load(model, input: input)
      let x = Self.uniform(name, [1, 2, size[0], size[1]]).transposed([0, 2, 3, 1])
      #expect(model(x).shape == [1, scores[0], scores[1], 3])
      fixture.expect(model(x), is: name)
      expectSameBits(try model.compiled(for: input)(x), model(x))
    }
    let drops = ModelWalk(UNet(widths: [2, 3, 4, 5]), listsLayers: true).layers.filter { $0.layer is Dropout }
    #expect(drops.map(\.path) == ["contracting.2.4", "contracting.3.4"])
  }

  /// Sizes whose maps do not halve; those that do give scores 92 pixels from each edge, or of the whole image.
  @Test func uNetRefusesSizesThatDoNotHalve() throws {
    let (paper, padded) = (
      try NetworkCatalogue.outline("unet", input: [572, 572, 1], classes: 2),
      try NetworkCatalogue.outline("unet.padded", input: [512, 512, 1], classes: 2)
    )
    for (size, left) in [(188, 4), (204, 20), (572, 388)] {
      #expect(try paper.plan(input: [1, size, 572, 1]).outputShape == [1, left, 388, 2])
    }
    for size in [172, 189, 196, 571, 576] {
      expectError("UNet expects [N, H, W, C] with sizes of at least 188 that are 4 below a multiple of 16") {
        _ = try paper.plan(input: [1, 572, size, 1])
      }
    }
    #expect(try padded.plan(input: [1, 16, 48, 1]).outputShape == [1, 16, 48, 2])
    for size in [0, 8, 24, 188] {
      expectError("UNet expects [N, H, W, C] with sizes that are multiples of 16") {
        _ = try padded.plan(input: [1, size, 16, 1])
      }
    }
    expectError("UNet expects [N, H, W, C]") { _ = try padded.plan(input: [16, 16]) }
  }

  @Test func gradientsOfTheBlocks() {
    func check(_ model: some Layer, _ shape: Shape, tolerance: Double = 1e-6) {
      let x = Tensor.normal(shape, seed: 5)
      for (index, (path, parameter)) in model.parameters.enumerated()
      where path.hasSuffix("bias") || path.hasSuffix("layerScale") {
        parameter.value = .normal(parameter.shape, deviation: 0.3, seed: 9, stream: UInt64(index))
      }
      let direction = Tensor.normal(withPhase(.inference) { model(x).shape }, seed: 6)
      let result = gradientCheck(of: model) { (model(x) * direction).sum() }
      #expect(result.count > 0 && result.largestError < tolerance, "\(type(of: model)): \(result)")
    }
    Random.withSeed(3) {
      check(
        InvertedResidual(isResidual: true, stochasticDepth: StochasticDepth(dropProbability: 0.5)) {
          Conv2D(3, 6, kernel: 1)
          Conv2D(6, 6, kernel: 3, padding: 1, groups: 6)
          Swish()
          SqueezeExcitation(6, squeezed: 2)
          Conv2D(6, 3, kernel: 1)
        }, [4, 5, 4, 3])
      check(ConvNeXtBlock(3, dropProbability: 0.5), [4, 5, 4, 3])
      check(Fire(3, squeezed: 2, expanded: 3), [2, 4, 5, 3])
      check(DenseBlock(3, growth: 2, layers: 3), [2, 4, 5, 3])
      check(Transition(4, 3), [2, 5, 4, 4])
      check(ShuffleUnit(6), [2, 4, 5, 6])
      check(ShuffleUnit(halving: 3, to: 8), [2, 5, 4, 3])
      check(UNet(classes: 2, channels: 2, widths: [2, 3], padded: true), [2, 4, 6, 2])
      check(UNet(classes: 2, channels: 2, widths: [2, 3]), [1, 20, 22, 2])
    }
  }

  /// A branch that is left out leaves the input, for each sample by itself.
  @Test func branchesAreLeftOutInTraining() {
    let x = floats([64, 2, 2, 3], seed: 4)
    let block = Random.withSeed(3) {
      InvertedResidual(isResidual: true, stochasticDepth: StochasticDepth(dropProbability: 0.5)) {
        Conv2D(3, 3, kernel: 1)
      }
    }
    func kept(_ phase: Phase) -> Int {
      let branch = withPhase(phase) { block(x) - x }
      return branch.abs().max(axes: [1, 2, 3]).array(of: Float.self).count { $0 > 0 }
    }
    #expect(kept(.inference) == 64)
    #expect((16...48).contains(kept(.training)))
  }

  /// Images of any size, and the least where a map would have no pixel left.
  @Test func smallImages() throws {
    for (name, least) in [
      ("mobilenet_v2", 1), ("mobilenet_v3_small", 1), ("efficientnet_b0", 1), ("shufflenet_v2_x1_0", 1),
      ("squeezenet1_0", 21), ("squeezenet1_1", 17), ("densenet121", 29), ("convnext_tiny", 32),
    ] {
      let model = try NetworkCatalogue.outline(name, input: [224, 224, 3], classes: 10)
      #expect(try model.plan(input: [2, least, least, 3]).outputShape == [2, 10], "\(name)")
      if least > 1 { expectError("features.") { _ = try model.plan(input: [2, least - 1, least - 1, 3]) } }
    }
  }

  @Test(arguments: [
    "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "convnext_tiny", "densenet121", "squeezenet1_1",
    "shufflenet_v2_x0_5",
  ])
  func everyFamilyLearns(name: String) throws {
    let model: any Layer =
      name == "convnext_tiny"
      ? Random.withSeed(2) { ConvNeXt(depths: [1, 1, 2, 1], width: 16, classes: 4) }
      : try NetworkCatalogue.make(name, input: [32, 32, 3], classes: 4, seed: 2)
    // Four pictures, under noise.
    let pictures = floats([1, 4, 32, 32, 3], seed: 4).broadcast(to: [4, 4, 32, 32, 3]).reshaped([16, 32, 32, 3])
    expectLearning(model, pictures + floats([16, 32, 32, 3], seed: 5) * 0.1, Tensor((0..<16).map { Int32($0 % 4) }))
  }

  @Test func uNetLearns() {
    let model = Random.withSeed(2) { UNet(widths: [8, 12, 16], padded: true) }
    let x = floats([4, 16, 16, 1], seed: 4)
    let isBright = x.array(of: Float.self).map { Int32($0 > 0 ? 1 : 0) }
    expectLearning(model, x, Tensor(isBright, shape: [4, 16, 16]))
  }

  /// A batch that is seen again and again is learned.
  private func expectLearning(_ model: any Layer, _ x: Tensor, _ labels: Tensor) {
    var optimizer = Adam(model.parameters, learningRate: 1e-3)
    var losses: [Double] = []
    for step in 0..<12 {
      let (loss, gradients) = valueWithGradients(of: model, key: RandomKey(seed: 1, step: UInt64(step))) {
        crossEntropy(logits: model(x), labels: labels)
      }
      losses.append(loss.item())
      optimizer.step(gradients)
    }
    let (first, last) = (losses.prefix(3).reduce(0, +), losses.suffix(3).reduce(0, +))
    #expect(losses.allSatisfy(\.isFinite) && last < 0.9 * first, "\(losses)")
  }

  @Test func whatHasNoMeaningIsRefused() async {
    let width = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MobileNetV2(width: 0)
    }
    #expect(errorText(width).contains("MobileNetV2(width: 0.0): above 0"))
    let other = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MobileNetV3(.small, width: .nan)
    }
    #expect(errorText(other).contains("MobileNetV3(width: nan): above 0"))
    let depth = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = DenseNet(depth: 120)
    }
    #expect(errorText(depth).contains("[121, 161, 169, 201] are the depths there are"))
    let stages = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvNeXt(depths: [3, 0], width: 8)
    }
    #expect(errorText(stages).contains("ConvNeXt(depths: [3, 0], width: 8): at least one stage, block and channel"))
    let levels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = UNet(widths: [8])
    }
    #expect(errorText(levels).contains("UNet(widths: [8]): at least two levels"))
  }

  /// Widths are rounded to multiples of 8, and up where rounding would take more than a tenth; torchvision's counts.
  @Test func widthsAreScaled() {
    #expect(MobileNetV2(width: 0.35).parameters.scalarCount == 1_677_128)
    #expect(MobileNetV3(.small, width: 0.75).parameters.scalarCount == 1_653_920)
    #expect(MobileNetV3(.large, width: 0.35).parameters.scalarCount == 997_064)
  }
}
