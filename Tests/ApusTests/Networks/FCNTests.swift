import Apus
import Testing

/// Fully convolutional networks: the published nets, any input size, gradients.
@Suite struct FCNTests {
  /// Score layers begin at 0; so that everything has a gradient they get numbers.
  private func withScores(_ model: FCN) -> FCN {
    for (index, (path, parameter)) in model.parameters.enumerated()
    where path.contains("score") || path.hasSuffix("bias") {
      parameter.value = .normal(parameter.shape, deviation: 0.5, seed: 21, stream: UInt64(index))
    }
    return model
  }

  private func small(_ classes: Int = 3, widths: [Int] = [2, 3, 3]) -> FCN {
    withScores(Random.withSeed(2) { FCN.small(classes: classes, widths: widths) })
  }

  @Test func thePublishedNetsAreTheAuthors() throws {
    let fixture = try PyTorchFixture("fcn")
    let sizes = ["odd": [37, 45], "whole": [64, 32], "small": [1, 3]]
    for variant in FCN.Variant.allCases {
      let model = FCN.vgg16(variant, classes: 3, channels: 2, widths: [2, 3, 3, 4, 4], hidden: 5)
      let own = Set(model.parameters.map(\.path))
      try model.load(fixture.group("parameters/").filter { own.contains($0.key) }, from: "fixture")
      for (name, size) in sizes {
        let scores = withPhase(.inference) { model(fixture["\(name)/x"]) }
        #expect(scores.shape == [1, size[0], size[1], 3])
        fixture.expect(scores, is: "\(name)/\(variant.rawValue)")
      }
    }
  }

  /// Table 1 of the paper: 134M for the net before its scores.
  @Test func thePublishedNetsHaveTheirParameters() throws {
    let net = try NetworkCatalogue.outline("fcn.32s", input: [500, 500, 3], classes: 21)
    let scores = net.parameters.filter { $0.path.hasPrefix("score") }.reduce(0) { $0 + $1.parameter.shape.elementCount }
    #expect(scores == 4096 * 21 + 21)
    #expect(net.parameters.scalarCount - scores == 14_714_688 + (7 * 7 * 512 + 1) * 4096 + 4097 * 4096)
    #expect(try NetworkCatalogue.entry("fcn").name == "fcn.8s")
  }

  @Test func imagesOfAnySizeGetScoresOfTheirSize() throws {
    let model = small()
    for size in [[1, 1], [1, 9], [5, 7], [16, 16], [33, 64], [97, 161]] {
      let shape: Shape = [2, size[0], size[1], 1]
      #expect(try model.plan(input: shape).outputShape == [2, size[0], size[1], 3])
      #expect(withPhase(.inference) { model(.ones(shape)) }.shape == [2, size[0], size[1], 3])
    }
    for variant in FCN.Variant.allCases {
      let model = try NetworkCatalogue.outline("fcn.\(variant.rawValue)", input: [500, 500, 3], classes: 21)
      for size in [[500, 500], [375, 500], [1, 1], [33, 31]] {
        #expect(try model.plan(input: [1, size[0], size[1], 3]).outputShape == [1, size[0], size[1], 21])
      }
    }
  }

  /// What is cut off an image leaves the scores far from the cut as they are: nothing is stretched, whatever the size.
  @Test func scoresStayAboveTheirPixels() {
    let model = small(widths: [3, 4])
    let x = floats([1, 48, 40, 1], seed: 4)
    func scores(_ x: Tensor) -> Tensor { withPhase(.inference) { model(x) } }
    let whole = scores(x)
    for (height, width) in [(47, 39), (46, 38), (45, 40)] {
      let part = scores(x.slice(axis: 1, range: 0..<height).slice(axis: 2, range: 0..<width))
      func inside(_ y: Tensor) -> Tensor { y.slice(axis: 1, range: 0..<34).slice(axis: 2, range: 0..<28) }
      expectClose(inside(part), inside(whole).array(of: Float.self).map(Double.init), tolerance: 1e-5)
    }
    // An image that moves takes its scores along, by multiples of what the stages halve.
    let moved = Tensor.concatenated([x.slice(axis: 2, range: 0..<4), x], axis: 2)
    func middle(_ y: Tensor, from left: Int) -> Tensor {
      y.slice(axis: 1, range: 0..<48).slice(axis: 2, range: left..<left + 20)
    }
    expectClose(
      middle(scores(moved), from: 16), middle(whole, from: 12).array(of: Float.self).map(Double.init), tolerance: 1e-5)
  }

  @Test func gradientsOfTheNet() {
    let model = small()
    let x = floats([2, 5, 7, 1], seed: 5)
    let labels = Tensor((0..<70).map { Int32($0 % 7 == 3 ? 255 : $0 % 3) }, shape: [2, 5, 7])
    let result = gradientCheck(of: model, step: 1e-6, elements: 8) {
      crossEntropy(logits: model(x), labels: labels, ignoring: 255)
    }
    #expect(result.count > 100 && result.largestError < 1e-5, "\(result)")
  }

