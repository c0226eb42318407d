import Apus
import Testing

@Suite struct LayerTests {
  /// An odd total goes below and to the right, as in TensorFlow: every output sees the pixel at its own place first.
  @Test func samePaddingOfAnEvenKernelIsBelowAndRight() {
    let y = conv2d(Tensor.ones([1, 3, 3, 1]), weight: .ones([2, 2, 1, 1]), padding: .same)
    #expect(y.shape == [1, 3, 3, 1])
    #expect(y.array(of: Float.self) == [4, 4, 2, 4, 4, 2, 2, 2, 1])
  }

  @Test func patchesGoByEachAxis() {
    let x = Tensor((1...12).map { Float($0) }, shape: [1, 3, 4, 1])
    let apart = patches(x, kernel: [1, 2], dilation: [1, 2])
    #expect(apart.array(of: Float.self) == [1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10, 12])
    let padded = patches(x, kernel: 1, padding: .explicit(top: 0, left: 1, bottom: 0, right: 0))
    #expect(padded.array(of: Float.self) == [0, 1, 2, 3, 4, 0, 5, 6, 7, 8, 0, 9, 10, 11, 12])
  }

  @Test func channelPoolsTakeNeighbors() {
    let x = Tensor([1, 3, 2, 8, 4, 0] as [Float], shape: [1, 6])
    #expect(ChannelPool(2)(x).array(of: Float.self) == [3, 8, 4])
    #expect(ChannelPool(2, taking: .mean)(x).array(of: Float.self) == [2, 5, 2])
    #expect(ChannelPool(3, taking: .mean)(x).array(of: Float.self) == [2, 4])
  }

  @Test func gradientsOfEnlargingAndLocalLayers() {
    let x = doubles([2, 4, 3, 2], seed: 1)
    let (w, b) = (doubles([3, 2, 3, 2], seed: 2), doubles([3], seed: 3))
    expectGradients(at: [x, w, b]) { convTranspose2d($0[0], weight: $0[1], bias: $0[2]) }
    expectGradients(at: [x, w]) {
      convTranspose2d(
        $0[0], weight: $0[1], stride: [2, 3], padding: .explicit(top: 1, left: 0, bottom: 0, right: 1),
        outputPadding: [1, 2], dilation: [2, 1])
    }
    expectGradients(at: [x, doubles([2, 2, 1, 2], seed: 4)]) {
      convTranspose2d($0[0], weight: $0[1], stride: 2, padding: .same, groups: 2)
    }
    expectGradients(at: [x]) {
      patches($0[0], kernel: [3, 2], stride: [2, 1], padding: 1, dilation: [1, 2]).square()
    }
    for filter in [ResampleFilter.nearest, .bilinear, .bicubic] {
      expectGradients(at: [x]) { resize2d($0[0], height: 7, width: 2, filter: filter) }
      expectGradients(at: [x]) { resize2d($0[0], height: 3, width: 5, filter: filter, antialias: true) }
    }
    expectGradients(at: [x]) { resize2d($0[0], height: 5, width: 9, alignCorners: true) }
    expectGradients(at: [x]) { resize2d($0[0], height: 2, width: 2, filter: .lanczos, antialias: true) }
    expectGradients(at: [x]) { ImageFilter.gaussian($0[0]) }
    expectGradients(at: [x]) { channelPool($0[0], size: 2, taking: .maximum) }
    expectGradients(at: [x]) { channelPool($0[0], size: 2, taking: .mean) }
    expectGradients(at: [x]) { globalMaxPool2d($0[0]) }
    expectGradients(at: [x]) { maxPool2d($0[0], kernel: 3, stride: 2, ceilMode: true) }
    expectGradients(at: [x]) { averagePool2d($0[0], kernel: [3, 2], stride: 2, ceilMode: true) }
  }

  @Test func aLocallyConnectedLayerWithEqualFiltersIsAConvolution() {
    let conv = Conv2D(3, 4, kernel: [3, 2], stride: [2, 1], padding: 1)
    let local = LocallyConnected2D(3, 4, kernel: [3, 2], inputSize: [7, 5], stride: [2, 1], padding: 1)
    let places = local.weight.shape[0]
    conv.bias?.value = floats([4], seed: 9)
    local.weight.value = conv.weight.value.reshaped([1, 18, 4]).broadcast(to: [places, 18, 4])
    local.bias?.value = conv.bias!.value.broadcast(to: local.bias!.shape)
    let x = floats([3, 7, 5, 3], seed: 10)
    let (y, want) = (local(x), conv(x))
    #expect(y.shape == want.shape)
    expectClose(y, want.array(of: Float.self).map(Double.init), tolerance: 1e-5)

    let check = gradientCheck(of: local) { local(x).square().sum() * 0.1 }
    #expect(check.largestError < 1e-6, "\(check)")
  }

