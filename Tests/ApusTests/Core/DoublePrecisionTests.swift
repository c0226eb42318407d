import Apus
import Testing

/// `withPrecision(.float64)`: whole networks in double precision; and what is refused outside of it.
@Suite struct DoublePrecisionTests {
  /// Pooling first, so that a layer without parameters meets the float32 images.
  private struct Network: Layer {
    let pool = AveragePool2D(2)
    let conv = Conv2D(3, 6, kernel: 3, padding: .same, bias: false)
    let norm = BatchNorm(6)
    let drop = Dropout(dropProbability: 0.2)
    let head = Linear(6, 4)
    func forward(_ x: consuming Tensor) -> Tensor {
      head(drop(flatten(globalAveragePool2d(relu(norm(conv(pool(x))))))))
    }
  }

  private let images = floats([5, 8, 8, 3], seed: 1)
  private let labels = Tensor([0, 3, 1, 2, 3])
  private let key = RandomKey(seed: 3, step: 1)

  private func made() -> Network { Random.withSeed(7) { Network() } }

  private func step(_ model: Network) -> (value: Tensor, gradients: Gradients) {
    valueWithGradients(of: model, key: key) { crossEntropy(logits: model(images), labels: labels) }
  }

  @Test func valuesAndGradientsAreDouble() throws {
    let (wide, narrow) = (made(), made())
    let (double, single) = (withPrecision(.float64) { step(wide) }, step(narrow))
    #expect(double.value.scalarType == .float64 && single.value.scalarType == .float32)
    expectClose(double.value, [single.value.item()], tolerance: 1e-6)
    for (entry, other) in zip(wide.parameters, narrow.parameters) {
      let (g, h) = (try #require(double.gradients[entry.parameter]), try #require(single.gradients[other.parameter]))
      #expect(g.scalarType == .float64)
      expectClose(g, h.cast(to: .float64).array(of: Double.self), tolerance: 1e-5)
      // Not widened float32: the last digits are there.
      #expect(g.array(of: Double.self).contains { Double(Float($0)) != $0 })
    }
    // Running statistics are stored as float32.
    for (buffer, other) in zip(wide.buffers, narrow.buffers) {
      #expect(buffer.buffer.value.scalarType == .float32)
      expectClose(buffer.buffer.value, other.buffer.value.array(of: Float.self).map(Double.init), tolerance: 1e-6)
    }
    // And it is over.
    #expect(wide(images).scalarType == .float32)
  }

  /// Against differences of the very same computation: 1e-7 where float32 would give 1e-2.
  @Test func gradientsAreThoseOfDifferences() throws {
    let model = made()
    let (_, gradients) = withPrecision(.float64) { step(model) }
    let check = gradientCheck(of: model, key: key) { crossEntropy(logits: model(images), labels: labels) }
    #expect(check.largestError < 1e-6 && check.count > 50, "\(check)")
    let norm = try gradients.norm()
    let squares = model.parameters.compactMap { gradients[$0.parameter]?.square().sum().item() }
    #expect(abs(norm - squares.reduce(0, +).squareRoot()) < 1e-12 * norm)
  }

  /// As operands are, parts of a result are widened.
  @Test func partsAreWidened() {
    let (narrow, wide) = (Tensor([0.5, 1] as [Float], shape: [1, 2]), Tensor([2, 0.1] as [Double], shape: [1, 2]))
    withPrecision(.float64) {
      #expect(Tensor.concatenated([narrow, wide], axis: 0).array(of: Double.self) == [0.5, 1, 2, 0.1])
      #expect(Tensor.stacked([narrow, wide]).array(of: Double.self) == [0.5, 1, 2, 0.1])
    }
  }

  @Test func inferenceFoldsNothingAndStaysDouble() {
    let model = made()
    let y = withPrecision(.float64) { model(images) }
    #expect(y.scalarType == .float64)
    expectClose(y, model(images).array(of: Float.self).map(Double.init), tolerance: 1e-5)
    let batch = Batch(images: images, labels: labels)
    let (wide, narrow) = (withPrecision(.float64) { evaluate(model, on: [batch]) }, evaluate(model, on: [batch]))
    #expect(abs(wide.loss - narrow.loss) < 1e-5 && wide.predictions == narrow.predictions)
  }

  @Test func whatIsInsideChangesNothing() {
    let model = made()
    let outer = withPrecision(.float64) { model(images) }
    for precision in Precision.allCases {
      expectSameBits(withPrecision(.float64) { withPrecision(precision) { model(images) } }, outer)
    }
    expectSameBits(withPrecision(.float64) { withPhase(.inference) { model(images) } }, outer)
  }

  /// What is stored is float32, whatever it was made of.
  @Test func stepsInsideRoundOnce() throws {
    let (wide, narrow) = (made(), made())
    var (first, second) = (
      SGD(wide.parameters, learningRate: 0.1, momentum: 0.9), SGD(narrow.parameters, learningRate: 0.1, momentum: 0.9)
    )
    try withPrecision(.float64) {
      var gradients = step(wide).gradients
      try gradients.clip(toNorm: 1e-3)
      first.step(gradients)
      wide.head.bias!.value = wide.head.bias!.value + 0.5
      #expect(wide.state().allSatisfy { $0.value.scalarType == .float32 })
    }
    var gradients = step(narrow).gradients
    try gradients.clip(toNorm: 1e-3)
    second.step(gradients)
    narrow.head.bias!.value = narrow.head.bias!.value + 0.5
    for (a, b) in zip(wide.state(), narrow.state()) {
      expectClose(a.value, b.value.array(of: Float.self).map(Double.init), tolerance: 1e-6)
    }
  }

  @Test func inputsAreWidened() throws {
    let (value, gradients) = withPrecision(.float64) {
      valueWithGradients(at: [Tensor([0.1, 2])]) { ($0[0] * 3).sum() }
    }
    #expect(value.scalarType == .float64 && gradients[0]?.array(of: Double.self) == [3, 3])
    #expect(throws: SettingsError.self) { try TrainingSettings(epochs: 1, precision: .float64).validate() }
  }

  // MARK: Outside of it

  @Test func layersLossesAndOptimizersRefuse() async {
    func expectRefusal(_ text: String, _ result: ExitTest.Result?) {
      #expect(errorText(result).contains(text), "\(errorText(result).prefix(300))")
      #expect(errorText(result).contains("withPrecision(.float64)"))
    }
    let layer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Linear(2, 2)(Tensor([1, 2] as [Double], shape: [1, 2]))
    }
    expectRefusal("Linear of a tensor of float64", layer)
    let pool = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool2d(.zeros([1, 2, 2, 1], .float64), kernel: 2)
    }
    expectRefusal("MaxPool2D of a tensor of float64", pool)
    let loss = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = mseLoss(.zeros([2]), .zeros([2], .float64))
    }
    expectRefusal("MSELoss of a tensor of float32 and one of float64", loss)
    let sum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let weights = [0.5, 2]
      _ = Tensor([1, 2]) * Tensor(weights)
    }
    expectRefusal("Multiply of a tensor of float32 and one of float64", sum)
    let optimizer = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Linear(2, 2)
      let (_, gradients) = withPrecision(.float64) { valueWithGradients(of: model) { model(.ones([1, 2])).sum() } }
      var optimizer = SGD(model.parameters, learningRate: 0.1)
      optimizer.step(gradients)
    }
    expectRefusal("a step by the gradient of weight of float64", optimizer)
  }
}

