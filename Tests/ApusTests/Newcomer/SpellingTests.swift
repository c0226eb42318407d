import Apus
import Testing

/// What may be written in several ways is the same.
@Suite struct SpellingTests {
  @Test func sizesAreNumbersPairsAndArrays() {
    let (k, s) = (3, 2)
    func conv(_ make: () -> Conv2D) -> Tensor { Random.withSeed(1) { make() }(floats([1, 9, 9, 2], seed: 1)) }
    let expected = conv { Conv2D(2, 4, kernel: 3, stride: 2, padding: 1, dilation: 1) }
    expectSameBits(conv { Conv2D(2, 4, kernel: k, stride: s, padding: k / 2) }, expected)
    expectSameBits(conv { Conv2D(2, 4, kernel: [k, k], stride: [s, s], padding: [1, 1]) }, expected)
    expectSameBits(
      conv { Conv2D(2, 4, kernel: IntOrPair(3), stride: IntOrPair(2, 2), padding: .explicit(1)) }, expected)
    expectSameBits(
      conv { Conv2D(2, 4, kernel: k, stride: s, padding: .explicit(top: 1, left: 1, bottom: 1, right: 1)) }, expected)
    #expect(Conv2D(2, 4, kernel: k, padding: .same).padding == .same)
    #expect(Conv2D(2, 4, kernel: k, padding: .valid).padding == .valid)
    #expect(Conv2D(2, 4, kernel: [1, 5], padding: [0, 2]).padding == .explicit(top: 0, left: 2, bottom: 0, right: 2))
    #expect(Conv2D(2, 4, kernel: [1, 5]).weight.shape == [1, 5, 2, 4])
    #expect(ConvTranspose2D(2, 4, kernel: k, stride: s, padding: 1, outputPadding: s - 1).outputPadding == 1)
    #expect(Upsample2D(s).scale == 2)
    #expect(AdaptiveAveragePool2D(s).size == [2, 2])
    #expect(WeightStandardizedConv2D(2, 4, kernel: k, padding: k / 2).padding == 1)
    #expect(LocallyConnected2D(2, 4, kernel: k, inputSize: [9, 9], padding: k / 2).padding == 1)
    #expect(patches(floats([1, 9, 9, 2], seed: 1), kernel: k, stride: s).shape == [1, 4, 4, 18])
  }

  @Test func poolingNeedsNoLabel() {
    let (x, k) = (floats([1, 9, 9, 2], seed: 1), 3)
    expectSameBits(maxPool2d(x, k), maxPool2d(x, kernel: 3, stride: 3))
    expectSameBits(maxPool2d(x, 3, stride: k - 1, padding: 1), MaxPool2D(3, stride: 2, padding: 1)(x))
    expectSameBits(averagePool2d(x, k), averagePool2d(x, kernel: 3, stride: 3))
    expectSameBits(averagePool2d(x, k, stride: 2, padding: k / 2), AveragePool2D(k, stride: 2, padding: 1)(x))
    expectSameBits(MaxPool2D([k, 1])(x), maxPool2d(x, kernel: IntOrPair(3, 1)))
  }