  /// As published: the finer map's border is cut off.
  @Test func gradientsOfAFusion() {
    struct Fused: Layer {
      let fusion = ScoreFusion(features: 2, classes: 3, padding: 0, offset: 1)
      func forward(_ x: Tensor) -> Tensor { fusion(x, Tensor.normal([1, 9, 12, 2], seed: 6)) }
    }
    let model = Fused()
    model.fusion.score.weight.value = .normal(model.fusion.score.weight.shape, seed: 8)
    let coarse = floats([1, 3, 4, 3], seed: 7)
    #expect(model(coarse).shape == [1, 8, 10, 3])
    let result = gradientCheck(of: model) { model(coarse).square().sum() * 0.01 }
    #expect(result.count > 30 && result.largestError < 1e-6, "\(result)")
    expectGradients(at: [coarse.cast(to: .float64)]) { model($0[0]).square() }
  }

  @Test func aFusionRefusesAFineMapThatItsOffsetLeavesNothingOf() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let fusion = ScoreFusion(features: 2, classes: 3, offset: 4)
      _ = fusion(.zeros([1, 3, 3, 3]), .zeros([1, 4, 9, 2]))
    }
    #expect(errorText(result).contains("expects a fine map of more than 4 pixels each way, it is [1, 4, 9, 2]"))
  }

  @Test func aTransposedConvolutionBeginsAsBilinearEnlargement() {
    let x = floats([2, 5, 4, 3], seed: 9)
    let up = ConvTranspose2D(3, 3, kernel: 4, stride: 2, padding: 1, bias: false, initializer: .bilinear)
    let each = ConvTranspose2D(3, 3, kernel: 4, stride: 2, padding: 1, groups: 3, bias: false, initializer: .bilinear)
    func inside(_ y: Tensor) -> Tensor { y.slice(axis: 1, range: 1..<9).slice(axis: 2, range: 1..<7) }
    let want = inside(Upsample2D(2, filter: .bilinear)(x)).array(of: Float.self).map(Double.init)
    expectClose(inside(up(x)), want, tolerance: 1e-6)
    expectClose(inside(each(x)), want, tolerance: 1e-6)
  }

  /// Linear layers as convolutions: the classifier slides over a larger map.
  @Test func aClassifierBecomesFullyConvolutional() {
    let net = FCN.vgg16(.fcn32s, classes: 3, channels: 2, widths: [2, 3, 3, 4, 4], hidden: 5)
    let features = Random.withSeed(5) {
      Sequential([2, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4].adjacent().map { Conv2D($0, $1, kernel: 3, padding: 1) })
    }
    let classifier = Random.withSeed(6) {
      Sequential {
        Linear(7 * 7 * 4, 5, biasInitializer: .normal(deviation: 1))
        ReLU()
        Linear(5, 5)
        ReLU()
        Linear(5, 9)
      }
    }
    net.load(features: features, classifier: classifier)
    expectSameBits(
      net.parameters.first { $0.path == "stages.4.4.weight" }!.parameter.value,
      (features.layers[12] as! Conv2D).weight.value)
    let map = floats([1, 9, 8, 4], seed: 10)
    let slid = withPhase(.inference) { net.head(map) }
    #expect(slid.shape == [1, 3, 2, 5])
    let hidden = Sequential(Array(classifier.layers.prefix(4)))
    for (top, left) in [(0, 0), (2, 1)] {
      let window = map.slice(axis: 1, range: top..<top + 7).slice(axis: 2, range: left..<left + 7)
      let place = slid.slice(axis: 1, range: top..<top + 1).slice(axis: 2, range: left..<left + 1)
      expectClose(place, hidden(flatten(window)).array(of: Float.self).map(Double.init), tolerance: 1e-5)
    }
  }

  @Test func wrongInputsAreErrorsWithTheirPath() {
    let model = small()
    expectError("stages.0.0: Conv2D expects 1 channel, input is [1, 8, 8, 3]") {
      _ = try model.plan(input: [1, 8, 8, 3])
    }
    expectError("FCN expects [N, H, W, C]") { _ = try model.plan(input: [8, 8]) }
    // A classifier's trainer says what it was given.
    expectError("FCN gives [64, 32, 32, 10]", "a trainer of `scenes` takes one") {
      _ = try Trainer(model: FCN.small(classes: 10), data: digits, settings: shortSettings())
    }
  }
}

extension Array {
  /// Each element with the one after it.
  fileprivate func adjacent() -> [(Element, Element)] { [(Element, Element)](zip(self, dropFirst())) }
}