/// Literals, labels and integers.
@Suite struct ScalarTypeTests {
  @Test func aLiteralIsFloat32AndAnArrayKeepsItsType() {
    #expect(Tensor([0.5, 2]).scalarType == .float32)
    #expect(Tensor([1, 2, 3, 4], shape: [2, 2]).scalarType == .float32)
    #expect(Tensor([-1, 0.5], shape: [1, 2]).array(of: Float.self) == [-1, 0.5])
    let (doubles, floats, integers) = ([0.5, 2], [0.5, 2] as [Float], [1, 2] as [Int32])
    #expect(Tensor(doubles).scalarType == .float64 && Tensor(floats).scalarType == .float32)
    #expect(Tensor(integers).scalarType == .int32 && Tensor([1] as [UInt8]).scalarType == .uint8)
    #expect(Tensor([0.5] as [Double]).scalarType == .float64)
    #expect(Tensor((0..<3).map { Float($0) }).scalarType == .float32)
  }

  @Test func labelsAreWholeNumbersOfAnyType() {
    let logits = floats([3, 4], seed: 9)
    let want = crossEntropy(logits: logits, labels: Tensor([0, 2, 1] as [Int32]))
    expectSameBits(crossEntropy(logits: logits, labels: Tensor([0, 2, 1])), want)
    expectSameBits(crossEntropy(logits: logits, labels: Tensor([0, 2, 1] as [UInt8])), want)
    expectSameBits(crossEntropy(logits: logits, labels: Tensor([0, 2, 1] as [Double])), want)
    let ignoring = hingeLoss(scores: logits, labels: Tensor([0, -100, 1]), ignoring: -100)
    expectSameBits(ignoring, hingeLoss(scores: logits, labels: Tensor([0, -100, 1] as [Int32]), ignoring: -100))
    #expect(Tensor.oneHot(Tensor([1, 0]), classes: 2).array(of: Float.self) == [0, 1, 1, 0])
    #expect(Batch(images: .zeros([2, 1, 1, 1]), labels: Tensor([1, 0])).labels.scalarType == .int32)
  }

  @Test func integersAreNotCut() async {
    let mean = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2] as [Int32]).mean()
    }
    #expect(errorText(mean).contains("mean of a tensor of int32, whose result need not be whole: cast(to: .float32)"))
    let variance = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2] as [Int32]).variance()
    }
    #expect(errorText(variance).contains("mean of a tensor of int32"))
    let quotient = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2] as [Int32]) / Tensor([2, 2] as [Int32])
    }
    #expect(errorText(quotient).contains("Divide of a tensor of int32"))
    let half = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([1, 2] as [Int32]) / 2.5
    }
    #expect(errorText(half).contains("Divide of a tensor of int32"))
    let root = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor([4, 9] as [Int32]).power(0.5)
    }
    #expect(errorText(root).contains("power of a tensor of int32"))
    let full = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.full([2], 2.5, .int32)
    }
    #expect(errorText(full).contains("2.5 as int32, which holds whole numbers from -2147483648 to 2147483647"))
    let byte = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.full([2], 256, .uint8)
    }
    #expect(errorText(byte).contains("256.0 as uint8, which holds whole numbers from 0 to 255"))
    #expect(Tensor.full([2], -3, .int32).array(of: Int32.self) == [-3, -3])
    #expect((Tensor([1, 2] as [Int32]) * Tensor([3, 4] as [Int32])).array(of: Int32.self) == [3, 8])
    let nothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Tensor.zeros([0, 2]).mean()
    }
    #expect(errorText(nothing).contains("mean over axes [0, 1] of a tensor of shape [0, 2]: no element"))
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([1, 2]), labels: Tensor([0]), classWeights: Tensor([1, -2] as [Int32]))
    }
    #expect(errorText(weights).contains("crossEntropy: class weight -2.0 at index 1"))
  }
}
