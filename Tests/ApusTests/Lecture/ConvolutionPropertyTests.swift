import Apus
import Testing

/// What the lectures say of convolution and pooling, as properties; the numbers are those of the list of them.
@Suite struct ConvolutionPropertyTests {
  /// A filter [KH, KW, C, K] as a layer without bias.
  private func layer(_ weight: Tensor, padding: Padding = 0, dilation: IntOrPair = 1) -> Conv2D {
    let shape = weight.shape
    let conv = Conv2D(
      shape[2], shape[3], kernel: IntOrPair(shape[0], shape[1]), padding: padding, dilation: dilation, bias: false)
    conv.weight.value = weight
    return conv
  }

  private func translated(_ x: Tensor, down: Int, right: Int) -> Tensor {
    let (height, width) = (x.shape[1], x.shape[2])
    let part = x.slice(axis: 1, range: 0..<height - down).slice(axis: 2, range: 0..<width - right)
    let rows = Tensor.concatenated([.zeros([x.shape[0], down, width - right, x.shape[3]]), part], axis: 1)
    return Tensor.concatenated([.zeros([x.shape[0], height, right, x.shape[3]]), rows], axis: 2)
  }

  @Test func property1ConvolutionIsEquivariantUnderIntegerShifts() {
    // Content away from the edges: what the shift moves in and out is zero.
    let content = floats([1, 5, 5, 3], seed: 1)
    let x = Tensor.concatenated(
      [
        .zeros([1, 12, 3, 3]), Tensor.concatenated([.zeros([1, 3, 5, 3]), content, .zeros([1, 4, 5, 3])], axis: 1),
        .zeros([1, 12, 4, 3]),
      ],
      axis: 2)
    let conv = Conv2D(3, 4, kernel: 3, padding: 1, bias: false)
    let moved = conv(translated(x, down: 2, right: 1))
    expectClose(moved, translated(conv(x), down: 2, right: 1).array(of: Float.self).map(Double.init), tolerance: 1e-5)
  }