  /// `nil` is PyTorch's None: what an argument that was left out is.
  @Test func noneIsWrittenOut() {
    let x = floats([1, 9, 9, 2], seed: 1)
    let (none, two): (IntOrPair?, IntOrPair?) = (nil, 2)
    expectSameBits(MaxPool2D(3, stride: nil)(x), maxPool2d(x, 3))
    expectSameBits(AveragePool2D(3, stride: nil, padding: 1)(x), averagePool2d(x, 3, padding: 1))
    for (max, average) in [
      (maxPool2d(x, kernel: 3, stride: nil), averagePool2d(x, kernel: 3, stride: nil)),
      (maxPool2d(x, 3, stride: none), averagePool2d(x, [3, 3], stride: none)),
      (MaxPool2D(3, stride: 3)(x), AveragePool2D(3, stride: [3, 3])(x)),
    ] {
      expectSameBits(max, maxPool2d(x, 3))
      expectSameBits(average, averagePool2d(x, 3))
    }
    let (one, stride) = (1, 2)
    for pooled in [
      maxPool2d(x, 3, stride: 2), maxPool2d(x, 3, stride: [2, 2]), maxPool2d(x, 3, stride: stride),
      maxPool2d(x, 3, stride: two), maxPool2d(x, 3, stride: IntOrPair(2)), maxPool2d(x, 3, stride: [stride, one + 1]),
    ] { expectSameBits(pooled, maxPool2d(x, kernel: 3, stride: 2, padding: .valid)) }

    let (weight, image) = (Parameter(floats([3, 3, 2, 4], seed: 5)), x)
    expectSameBits(conv2d(image, weight: weight, bias: nil), conv2d(image, weight: weight.value, bias: nil))
    let matrix = Parameter(floats([2, 3], seed: 6))
    expectSameBits(linear(x, weight: matrix, bias: nil), linear(x, weight: matrix.value))
    expectSameBits(groupNorm(x, groups: 2, weight: nil, bias: nil), groupNorm(x, groups: 2))
    expectSameBits(instanceNorm(x, weight: nil, bias: nil), instanceNorm(x))
    expectSameBits(layerNorm(x, over: [2], weight: nil, bias: nil), layerNorm(x, over: [2]))
    let (logits, labels) = (floats([4, 3], seed: 7), Tensor([0, 2, 1, 1] as [Int32]))
    expectSameBits(
      crossEntropy(logits, labels, classWeights: nil, ignoring: nil), crossEntropy(logits: logits, labels: labels))
    expectSameBits(x.sum(axes: nil), x.sum())
    expectSameBits(matrix.transposed(nil), matrix.value.transposed())
  }

