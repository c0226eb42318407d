import Apus
import Testing

/// Windows as large as images, and numbers at the ends of their types: a layer computes what its definition says or stops with a text.
@Suite struct GeometryTests {
  /// The window's part of an image, in the order of its rows.
  private func window(_ x: Tensor, _ row: Int, _ column: Int, _ kernel: Int) -> [Float] {
    x.slice(axis: 1, range: row..<row + kernel).slice(axis: 2, range: column..<column + kernel).array(of: Float.self)
  }

  @Test func windowsOfMoreThan256Positions() throws {
    let x = floats([1, 20, 19, 1], seed: 1)
    let (mean, most) = (AveragePool2D(17, stride: 2)(x), MaxPool2D(17, stride: 2)(x))
    #expect(mean.shape == [1, 2, 2, 1] && most.shape == [1, 2, 2, 1])
    var means: [Double] = []
    var maxima: [Double] = []
    for (row, column) in [(0, 0), (0, 2), (2, 0), (2, 2)] {
      let values = window(x, row, column, 17)
      means.append(values.reduce(0) { $0 + Double($1) } / 289)
      maxima.append(Double(values.max()!))
    }
    expectClose(mean, means)
    expectClose(most, maxima, tolerance: 0)
    #expect(AveragePool2D(17)(x).shape == [1, 1, 1, 1])
    expectClose(AveragePool2D([20, 19])(x), globalAveragePool2d(x).array(of: Float.self).map(Double.init))
    expectSameBits(MaxPool2D([20, 19])(x), globalMaxPool2d(x))
    expectClose(
      AdaptiveAveragePool2D(1)(floats([1, 40, 40, 2], seed: 3)).reshaped([2]),
      globalAveragePool2d(floats([1, 40, 40, 2], seed: 3)).array(of: Float.self).map(Double.init))
  }

  @Test func theirGradients() {
    let input = Tensor.normal([1, 20, 19, 2], seed: 4, stream: 98).cast(to: .float64)
    expectGradients(at: [input]) { averagePool2d($0[0], kernel: 17, stride: 2).square().sum() }
    expectGradients(at: [input]) { maxPool2d($0[0], kernel: 17, stride: 2, padding: 3).square().sum() }
    // In float32, by the kernels: the gradient of each maximum lies at the maximum, whose position has four bytes here.
    let x = floats([1, 20, 19, 3], seed: 5)
    let gradient = valueWithGradients(at: [x]) { maxPool2d($0[0], kernel: [20, 19]).sum() }.gradients[0]!
      .array(of: Float.self)
    let values = x.array(of: Float.self)
    for channel in 0..<3 {
      let own = stride(from: channel, to: values.count, by: 3).map { $0 }
      let best = own.max { values[$0] < values[$1] }!
      #expect(own.allSatisfy { gradient[$0] == ($0 == best ? 1 : 0) })
    }
  }

  @Test func compiledTheyHaveTheSameBits() throws {
    let x = floats([2, 20, 19, 3], seed: 6)
    let layers: [any Layer] = [
      AveragePool2D(17, stride: 2), MaxPool2D(17, stride: 1, padding: 4), AveragePool2D([20, 19]),
    ]
    for layer in layers { expectSameBits(try layer.compiled(for: x.shape)(x), layer(x)) }
    #expect(try AveragePool2D(17).plan(input: [1, 17, 17, 4], phase: .training).outputShape == [1, 1, 1, 4])
  }

  /// One window, whatever the stride; no distance between the taps of one: as with a stride and a dilation of 1.
  @Test func largestStrideAndDilation() {
    let most = Int(Int32.max)
    let x = floats([2, 3, 4, 2], seed: 7)
    let (large, small) = (
      Conv2D(2, 3, kernel: 1, stride: IntOrPair(most), dilation: IntOrPair(most)), Conv2D(2, 3, kernel: 1)
    )
    small.weight.value = large.weight.value
    let corner = x.slice(axis: 1, range: 0..<1).slice(axis: 2, range: 0..<1)
    expectSameBits(large(x), small(corner))
    let gradient = valueWithGradients(at: [x]) { large($0[0]).square().sum() }.gradients[0]!
    #expect(gradient.array(of: Float.self).allSatisfy { $0.isFinite })
    #expect(gradient.slice(axis: 1, range: 1..<3).array(of: Float.self).allSatisfy { $0 == 0 })
    let first = x.slice(axis: 1, range: 0..<2).slice(axis: 2, range: 0..<2)
    expectSameBits(AveragePool2D(2, stride: IntOrPair(most))(x), AveragePool2D(2)(first))
    expectSameBits(patches(x, kernel: 1, stride: IntOrPair(most), dilation: IntOrPair(most)), corner)
  }