  @Test func property2TheInputGradientIsAFullConvolutionWithTheFlippedKernel() throws {
    let (x, conv) = (floats([2, 7, 6, 3], seed: 2), Conv2D(3, 5, kernel: [3, 2], bias: false))
    let dy = floats([2, 5, 5, 5], seed: 3)
    let (_, gradients) = valueWithGradients(at: [x]) { (conv($0[0]) * dy).sum() }
    // Flipped in height and width, its channels exchanged: [KH, KW, K, C].
    var flipped = [Float](repeating: 0, count: 3 * 2 * 5 * 3)
    let w = conv.weight.value.array(of: Float.self)
    for u in 0..<3 {
      for v in 0..<2 {
        for c in 0..<3 {
          for k in 0..<5 {
            flipped[(((2 - u) * 2 + 1 - v) * 5 + k) * 3 + c] = w[((u * 2 + v) * 3 + c) * 5 + k]
          }
        }
      }
    }
    let full = conv2d(
      dy, weight: Tensor(flipped, shape: [3, 2, 5, 3]), padding: .explicit(top: 2, left: 1, bottom: 2, right: 1))
    expectClose(try #require(gradients[0]), full.array(of: Float.self).map(Double.init), tolerance: 1e-5)
  }

  @Test func property3ConvolutionIsAToeplitzMatrixTimesTheImage() {
    for (conv, size) in [
      (Conv2D(1, 1, kernel: 3, bias: false), (5, 5)),
      (Conv2D(4, 6, kernel: [3, 2], stride: [2, 1], padding: 1, dilation: [1, 2], groups: 2, bias: false), (6, 5)),
      (Conv2D(2, 3, kernel: 5, padding: .same, bias: false), (4, 7)),
      (Conv2D(1, 2, kernel: 3, padding: .explicit(top: 1, left: 0, bottom: 2, right: 2), bias: false), (4, 5)),
    ] {
      let channels = conv.weight.shape[2] * conv.groups
      let x = floats([1, size.0, size.1, channels], seed: 4)
      let y = conv(x)
      let matrix = conv.asToeplitz(height: size.0, width: size.1)
      #expect(matrix.shape == [y.elementCount, x.elementCount])
      let product = matmul(matrix, x.reshaped(-1, 1))
      expectClose(product, y.array(of: Float.self).map(Double.init), tolerance: 1e-5)
    }
  }

  @Test func property4TwoStacked3x3AreOneComposed5x5AndWithADilatedOne7x7() {
    let x = floats([1, 12, 12, 1], seed: 5)
    let first = floats([3, 3, 1, 1], seed: 6)
    for (dilation, size) in [(1, 5), (2, 7)] {
      let second = floats([3, 3, 1, 1], seed: 7)
      let chained = layer(second, dilation: IntOrPair(dilation))(layer(first)(x))
      var composed = [Float](repeating: 0, count: size * size)
      let (a, b) = (first.array(of: Float.self), second.array(of: Float.self))
      for i in 0..<9 {
        for j in 0..<9 {
          composed[(i / 3 + j / 3 * dilation) * size + i % 3 + j % 3 * dilation] += a[i] * b[j]
        }
      }
      let one = layer(Tensor(composed, shape: [size, size, 1, 1]))(x)
      #expect(one.shape == chained.shape)
      expectClose(chained, one.array(of: Float.self).map(Double.init), tolerance: 1e-5)
    }
  }

  @Test func property5ADilatedKernelIsOneStuffedWithZeros() {
    let (x, w) = (floats([2, 9, 10, 3], seed: 8), floats([3, 2, 3, 4], seed: 9))
    var stuffed = [Float](repeating: 0, count: 5 * 4 * 3 * 4)
    for (index, value) in w.array(of: Float.self).enumerated() {
      let (u, v, rest) = (index / 24, index / 12 % 2, index % 12)
      stuffed[((u * 2) * 4 + v * 3) * 12 + rest] = value
    }
    let dilated = conv2d(x, weight: w, dilation: [2, 3])
    let dense = conv2d(x, weight: Tensor(stuffed, shape: [5, 4, 3, 4]))
    expectClose(dilated, dense.array(of: Float.self).map(Double.init), tolerance: 1e-5)
  }

  @Test func property20InvertedAndVanillaDropoutHaveTheSameMean() {
    let x = Tensor.ones([20_000])
    let key = RandomKey(seed: 3, step: 1)
    let inverted = Dropout(dropProbability: 0.4)
    let vanilla = Dropout(keepProbability: 0.6, form: .vanilla)
    let a = withPhase(.monteCarlo, key: key) { inverted(x) }
    let c = withPhase(.monteCarlo, key: key) { vanilla(x) }
    // Else both could be the identity.
    #expect(Set(a.array(of: Float.self)).count == 2)
    // With one mask: vanilla / p is inverted in training, and at test p · inverted is vanilla.
    expectClose(c / 0.6, a.array(of: Float.self).map(Double.init), tolerance: 1e-6)
    expectClose(vanilla(x), (inverted(x) * 0.6).array(of: Float.self).map(Double.init), tolerance: 1e-6)
    // The mean over elements is that of the evaluation, within four deviations.
    let deviation = (0.4 / 0.6 / 20_000).squareRoot()
    #expect(abs(a.mean().item() - inverted(x).mean().item()) < 4 * deviation)
  }

  @Test func property28MaxPoolSendsTheGradientToTheMaximumOnly() throws {
    // The lecture's example.
    let x = Tensor([3, 1, 3, 5, 6, 0, 7, 9, 3, 2, 1, 4, 0, 2, 4, 3] as [Float], shape: [1, 4, 4, 1])
    let pool = MaxPool2D(2)
    #expect(pool(x).array(of: Float.self) == [6, 9, 3, 4])
    let dy = Tensor([1, 2, 3, 4] as [Float], shape: [1, 2, 2, 1])
    let (_, gradients) = valueWithGradients(at: [x]) { (pool($0[0]) * dy).sum() }
    let dx = try #require(gradients[0])
    #expect(dx.array(of: Float.self) == [0, 0, 0, 0, 1, 0, 0, 2, 3, 0, 0, 4, 0, 0, 0, 0])
    // Ties: the first of equal maxima has it all, so the mass is conserved.
    let (_, ties) = valueWithGradients(at: [Tensor.ones([1, 2, 2, 1])]) { (pool($0[0]) * 5).sum() }
    #expect(try #require(ties[0]).array(of: Float.self) == [5, 0, 0, 0])
  }

  @Test func property32AFullyConvolutionalNetTakesAnySizeAndOthersSayWhatTheyExpect() throws {
    let dense = Sequential {
      Conv2D(3, 4, kernel: 3, padding: 1)
      ReLU()
      MaxPool2D(2)
      Conv2D(4, 2, kernel: 1)
    }
    #expect(dense(.ones([1, 32, 32, 3])).shape == [1, 16, 16, 2])
    #expect(dense(.ones([1, 47, 61, 3])).shape == [1, 23, 30, 2])
    let connected = Sequential {
      Conv2D(3, 4, kernel: 3, padding: 1)
      Flatten()
      Linear(32 * 32 * 4, 10)
    }
    _ = try connected.plan(input: [1, 32, 32, 3])
    let error = #expect(throws: PlanError.self) { try connected.plan(input: [1, 47, 61, 3]) }
    #expect(error?.description.contains("4096") == true)
  }
}