  @Test func aPairHasTwoNumbers() async {
    let kernel = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(1, 1, kernel: [1, 2, 3])
    }
    #expect(errorText(kernel).contains("a pair is [height, width], but [1, 2, 3] has 3 numbers"))
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2D(1, 1, kernel: 3, padding: [1])
    }
    #expect(errorText(padding).contains("a padding is a number or [height, width], but [1] has 1 numbers"))
  }

  @Test func parametersStandInFormulas() {
    let (p, q) = (Parameter(Tensor([1, 2, 4])), Parameter(Tensor([3, 5, 7])))
    let t = Tensor([2, 2, 2])
    let all: [(Tensor, [Double])] = [
      (p + t, [3, 4, 6]), (p - t, [-1, 0, 2]), (p * t, [2, 4, 8]), (p / t, [0.5, 1, 2]),
      (t + p, [3, 4, 6]), (t - p, [1, 0, -2]), (t * p, [2, 4, 8]), (t / p, [2, 1, 0.5]),
      (p + q, [4, 7, 11]), (q - p, [2, 3, 3]), (p * q, [3, 10, 28]), (q / p, [3, 2.5, 1.75]),
      (p + 1, [2, 3, 5]), (p - 1, [0, 1, 3]), (p * 3, [3, 6, 12]), (p / 2, [0.5, 1, 2]),
      (1 + p, [2, 3, 5]), (1 - p, [0, -1, -3]), (3 * p, [3, 6, 12]), (4 / p, [4, 2, 1]), (-p, [-1, -2, -4]),
      (p.square(), [1, 4, 16]), ((-p).abs(), [1, 2, 4]), (p.sum(), [7]), (p.reshaped([3, 1]), [1, 2, 4]),
      (p.transposed(), [1, 2, 4]), (p.mean(), [7.0 / 3]), (p.abs(), [1, 2, 4]),
    ]
    for (value, expected) in every(all) { expectClose(value, expected, tolerance: 1e-6) }
  }

  @Test func gradientsReachParametersInFormulas() throws {
    struct Scale: Layer {
      let gamma = Parameter(Tensor([1, 2]))
      let beta = Parameter(Tensor([0, 1]))
      func forward(_ x: Tensor) -> Tensor { x * gamma + beta }
    }
    let model = Scale()
    let (value, gradients) = valueWithGradients(of: model) { model(Tensor([[1, 2], [3, 4]])).sum() }
    #expect(value.item() == 1 + 5 + 3 + 9)
    expectClose(try #require(gradients[model.gamma]), [4, 6])
    expectClose(try #require(gradients[model.beta]), [2, 2])
  }

  @Test func operationsTakeParameters() throws {
    struct Own: Layer {
      let weight = Parameter(floats([4, 3], seed: 1))
      let bias = Parameter(floats([3], seed: 2))
      func forward(_ x: Tensor) -> Tensor { linear(x, weight: weight, bias: bias) }
    }
    let (own, x) = (Own(), floats([2, 4], seed: 3))
    let (w, b) = (own.weight, own.bias)
    expectSameBits(own(x), linear(x, weight: w.value, bias: b.value))
    expectSameBits(matmul(x, w), matmul(x, w.value))
    expectSameBits(x • w, matmul(x, w.value))
    expectSameBits(x • w.value, matmul(x, w.value))
    expectSameBits(x.matmul(w.value), matmul(x, w.value))
    expectSameBits(matmul(w, Tensor.ones([3, 2])), matmul(w.value, Tensor.ones([3, 2])))
    expectSameBits(w • Tensor.ones([3, 2]), matmul(w.value, Tensor.ones([3, 2])))
    let image = floats([2, 5, 5, 4], seed: 4)
    let (filters, one) = (Parameter(floats([3, 3, 4, 2], seed: 5)), Parameter(floats([4], seed: 6)))
    expectSameBits(
      conv2d(image, weight: filters, stride: 2, padding: 1), conv2d(image, weight: filters.value, stride: 2, padding: 1)
    )
    expectSameBits(
      groupNorm(image, groups: 2, weight: one, bias: one),
      groupNorm(image, groups: 2, weight: one.value, bias: one.value))
    expectSameBits(instanceNorm(image, weight: one), instanceNorm(image, weight: one.value))
    expectSameBits(layerNorm(image, over: [4], weight: one), layerNorm(image, over: [4], weight: one.value))
    expectSameBits(prelu(image, slope: one), prelu(image, slope: one.value))
    // Plans and errors name the layer by its parameters.
    #expect(try own.plan(input: [2, 4]).rows.last?.parameters == 15)
    #expect { try Sequential { Own() }.plan(input: [2, 5]) } throws: {
      "\($0)" == "0: Linear expects 4 features, input is [2, 5]"
    }
  }

  @Test func optimizersTakePyTorchsArguments() {
    func stepped(_ make: (ParameterList) -> any Optimizer) -> Tensor {
      let model = FixedGradient(Tensor([1, -2, 3]))
      var optimizer = make(model.parameters)
      for _ in 0..<2 { optimizer.step(model.gradients(Tensor([0.5, 1, -1]))) }
      return model.value.value
    }
    let all: [((ParameterList) -> any Optimizer, (ParameterList) -> any Optimizer)] = [
      (
        { SGD($0, lr: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true) },
        { SGD($0, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1, nesterov: true) }
      ),
      (
        { Adam($0, lr: 0.1, betas: (0.8, 0.9), eps: 0.01) },
        { Adam($0, learningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 0.01) }
      ),
      (
        { AdamW($0, lr: 0.1, betas: (0.8, 0.9), eps: 0.01, weightDecay: 0.5, decaying: .all) },
        { AdamW($0, learningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 0.01, weightDecay: 0.5, decaying: .all) }
      ),
      ({ Adagrad($0, lr: 0.1, eps: 0.01) }, { Adagrad($0, learningRate: 0.1, epsilon: 0.01) }),
      (
        { RMSProp($0, lr: 0.1, eps: 0.01, momentum: 0.5, centered: true) },
        { RMSProp($0, learningRate: 0.1, smoothing: 0.99, epsilon: 0.01, momentum: 0.5, centered: true) }
      ),
    ]
    for (theirs, ours) in every(all) { expectSameBits(stepped(theirs), stepped(ours)) }
  }

  @Test func tensorsAreMadeFromWhatThereIs() async {
    let indices = [3, 0, 2]
    #expect(Tensor(indices).scalarType == .int32 && Tensor(indices).array(of: Int.self) == indices)
    #expect(Tensor(indices, shape: [3, 1]).shape == [3, 1])
    #expect(Tensor([3, 0, 2]).scalarType == .float32)
    let rows = Tensor([[1, 2, 3], [4, 5, 6]])
    #expect(rows.shape == [2, 3] && rows.scalarType == .float32)
    expectClose(rows, [1, 2, 3, 4, 5, 6])
    #expect(Tensor([[1.5, 2], [3, 4]] as [[Double]]).scalarType == .float64)
    #expect(Tensor(2.5).shape == [] && Tensor(2.5).item() == 2.5)
    let ragged = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([[1, 2], [3]])
    }
    #expect(errorText(ragged).contains("row 1 has 1 numbers, row 0 has 2"))
    let large = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let numbers = [0, 1 << 40]
      _ = Tensor(numbers)
    }
    #expect(errorText(large).contains("a tensor of [Int] is int32, but the number at index 1 is 1099511627776"))
    let cut = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([0.5]).array(of: Int.self)
    }
    #expect(errorText(cut).contains("reading whole numbers of a tensor of float32: cast(to: .int32)"))
    let minusOne = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2]).reshaped([2, -1])
    }
    #expect(errorText(minusOne).contains("x.reshaped(n, -1), without brackets"))
  }

  @Test func flatteningBeginsAtAnAxis() {
    let x = floats([2, 3, 4, 5], seed: 1)
    #expect(x.flatten(1).shape == [2, 60] && flatten(x, 1).shape == [2, 60] && x.flatten(0).shape == [120])
    #expect(Tensor.zeros([]).flatten(0).shape == [1])
    #expect(x.flatten(2).shape == [2, 3, 20] && x.flatten(-1).shape == x.shape)
    expectSameBits(x.flatten(1), flatten(x))
  }

  @Test func layersMayBeArguments() {
    let (a, b) = (Linear(3, 4), Linear(4, 2))
    let x = floats([2, 3], seed: 1)
    let expected = Sequential {
      a
      ReLU()
      b
    }(x)
    expectSameBits(Sequential(a, ReLU(), b)(x), expected)
    expectSameBits(Sequential([a, ReLU(), b])(x), expected)
    #expect(Sequential(a, ReLU(), b).parameters.map(\.path) == ["0.weight", "0.bias", "2.weight", "2.bias"])
    #expect(Sequential().layers.isEmpty)
  }

  @Test func aRangeMayIncludeItsEnd() {
    let x = floats([4, 2], seed: 1)
    expectSameBits(x[1...2], x[1..<3])
    expectSameBits(x[0...0], x[0..<1])
  }

  @Test func deviationHasItsWholeName() {
    let x = Tensor([[1, 3], [2, 8]])
    expectClose(x.standardDeviation(axes: [1]), [1, 3])
    expectClose(x.standardDeviation(axes: [1], keepingAxes: true), [1, 3])
    #expect(abs(x.standardDeviation().item() - (7.25).squareRoot()) < 1e-5)
    expectGradients(at: [doubles([3, 4], seed: 2)]) {
      $0[0].standardDeviation(axes: [1]).square().sum() + $0[0].standardDeviation()
    }
    let kink = valueWithGradients(at: [Tensor([[2, 2], [2, 4]])]) { $0[0].standardDeviation(axes: [1]).sum() }
    #expect(kink.value.item() == 1 && kink.gradients[0]?.array(of: Float.self) == [0, 0, -0.5, 0.5])
    expectSameBits(
      .normal([4], mean: 1, standardDeviation: 2, seed: 3), .normal([4], mean: 1, deviation: 2, seed: 3))
    func weight(_ initializer: Initializer) -> Tensor {
      Random.withSeed(1) { Linear(3, 2, initializer: initializer) }.weight.value
    }
    expectSameBits(weight(.normal(standardDeviation: 0.5)), weight(.normal(deviation: 0.5)))
  }

  @Test func oneShapeForLogitsAndLabelsIsTold() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(Tensor.ones([2, 3]), Tensor.ones([2, 3]))
    }
    #expect(errorText(result).contains("write crossEntropy(logits:targets:) for a distribution per row"))
    let accuracies = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = accuracy(Tensor.ones([2, 3]), Tensor.ones([3]))
    }
    #expect(errorText(accuracies).contains("accuracy: expects logits [N, K] and labels [N]"))
  }

  @Test func accuracyIsTheFractionThatIsRight() {
    let logits = Tensor([[0, 2, 1], [5, 1, 1], [0, 0, 3], [1, 0, 0]])
    #expect(accuracy(logits: logits, labels: Tensor([1, 0, 2, 2])) == 0.75)
    #expect(accuracy(logits, Tensor([1, 0, 2, 0] as [Int32])) == 1)
    #expect(accuracy(logits: logits.reshaped([2, 2, 3]), labels: Tensor([[1, 1], [2, 1]])) == 0.5)
    #expect(accuracy(logits: Tensor.ones([0, 3]), labels: Tensor([Int32](), shape: [0])).isNaN)
    // Inside of a step as well.
    let layer = Linear(2, 2)
    let (_, right, _) = valueWithGradients(of: layer) {
      let logits = layer(Tensor.ones([2, 2]))
      return (crossEntropy(logits, Tensor([0, 0])), accuracy(logits, logits.argmax()))
    }
    #expect(right == 1)
  }
}