  @Test func transposedConvolutionIsTheGradientOfConvolution() {
    let (conv, up) = (
      Conv2D(2, 3, kernel: 4, stride: 2, padding: 1, bias: false),
      ConvTranspose2D(3, 2, kernel: 4, stride: 2, padding: 1, bias: false)
    )
    up.weight.value = conv.weight.value
    let small = floats([2, 5, 6, 3], seed: 11)
    let (_, gradients) = valueWithGradients(at: [Tensor.zeros([2, 10, 12, 2])]) { (conv($0[0]) * small).sum() }
    let y = up(small)
    #expect(y.shape == [2, 10, 12, 2])
    expectClose(y, gradients[0]!.array(of: Float.self).map(Double.init), tolerance: 1e-6)
  }

  @Test func globalPoolingIsOverTheImage() {
    let x = floats([2, 5, 3, 4], seed: 13)
    let rows = x.reshaped([2, 15, 4])
    expectClose(GlobalAveragePool2D()(x), rows.mean(axes: [1]).array(of: Float.self).map(Double.init), tolerance: 1e-6)
    #expect(GlobalMaxPool2D()(x).array(of: Float.self) == rows.max(axes: [1]).array(of: Float.self))
    expectGradients(at: [x.cast(to: .float64)]) { globalAveragePool2d($0[0]).square() }
  }

  @Test func softmaxLayersAreTheirFunctions() {
    let x = floats([3, 5], seed: 14)
    expectSameBits(Softmax()(x), softmax(x))
    expectSameBits(LogSoftmax()(x), logSoftmax(x))
  }

  @Test func fixedFiltersDoWhatTheirNamesSay() {
    let even = Tensor.ones([1, 5, 5, 2])
    let inside = { (y: Tensor) in
      y.slice(axis: 1, range: 1..<4).slice(axis: 2, range: 1..<4).array(of: Float.self)
    }
    #expect(inside(ImageFilter.edges(even)).allSatisfy { $0 == 0 })
    for filter in [ImageFilter.box, .sharpen, .gaussian] {
      #expect(inside(filter(even)).allSatisfy { abs($0 - 1) < 1e-6 })
    }
    let dot = Tensor([0, 0, 0, 0, 1, 0, 0, 0, 0] as [Float], shape: [1, 3, 3, 1])
    #expect(ImageFilter.sharpen(dot).array(of: Float.self) == [0, -1, 0, -1, 5, -1, 0, -1, 0])
    #expect(ImageFilter.gaussian(dot).array(of: Float.self).map { $0 * 16 } == [1, 2, 1, 2, 4, 2, 1, 2, 1])
  }

  @Test func ceilModeCountsThePartialWindow() {
    let x = floats([1, 112, 112, 2], seed: 12)
    #expect(MaxPool2D(3, stride: 2)(x).shape == [1, 55, 55, 2])
    #expect(MaxPool2D(3, stride: 2, ceilMode: true)(x).shape == [1, 56, 56, 2])
    // A last window that would begin in the padding behind the image is left out, as in PyTorch.
    #expect(MaxPool2D(2, stride: 2, padding: 1, ceilMode: true)(floats([1, 3, 3, 1], seed: 1)).shape == [1, 2, 2, 1])
    // An image that lacks less than a stride for one window has one, as in PyTorch; one that lacks more has none.
    let small = Tensor([0, 1, 2, 3, 4, 5] as [Float], shape: [1, 2, 3, 1])
    #expect(MaxPool2D(3, stride: 2, ceilMode: true)(small).array(of: Float.self) == [5])
    #expect(AveragePool2D(3, stride: 2, ceilMode: true)(small).array(of: Float.self) == [2.5])
    expectError("MaxPool2D with kernel 4×4") {
      _ = try MaxPool2D(4, stride: 2, ceilMode: true).plan(input: [1, 2, 3, 1])
    }
    let ones = Tensor.ones([1, 5, 5, 1])
    #expect(AveragePool2D(2, ceilMode: true)(ones).array(of: Float.self) == [Float](repeating: 1, count: 9))
  }

