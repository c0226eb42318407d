import Apus
import Testing

/// The networks of the literature: numbers of parameters, outputs, names.
@Suite struct NetworkTests {
  /// For the usual number of channels and classes; from the papers, the lectures and torchvision's documentation.
  static let parameters: [(name: String, count: Int)] = [
    ("lenet5", 61_706), ("lenet5.paper", 60_000),
    ("alexnet.paper", 60_965_224), ("alexnet.ungrouped", 62_378_344), ("alexnet.torchvision", 61_100_840),
    ("vgg11", 132_863_336), ("vgg11.lrn", 132_863_336), ("vgg13", 133_047_848), ("vgg16.1x1", 133_638_952),
    ("vgg16", 138_357_544), ("vgg19", 143_667_240),
    ("googlenet.paper", 6_998_552), ("googlenet.torchvision", 6_624_904), ("googlenet.torchvision.aux", 13_004_888),
    ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50.paper", 25_557_032),
    ("resnet50.torchvision", 25_557_032), ("resnet101.paper", 44_549_160), ("resnet101.torchvision", 44_549_160),
    ("resnet152.paper", 60_192_808), ("resnet152.torchvision", 60_192_808),
    ("resnet20.paper", 269_722), ("resnet32.paper", 464_154), ("resnet44.paper", 658_586), ("resnet56.paper", 853_018),
    ("resnet110.paper", 1_727_962), ("resnet1202.paper", 19_421_274), ("plain20", 269_722), ("plain56", 853_018),
    ("resnet20", 272_474), ("nfresnet50", 25_557_048),
    ("fcn.32s", 134_346_581), ("fcn.16s", 134_364_410), ("fcn.8s", 134_376_863), ("fcn.small", 153_788),
    ("mobilenet_v2", 3_504_872), ("mobilenet_v3_small", 2_542_856), ("mobilenet_v3_large", 5_483_032),
    ("efficientnet_b0", 5_288_548), ("efficientnet_b1", 7_794_184), ("efficientnet_b2", 9_109_994),
    ("efficientnet_b3", 12_233_232), ("efficientnet_b4", 19_341_616), ("efficientnet_b5", 30_389_784),
    ("efficientnet_b6", 43_040_704), ("efficientnet_b7", 66_347_960), ("convnext_tiny", 28_589_128),
    ("convnext_small", 50_223_688), ("convnext_base", 88_591_464), ("convnext_large", 197_767_336),
    ("densenet121", 7_978_856), ("densenet161", 28_681_000), ("densenet169", 14_149_480), ("densenet201", 20_013_928),
    ("squeezenet1_0", 1_248_424), ("squeezenet1_1", 1_235_496), ("shufflenet_v2_x0_5", 1_366_792),
    ("shufflenet_v2_x1_0", 2_278_604), ("shufflenet_v2_x1_5", 3_503_624), ("shufflenet_v2_x2_0", 7_393_996),
    ("unet.paper", 31_030_658), ("unet.padded", 31_030_658),
  ]