  /// A layer says it before the core would, with its path; an empty batch is computed all the same.
  @Test func kernelsLargerThanThePaddedInput() throws {
    for (layer, text) in [
      (
        Conv2D(2, 3, kernel: 4, padding: .explicit(top: 1, left: 2, bottom: 0, right: 0)), "1: Conv2D with a 4×4 kernel"
      ),
      (MaxPool2D([4, 3], padding: .explicit(top: 1, left: 0, bottom: 0, right: 0)), "1: MaxPool2D"),
      (AveragePool2D([3, 5]), "1: AveragePool2D"),
    ] as [(any Layer, String)] {
      expectError(text, "[1, 2, 4, 2]") { _ = try Sequential([Identity(), layer]).plan(input: [1, 2, 4, 2]) }
    }
    let x = Tensor.zeros([0, 3, 4, 2])
    #expect(Conv2D(2, 3, kernel: 3)(x).shape == [0, 1, 2, 3] && MaxPool2D(3, stride: 1)(x).shape == [0, 1, 2, 2])
    #expect(ConvTranspose2D(2, 5, kernel: 3)(x).shape == [0, 5, 6, 5])
    let gradients = valueWithGradients(at: [x]) { Conv2D(2, 3, kernel: 3)(averagePool2d($0[0], 1)).sum() }.gradients
    #expect(gradients[0]?.shape == x.shape)
  }

  @Test func numbersBeyondTheEnds() async {
    let bound = "must be in 1...2147483647"
    let convolution = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(1, 1, kernel: 3, stride: IntOrPair(Int.max - 2))
    }
    #expect(errorText(convolution).contains("Conv2D: kernel 3×3, stride 9223372036854775805×9223372036854775805"))
    #expect(errorText(convolution).contains(bound))
    let function = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(Tensor.ones([1, 4, 4, 1]), weight: Tensor.ones([3, 3, 1, 1]), stride: [1, 1 << 31])
    }
    #expect(
      errorText(function).contains("Conv2D needs stride and dilation in 1...2147483647, they are 1×2147483648 and 1×1"))
    let dilation = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose2D(1, 1, kernel: 2, dilation: [Int.max, 1])
    }
    #expect(errorText(dilation).contains(bound))
    let large = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose2d(
        Tensor.ones([1, 4, 4, 1]), weight: Tensor.ones([2, 2, 1, 1]), stride: IntOrPair(Int(Int32.max)))
    }
    #expect(
      errorText(large).contains("ConvTranspose2D with padding 0 would make 6442450943×6442450943 of [1, 4, 4, 1]"))
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(Tensor.ones([1, 4, 4, 1]), weight: Tensor.ones([3, 3, 1, 1]), padding: .explicit(Int.max))
    }
    #expect(errorText(padding).contains("padding 9223372036854775807 is not in 0...2147483647"))
    let output = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(Tensor.ones([1, 4, 4, 1]), weight: Tensor.ones([1, 1, 1, 1]), padding: .explicit(Int(Int32.max)))
    }
    #expect(errorText(output).contains("would make 4294967298×4294967298 of [1, 4, 4, 1]"))
  }

  @Test func numbersBeyondTheEndsInOtherLayers() async {
    let bound = "must be in 1...2147483647"
    let pool = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AveragePool2D(3, stride: IntOrPair(Int.max))
    }
    #expect(errorText(pool).contains("AveragePool2D: kernel 3×3 and stride") && errorText(pool).contains(bound))
    let windows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool2d(Tensor.ones([1, 4, 4, 1]), kernel: 2, stride: IntOrPair(1 << 40))
    }
    #expect(errorText(windows).contains("MaxPool2D with kernel 2×2, stride 1099511627776×1099511627776"))
    let rows = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = patches(Tensor.ones([1, 4, 4, 1]), kernel: IntOrPair(Int.max))
    }
    #expect(errorText(rows).contains("patches: kernel 9223372036854775807") && errorText(rows).contains(bound))
    let local = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LocallyConnected2D(1, 1, kernel: 2, inputSize: 4, stride: IntOrPair(Int.max))
    }
    #expect(errorText(local).contains("LocallyConnected2D(1, 1") && errorText(local).contains("at most 2147483647"))
    let scale = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Upsample2D(IntOrPair(Int.max))
    }
    #expect(errorText(scale).contains("Upsample2D: scale") && errorText(scale).contains(bound))
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = resize2d(Tensor.ones([1, 4, 4, 1]), height: 4, width: Int.max)
    }
    #expect(errorText(size).contains("resize2d: to 4×9223372036854775807: both must be in 1...2147483647"))
    let cells = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdaptiveAveragePool2D(IntOrPair(1 << 31))
    }
    #expect(errorText(cells).contains("AdaptiveAveragePool2D") && errorText(cells).contains(bound))
    let tensor = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([1 << 30, 1 << 30])
    }
    #expect(
      errorText(tensor).contains(
        "a tensor of shape [1073741824, 1073741824] has 1152921504606846976 elements, at most 1099511627776"))
    let fan = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(8, 8, kernel: IntOrPair(Int(Int32.max)))
    }
    #expect(errorText(fan).contains("a tensor of shape [2147483647, 2147483647, 8] has more than 2^63 elements"))
  }
}