  @Test func upsamplingKeepsWhatItShould() {
    let x = Tensor([1, 2, 3, 4] as [Float], shape: [1, 2, 2, 1])
    #expect(
      Upsample2D(2)(x).array(of: Float.self) == [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4])
    expectClose(
      Upsample2D([1, 2], filter: .bilinear)(x), [1, 1.25, 1.75, 2, 3, 3.25, 3.75, 4], tolerance: 1e-6)
    expectClose(
      Upsample2D([1, 2], filter: .bilinear, alignCorners: true)(x), [1, 4.0 / 3, 5.0 / 3, 2, 3, 10.0 / 3, 11.0 / 3, 4],
      tolerance: 1e-6)
    // Every filter keeps an even image even, at any size.
    for filter in ResampleFilter.allCases {
      let y = resize2d(.ones([1, 9, 7, 3]), height: 4, width: 11, filter: filter, antialias: true)
      #expect(y.array(of: Float.self).allSatisfy { abs($0 - 1) < 1e-5 }, "\(filter)")
    }
  }

  @Test func residualAndConcatenationBuildPathsAndShapes() throws {
    let block = Residual {
      Conv2D(4, 4, kernel: 3, padding: 1)
    }
    #expect(block.parameters.map(\.path) == ["body.0.weight", "body.0.bias"])
    let projected = Residual {
      Conv2D(4, 8, kernel: 3, stride: 2, padding: 1)
    } shortcut: {
      Conv2D(4, 8, kernel: 1, stride: 2)
    }
    #expect(projected(floats([1, 6, 6, 4], seed: 1)).shape == [1, 3, 3, 8])
    let wrong = Residual {
      Conv2D(4, 8, kernel: 3, padding: 1)
    }
    let error = #expect(throws: PlanError.self) { try wrong.plan(input: [1, 6, 6, 4]) }
    #expect(error?.description.contains("[1, 6, 6, 8]") == true && error?.description.contains("[1, 6, 6, 4]") == true)

    let inception = Concatenation([
      Conv2D(4, 2, kernel: 1), Sequential { Conv2D(4, 3, kernel: 3, padding: 1) }, MaxPool2D(3, stride: 1, padding: 1),
    ])
    #expect(inception(floats([2, 5, 5, 4], seed: 2)).shape == [2, 5, 5, 9])
    #expect(inception.parameters.map(\.path) == ["0.weight", "0.bias", "1.0.weight", "1.0.bias"])
  }

  @Test func theLecturesPatternBuildsANetwork() throws {
    let text = "[(CONV-RELU)*N-POOL?]*M-(FC-RELU)*K,SOFTMAX"
    let net = try PatternNetwork(text, input: [32, 32, 3], classes: 10, counts: ["N": 2, "M": 3, "K": 1])
    let same = try PatternNetwork("[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1,SOFTMAX", input: [32, 32, 3], classes: 10)
    #expect(try net.plan(input: [4, 32, 32, 3]).outputShape == [4, 10])
    #expect(net.parameters.map(\.path) == same.parameters.map(\.path))
    #expect(net.features.layers.count == 15 && net.classifier.layers.count == 4)
    let sums = net.probabilities(of: floats([2, 32, 32, 3], seed: 3)).sum(axes: [1])
    expectClose(sums, [1, 1], tolerance: 1e-5)
    // POOL? asks; without a pooling the image keeps its size.
    let unpooled = try PatternNetwork(
      text, input: [8, 8, 1], classes: 2, counts: ["N": 1, "M": 2, "K": 0], channels: { _ in 3 }, pools: { $0 == 1 })
    #expect(unpooled.parameters.last!.parameter.shape == [2])
    #expect(unpooled.classifier.parameters.first!.parameter.shape == [4 * 4 * 3, 2])
  }

  @Test func aWrongPatternIsAnErrorWithItsPlace() {
    func message(_ pattern: String, input: Shape = [8, 8, 1], _ counts: [Character: Int] = [:]) -> String {
      do {
        _ = try PatternNetwork(pattern, input: input, classes: 2, counts: counts)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message("[(CONV-RELU)*2-POOL]*1(FC-RELU)*1,SOFTMAX").contains("character 23: expected '-', found '(FC-RELU)*'"))
    #expect(
      message("[(CONV-RELU)*N-POOL]*1-(FC-RELU)*1,SOFTMAX").contains("N with its number given, found 'N-POOL]*1-'"))
    #expect(message("[(CONV-RELU)*2-POOL]*1-(FC-RELU)*1,SOFTMAX!").contains("expected the end, found '!'"))
    #expect(message("").contains("expected '[', found the end"))
    #expect(message("[(CONV-RELU)*0-POOL]*1-(FC-RELU)*1,SOFTMAX").contains("a number from 1 to 1000"))
    #expect(message("[(CONV-RELU)*1-POOL]*4-(FC-RELU)*1,SOFTMAX").contains("at most 3 stages"))
  }

  @Test func constructorsRefuseNonsenseWithTheValues() async {
    let transposed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose2D(4, 6, kernel: 2, stride: 2, outputPadding: 2)
    }
    #expect(errorText(transposed).contains("output padding 2×2 must be at least 0 and below the stride 2×2"))
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose2D(4, 6, kernel: 2, groups: 4)
    }
    #expect(errorText(groups).contains("ConvTranspose2D(4, 6, groups: 4)"))
    let dropped = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout(dropProbability: 1)
    }
    #expect(errorText(dropped).contains("the probability of dropping 1.0 is not in 0..<1"))
    let kept = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Dropout(keepProbability: .nan)
    }
    #expect(errorText(kept).contains("the probability of keeping nan"))
    let local = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LocallyConnected2D(1, 1, kernel: 5, inputSize: 4)
    }
    #expect(errorText(local).contains("a 5×5 kernel does not fit into 4×4"))
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose2D(2, 3, kernel: 3)(Tensor.zeros([1, 0, 4, 2]))
    }
    #expect(errorText(none).contains("ConvTranspose2D expects [N, H, W, C] with pixels, input is [1, 0, 4, 2]"))
    let scale = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = Upsample2D(0) }
    #expect(errorText(scale).contains("scale 0×0"))
    let window = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = MaxPool2D(0)
    }
    #expect(errorText(window).contains("MaxPool2D: kernel 0×0"))
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ChannelPool(-1)
    }
    #expect(errorText(channels).contains("ChannelPool(-1)"))
  }
}