  @Test(arguments: parameters) func parametersAreCounted(name: String, count: Int) throws {
    let entry = try NetworkCatalogue.entry(name)
    let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses)
    #expect(model.parameters.scalarCount == count)
  }

  @Test(arguments: NetworkCatalogue.names) func everyNetworkGivesLogits(name: String) throws {
    let entry = try NetworkCatalogue.entry(name)
    let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses)
    for phase in [Phase.inference, .training] {
      let plan = try model.plan(input: Shape([2] + entry.usualInput), phase: phase)
      // U-Net as published scores the middle alone.
      let border = name == "unet.paper" ? 184 : 0
      let scores: [Int] = entry.isDense ? [entry.usualInput[0] - border, entry.usualInput[1] - border] : []
      #expect(plan.outputShape == Shape([2] + scores + [entry.usualClasses]))
      #expect(plan.parameters == model.parameters.scalarCount || name.hasSuffix(".aux"), "in phase \(phase)")
    }
  }

  @Test func familiesAndUnknownNames() throws {
    #expect(try NetworkCatalogue.entry("resnet50").name == "resnet50.torchvision")
    #expect(try NetworkCatalogue.entry("alexnet").name == "alexnet.torchvision")
    #expect(try NetworkCatalogue.entry("unet").name == "unet.paper")
    expectError("gogglenet", "nearest known is googlenet") { try NetworkCatalogue.check("gogglenet") }
    expectError("takes images of shape [32, 32, 1]") {
      _ = try NetworkCatalogue.make("lenet5.paper", input: [28, 28, 1], classes: 10, seed: 1)
    }
    expectError("10 digits, not for 12") {
      _ = try NetworkCatalogue.make("lenet5.paper", input: [32, 32, 1], classes: 12, seed: 1)
    }
    expectError("[H, W, C]") { _ = try NetworkCatalogue.make("vgg16", input: [0, 224, 3], classes: 10, seed: 1) }
    #expect(Set(NetworkCatalogue.names).count == NetworkCatalogue.names.count)
  }

  /// Too small an image is an error of the plan, with the layer's path.
  @Test func anImageTooSmallIsFoundByThePlan() throws {
    let model = try NetworkCatalogue.outline("alexnet", input: [32, 32, 3], classes: 10)
    expectError("features.12", "MaxPool2D") { _ = try model.plan(input: [1, 32, 32, 3]) }
  }

  @Test func namesAreTorchvisions() throws {
    func paths(_ name: String) throws -> Set<String> {
      let entry = try NetworkCatalogue.entry(name)
      let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses)
      return Set(model.parameters.map(\.path))
    }
    #expect(try paths("alexnet").isSuperset(of: ["features.0.weight", "features.10.bias", "classifier.6.weight"]))
    #expect(try paths("vgg16").isSuperset(of: ["features.28.weight", "classifier.0.weight", "classifier.6.bias"]))
    #expect(
      try paths("resnet50").isSuperset(of: [
        "conv1.weight", "bn1.weight", "layer1.0.downsample.0.weight", "layer3.5.conv3.weight", "fc.bias",
      ]))
    #expect(
      try paths("googlenet.torchvision.aux").isSuperset(of: [
        "conv1.conv.weight", "inception3a.branch2.1.bn.weight", "inception4d.branch4.1.conv.weight", "aux1.fc1.weight",
      ]))
  }

  /// An image that has another digit's shape in ink is nearer to that digit's code than to any other.
  @Test func codesOfTheDigitsDiffer() {
    let codes = LeNet5Original().codes.value
    #expect(codes.shape == [84, 10])
    let distances = (matmul(codes.transposed(), codes) * -2 + 168.0).array(of: Float.self)
    for a in 0..<10 { for b in 0..<10 where a != b { #expect(distances[a * 10 + b] >= 4 * 8, "digits \(a) and \(b)") } }
  }

  @Test func gradientsOfTheBlocks() {
    func check(_ model: some Layer, _ shape: Shape, tolerance: Double = 1e-6) {
      let x = Tensor.normal(shape, seed: 5)
      // Sums of zeros plus a bias of 0 would lie on ReLU's kink.
      for (path, parameter) in model.parameters where path.hasSuffix("bias") {
        parameter.value = .normal(parameter.shape, deviation: 0.3, seed: 9, stream: UInt64(path.utf8.count))
      }
      let direction = Tensor.normal(withPhase(.inference) { model(x).shape }, seed: 6)
      let result = gradientCheck(of: model) { (model(x) * direction).sum() }
      #expect(result.count > 0 && result.largestError < tolerance, "\(type(of: model)): \(result)")
    }
    Random.withSeed(3) {
      check(Bottleneck(4, width: 2, stride: 2, stridesFirst: true), [2, 5, 5, 4])
      check(ResidualBlock(3, 5, stride: 2, shortcut: .padding), [2, 4, 5, 3])
      check(ResidualBlock(3, 3, shortcut: .none), [2, 4, 4, 3])
      check(
        Inception(3, .init(one: 1, three: (2, 2), five: (1, 2), pool: 1), fiveKernel: 5, normalized: false),
        [1, 4, 5, 3])
      check(PartiallyConnectedConv2D(3, [[0], [0, 2], [0, 1, 2]], kernel: 2), [1, 4, 3, 3])
      check(TrainedSubsampling2D(2), [1, 4, 4, 2])
      let block = NormalizerFreeBlock(3, width: 2, stride: 2, alpha: 0.2, beta: 1.1, projects: true)
      block.skipGain.value = .full([1], 0.7)
      check(block, [1, 5, 5, 3])
      check(AdaptiveAveragePool2DUnderWeights(), [1, 5, 7, 2])
    }
  }

  /// Adaptive pooling has no parameters: a scale before it.
  private struct AdaptiveAveragePool2DUnderWeights: Layer {
    let scale = Parameter(.normal([5, 7, 2], seed: 8))
    let pool = AdaptiveAveragePool2D(IntOrPair(3, 4))
    func forward(_ x: Tensor) -> Tensor { pool(x * scale.value) }
  }

  /// Signals neither vanish nor grow in a network without normalization, at its start and with its branches on.
  @Test func normalizerFreeNetworksKeepTheVariance() {
    let model = Random.withSeed(2) { NormalizerFreeResNet(depth: 26, classes: 10) }
    for (_, parameter) in every(model.parameters.filter { $0.path.hasSuffix("skipGain") }) {
      parameter.value = .ones([1])
    }
    let x = Tensor.normal([2, 64, 64, 3], seed: 3)
    let h = withPhase(.inference) { model.layer3(model.layer2(model.layer1(model.conv1(x)))) }
    let mean = h.mean().item()
    let square = h.square().mean().item()
    #expect((0.3...3).contains((square - mean * mean).squareRoot()))
  }

  /// β is the deviation that a block's input has: √(1 + α² · blocks since the last shortcut with a convolution).
  @Test func normalizerFreeBlocksKnowTheirInputsDeviation() {
    let model = Random.withSeed(2) { NormalizerFreeResNet(depth: 50, classes: 10) }
    let stages = [model.layer1, model.layer2, model.layer3, model.layer4].map { stage in
      stage.layers.map { ($0 as! NormalizerFreeBlock).beta }
    }
    for (stage, betas) in stages.enumerated() {
      let added = stage == 0 ? 0 : stages[stage - 1].count
      #expect(abs(betas[0] - (1 + 0.04 * Double(added)).squareRoot()) < 1e-12)
      for index in 1..<betas.count { #expect(abs(betas[index] - (1 + 0.04 * Double(index)).squareRoot()) < 1e-12) }
    }
  }

  /// h + α · f(γ·ReLU(h) / β), γ = √(2 / (1 − 1/π)) = 1.71285855, with the gain at 1.
  @Test func aNormalizerFreeBlockIsWhatThePaperSays() {
    let block = Random.withSeed(3) {
      NormalizerFreeBlock(8, width: 2, stride: 1, alpha: 0.2, beta: 1.4, projects: false)
    }
    block.skipGain.value = .ones([1])
    let (x, gamma) = (floats([1, 4, 4, 8], seed: 4), 1.7128585504496627)
    let (y, expected) = withPhase(.inference) { () -> (Tensor, Tensor) in
      let first = block.conv2(relu(block.conv1(relu(x) * gamma * (1 / 1.4))) * gamma)
      return (block(x), x + block.conv3(relu(first) * gamma) * 0.2)
    }
    expectClose(y, expected.array(of: Float.self).map(Double.init))
  }

  /// Auxiliary heads take part in training, with 0.3 each, and not in use.
  @Test func auxiliaryHeadsAreTrained() throws {
    let model = Random.withSeed(4) { GoogLeNet(.paper, auxiliaryHeads: true, classes: 3) }
    let x = Tensor.normal([1, 224, 224, 3], seed: 7)
    let labels = Tensor([Int32(1)])
    // Without dropout, so that the loss can be put together from the heads.
    let (whole, parts) = withPhase(.inference) {
      (
        trainingLoss(of: model, images: x, labels: labels).item(),
        model.trainingLogits(x).map { crossEntropy(logits: $0.logits, labels: labels).item() }
      )
    }
    #expect(parts.count == 3)
    #expect(abs(whole - (parts[0] + 0.3 * parts[1] + 0.3 * parts[2])) < 1e-5 * whole)
    let (_, gradients) = valueWithGradients(of: model) { trainingLoss(of: model, images: x, labels: labels) }
    #expect(gradients[model.aux1!.fc2.weight]?.isFinite == true && gradients[model.aux2!.conv.conv.weight] != nil)
    let (_, plain) = valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }
    #expect(plain[model.aux1!.fc2.weight] == nil && plain[model.fc.weight] != nil)
  }

  @Test func partlyConnectedConvolutionsRefuseAKernelOfNothing() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PartiallyConnectedConv2D(3, [[0]], kernel: [2, 0])
    }
    #expect(errorText(result).contains("PartiallyConnectedConv2D: kernel 2×0"))
  }

  /// Each output map of C3 is an ordinary convolution of the maps that it sees.
  @Test func partlyConnectedMapsSeeWhatTheTableSays() {
    let connections = [[1], [0, 2], [0, 1, 2]]
    let layer = Random.withSeed(5) { PartiallyConnectedConv2D(3, connections, kernel: 2) }
    layer.bias.value = Tensor([Float(0.5), -1, 2])
    let x = floats([2, 4, 5, 3], seed: 6)
    let y = withPhase(.inference) { layer(x) }
    var first = 0
    for (output, maps) in connections.enumerated() {
      let seen = Tensor.concatenated(maps.map { x.slice(axis: 3, range: $0..<$0 + 1) })
      let weight = layer.weight.value.slice(axis: 2, range: first..<first + maps.count)
      let bias = layer.bias.value.slice(axis: 0, range: output..<output + 1)
      let expected = conv2d(seen, weight: weight.reshaped([2, 2, maps.count, 1]), bias: bias)
      expectClose(y.slice(axis: 3, range: output..<output + 1), expected.array(of: Float.self).map(Double.init))
      first += maps.count
    }
    #expect(LeNet5Original.connections.map(\.count).reduce(0, +) == 60)
    // Each map of S2 is seen by ten of C3's, as in the paper's table.
    for map in 0..<6 { #expect(LeNet5Original.connections.filter { $0.contains(map) }.count == 10) }
  }

  @Test func trainedSubsamplingScalesTheSumOfAWindow() {
    let layer = TrainedSubsampling2D(2)
    layer.coefficient.value = Tensor([Float(0.5), -2])
    layer.bias.value = Tensor([Float(1), 3])
    let x = Tensor([Float(1), 10, 2, 20, 3, 30, 4, 40], shape: [1, 2, 2, 2])
    expectClose(withPhase(.inference) { layer(x) }, [0.5 * 10 + 1, -2 * 100 + 3])
  }

  /// The nearest code is the most probable digit: logits are minus the squared distances.
  @Test func theOutputOfLeNet5IsTheDistanceToTheCodes() {
    let model = Random.withSeed(6) { LeNet5Original() }
    let x = floats([2, 32, 32, 1], seed: 7)
    let logits = withPhase(.inference) { model(x) }.array(of: Float.self)
    let h = withPhase(.inference) { features(in: model, x) }.array(of: Float.self)
    let codes = model.codes.value.array(of: Float.self)
    for sample in 0..<2 {
      for digit in 0..<10 {
        let distance = (0..<84).reduce(0.0) {
          let d = Double(h[sample * 84 + $1] - codes[$1 * 10 + digit])
          return $0 + d * d
        }
        #expect(abs(Double(logits[sample * 10 + digit]) + distance) < 1e-3 * distance)
      }
    }
  }

  /// F6's output, step by step as in the paper's figure 2.
  private func features(in model: LeNet5Original, _ x: Tensor) -> Tensor {
    func squash(_ x: Tensor) -> Tensor { (x * (2.0 / 3)).tanh() * 1.7159 }
    let s2 = squash(model.s2(squash(model.c1(x))))
    let s4 = squash(model.s4(squash(model.c3(s2))))
    return squash(model.f6(squash(model.c5(s4)).reshaped([x.shape[0], 120])))
  }

  /// Options A and B take every second pixel; A fills up with zeros.
  @Test func shortcutsWithoutParametersPadChannels() {
    let block = Random.withSeed(7) { ResidualBlock(2, 4, stride: 2, shortcut: .padding) }
    // The branch gives 0: the block is its shortcut's positive part.
    block.bn2.weight!.value = .zeros([4])
    let x = floats([1, 3, 3, 2], seed: 8)
    let values = x.array(of: Float.self)
    let y = withPhase(.inference) { block(x) }
    #expect(y.shape == [1, 2, 2, 4])
    let expected = [0, 2, 6, 8].flatMap { (pixel: Int) -> [Double] in
      [max(0, Double(values[pixel * 2])), max(0, Double(values[pixel * 2 + 1])), 0, 0]
    }
    expectClose(y, expected, tolerance: 0)
  }
}
