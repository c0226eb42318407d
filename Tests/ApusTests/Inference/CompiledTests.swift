import Apus
import CCheckAllocations
import Foundation
import Testing

@Suite struct CompiledTests {
  /// `@unchecked Sendable`, as arguments of a test must be: a model is used by the one test that it is an argument of.
  struct Case: CustomTestStringConvertible, @unchecked Sendable {
    let testDescription: String
    let model: any Layer
    let input: Shape

    init(_ name: String, _ model: any Layer, _ input: Shape = [2, 9, 8, 6]) {
      (testDescription, self.model, self.input) = (name, model, input)
    }
  }

  /// Every layer by its type's name, in forms that differ in what they compile to.
  static func layers() -> [Case] {
    [
      Case("Linear", Linear(5, 7), [3, 5]), Case("Linear", Linear(5, 7, bias: false), [2, 3, 5]),
      Case("Conv2D", Conv2D(6, 8, kernel: 3, padding: 1)),
      Case(
        "Conv2D",
        Conv2D(6, 8, kernel: [5, 2], stride: [2, 1], padding: .same, dilation: [1, 2], groups: 2, bias: false)),
      Case("ConvTranspose2D", ConvTranspose2D(6, 4, kernel: 3, stride: 2, padding: 1, outputPadding: 1)),
      Case("LocallyConnected2D", LocallyConnected2D(6, 3, kernel: 3, inputSize: [9, 8], stride: 2, padding: 1)),
      Case("ImageFilter", ImageFilter.edges),
      Case("WeightStandardizedConv2D", WeightStandardizedConv2D(6, 4, kernel: 3)),
      Case(
        "PartiallyConnectedConv2D", PartiallyConnectedConv2D(6, [[0, 1], [2, 3, 4], [5]], kernel: 3), [2, 9, 8, 6]),
      Case("TrainedSubsampling2D", TrainedSubsampling2D(6)),
      Case("MaxPool2D", MaxPool2D(3, stride: 2, padding: 1)),
      Case("MaxPool2D", MaxPool2D(3, stride: 2, ceilMode: true)),
      Case("AveragePool2D", AveragePool2D(2)),
      Case("AveragePool2D", AveragePool2D(3, stride: 2, padding: 1, countsPadding: false, ceilMode: true)),
      Case("AdaptiveAveragePool2D", AdaptiveAveragePool2D([4, 3])),
      Case("AdaptiveAveragePool2D", AdaptiveAveragePool2D([9, 8])),
      Case("GlobalAveragePool2D", GlobalAveragePool2D()), Case("GlobalMaxPool2D", GlobalMaxPool2D()),
      Case("ChannelPool", ChannelPool(3)), Case("ChannelPool", ChannelPool(2, taking: .mean)),
      Case("Upsample2D", Upsample2D(2)), Case("Upsample2D", Upsample2D([3, 1], filter: .bilinear, alignCorners: true)),
      Case("Conv1D", Conv1D(6, 4, kernel: 3, padding: .same), [2, 9, 6]),
      Case("MaxPool1D", MaxPool1D(3, stride: 2), [2, 9, 6]), Case("AveragePool1D", AveragePool1D(2), [2, 9, 6]),
      Case("MultiHeadAttention", MultiHeadAttention(6, heads: 2), [2, 5, 6]),
      Case("SqueezeExcitation", SqueezeExcitation(6, squeezed: 2)), Case("LayerScale", LayerScale(6)),
      Case("StochasticDepth", StochasticDepth(dropProbability: 0.5)), Case("Pad2D", Pad2D(2, mode: .reflect)),
      Case("PixelShuffle", PixelShuffle(2), [2, 3, 4, 8]), Case("PixelUnshuffle", PixelUnshuffle(2), [2, 4, 6, 3]),
      Case("Flatten", Flatten()), Case("Identity", Identity()), Case("Dropout", Dropout(dropProbability: 0.5)),
      Case("Dropout", Dropout(dropProbability: 0.5, form: .vanilla)),
      Case("Softmax", Softmax()), Case("Softmax", Softmax(axis: 1)), Case("LogSoftmax", LogSoftmax()),
      Case("LogSoftmax", LogSoftmax(axis: -2)),
      Case("BatchNorm", BatchNorm(6)), Case("BatchNorm", BatchNorm(6, affine: false)),
      Case("BatchNorm", BatchNorm(perActivation: [9, 8, 6])),
      Case("GroupNorm", GroupNorm(6, groups: 2)), Case("GroupNorm", GroupNorm(6, groups: 3, affine: false)),
      Case("InstanceNorm", InstanceNorm(6)), Case("LayerNorm", LayerNorm([9, 8, 6])), Case("LayerNorm", LayerNorm(6)),
      Case("BatchInstanceNorm", BatchInstanceNorm(6, rho: 0.3)), Case("LocalResponseNorm", LocalResponseNorm.alexNet),
      Case("ReLU", ReLU()), Case("Threshold", Threshold()), Case("Sigmoid", Sigmoid()), Case("Tanh", Tanh()),
      Case("LeakyReLU", LeakyReLU(slope: 0.1)), Case("PReLU", PReLU(6)), Case("PReLU", PReLU()),
      Case("ELU", ELU(alpha: 0.7)),
      Case("Maxout", Maxout(3)), Case("Swish", Swish(beta: 1.5)), Case("GELU", GELU()), Case("GELU", GELU(.tanh)),
      Case("HardSigmoid", HardSigmoid()), Case("HardSwish", HardSwish()), Case("Hardtanh", Hardtanh(min: -0.5, max: 2)),
      Case("ReLU6", ReLU6()),
      Case("Softplus", Softplus()),
      Case(
        "Sequential",
        Sequential {
          Conv2D(6, 4, kernel: 1)
          ReLU()
          ELU()
        }),
      Case(
        "Residual",
        Residual {
          Conv2D(6, 6, kernel: 3, padding: 1)
          ReLU()
          Conv2D(6, 6, kernel: 1)
        }),
      Case(
        "Concatenation",
        Concatenation([Conv2D(6, 4, kernel: 1), MaxPool2D(3, stride: 1, padding: 1), Identity(), Identity()])),
      Case("BasicConv2D", BasicConv2D(6, 4, kernel: 3, normalized: true)),
      Case(
        "Inception", Inception(6, .init(one: 2, three: (3, 4), five: (2, 3), pool: 5), fiveKernel: 5, normalized: true)),
      Case("ResidualBlock", ResidualBlock(6, 8, stride: 2)),
      Case("ResidualBlock", ResidualBlock(6, 8, stride: 2, shortcut: .padding)),
      Case("ResidualBlock", ResidualBlock(6, 6)),
      Case("Bottleneck", Bottleneck(6, width: 2, stride: 1, stridesFirst: false)),
    ]
  }

  /// Parameters and statistics that are not those of the beginning, so that none is without effect.
  private func stirred(_ model: any Layer) -> any Layer {
    for (index, entry) in model.parameters.enumerated() {
      entry.parameter.value = entry.parameter.value + floats(entry.parameter.shape, seed: UInt64(index)) * 0.3
    }
    for (index, entry) in model.buffers.enumerated() {
      let noise = floats(entry.buffer.shape, seed: UInt64(1000 + index))
      entry.buffer.value = entry.path.hasSuffix("Variance") ? noise.square() + 0.5 : noise
    }
    return model
  }

  @Test(arguments: layers()) func everyLayer(_ each: Case) throws {
    let model = stirred(each.model)
    let x = floats(each.input, seed: 5)
    let want = model(x)
    let exact = try model.compiled(for: each.input, foldingBatchNorms: false)
    expectSameBits(try exact(x), want)
    expectSameBits(try exact(x), want)
    let folded = try model.compiled(for: each.input)
    expectClose(try folded(x), want.array(of: Float.self).map(Double.init), tolerance: 1e-5)
    // Node by node on tensors, and back by each operation's own gradient.
    let seed = floats(want.shape, seed: 6)
    let passed = try RuledPass(model, input: each.input)(x, seed: seed, by: .gradient)
    let (value, gradient) = valueWithGradient(at: x, in: .inference) { (model($0) * seed).sum() }
    expectClose(passed.value, [Double(value.item())], tolerance: 1e-4)
    expectClose(passed.inputs[0], gradient.array(of: Float.self).map(Double.init), tolerance: 1e-4)
  }

  /// Functions of one element without parameters that learn.
  static let fusing = Set(Catalogue.entries.filter { $0.kind == .activation }.map(\.name))
    .subtracting(["Identity", "PReLU", "Maxout", "Softmax", "LogSoftmax"])

  /// A convolution takes any activation into its pass, with the bits of both apart: depthwise, grouped, pointwise and direct,
  /// behind a batch norm and a sum. Winograd takes larger images: see the harness.
  @Test(arguments: layers().filter { fusing.contains($0.testDescription) }) func activationsFuseIntoConvolutions(
    _ each: Case
  ) throws {
    let convolutions = [
      Conv2D(6, 6, kernel: 3, padding: 1, groups: 6), Conv2D(6, 6, kernel: 3, stride: 2, groups: 2),
      Conv2D(6, 40, kernel: 1),
      Conv2D(6, 33, kernel: 3, padding: 1), Conv2D(6, 5, kernel: 5, stride: 3, padding: 2),
    ]
    for convolution in convolutions {
      let model = stirred(Sequential([convolution, BatchNorm(convolution.weight.shape[3]), each.model]))
      let x = floats(each.input, seed: 5) * 3
      let compiled = try model.compiled(for: each.input, foldingBatchNorms: false)
      expectSameBits(try compiled(x), model(x))
      #expect(compiled.description.contains("Conv2D + BatchNorm + \(each.testDescription)"), "\(compiled.description)")
    }
    let block = stirred(Sequential([Residual { Conv2D(6, 6, kernel: 3, padding: 1) }, each.model]))
    let x = floats(each.input, seed: 6) * 3
    let compiled = try block.compiled(for: each.input)
    expectSameBits(try compiled(x), block(x))
    #expect(compiled.description.contains("Conv2D + Add + \(each.testDescription)"), "\(compiled.description)")
  }

  /// Whoever adds a public layer adds its case.
  @Test func everyLayerHasACase() throws {
    let cases = Set(CompiledTests.layers().map(\.testDescription))
    let layers = Set(Catalogue.entries.filter { [.layer, .activation, .normalization].contains($0.kind) }.map(\.name))
    let functions: Set = [  // entries that are not layers, or forms of one that has cases
      "Conv2D(dilation:)", "Conv2D(groups:)", "Conv2D.asToeplitz", "patches", "MaxPool2D(ceilMode:)", "PatternNetwork",
      "perceptron", "BatchNorm per activation", "recomputeStatistics(over:)", "fold",
    ]
    for layer in layers.subtracting(functions) where !layer.hasPrefix("BatchNorm, ∂") {
      #expect(cases.contains(layer), "\(layer) has no case")
    }
  }

  /// Operations of tensors that no layer is alone.
  @Test func everyOperationOfTensors() throws {
    struct Everything: Layer {
      let weight = Parameter(floats([4, 3], seed: 3))
      func forward(_ x: Tensor) -> Tensor {
        let a = (x.abs() + 1).log() - x.square() / 3 + (-x).exp() * 0.1 + (2 - x.sign())
        let b = Tensor.maximum(a, x) * Tensor.minimum(x, 0 - a).sum(axes: [0, 2], keepingAxes: true)
        let c = Tensor.concatenated([b, a.slice(axis: 1, range: 1..<3), x], axis: 1).transposed([0, 2, 1])
        let d = (c.square() + 1).sqrt().reciprocal().power(1.5)
        let e = matmul(d.slice(axis: 2, range: 2..<6), weight.value)
        return e.reshaped(e.shape[0], -1) + d.max(axes: [1, 2]).reshaped(e.shape[0], 1)
          - d.min(axes: [1], keepingAxes: true).variance(axes: [1, 2], keepingAxes: false).reshaped(-1, 1)
      }
    }
    let (model, x) = (Everything(), floats([2, 3, 4], seed: 8))
    expectSameBits(try model.compiled(for: x.shape)(x), model(x))
  }

  /// What two operations read is there for both, even if one of them could go into the kernel that makes it.
  @Test func sharedResultsAreNotTakenAway() throws {
    struct Shared: Layer {
      let conv = Conv2D(3, 4, kernel: 3, padding: 1)
      let norm = BatchNorm(4)
      func forward(_ x: Tensor) -> Tensor {
        let y = conv(x)
        let z = norm(y)
        return Tensor.concatenated([relu(y), y + z, relu(z), z])
      }
    }
    let (model, x) = (stirred(Shared()), floats([2, 5, 4, 3], seed: 9))
    expectSameBits(try model.compiled(for: x.shape, foldingBatchNorms: false)(x), model(x))
    expectClose(try model.compiled(for: x.shape)(x), model(x).array(of: Float.self).map(Double.init))
  }

  /// A convolution cannot take in a sum whose other operand is made after it.
  @Test func aSumWaitsForItsLaterOperand() throws {
    struct Gated: Layer {
      let conv = Conv2D(3, 4, kernel: 3, padding: 1), gate = Conv2D(3, 4, kernel: 1)
      func forward(_ x: Tensor) -> Tensor {
        let y = conv(x)
        return y + sigmoid(gate(x + 1))
      }
    }
    let (model, x) = (stirred(Gated()), floats([2, 5, 4, 3], seed: 9))
    expectSameBits(try model.compiled(for: x.shape)(x), model(x))
  }

  /// Two gaps hold the last block: one of 100 lines below it, one of 50.
  @Test func aBlockGoesIntoTheTightestGap() {
    let lines = [(100, 1...1), (90, 1...2), (50, 1...1), (45, 1...2), (40, 2...2)]
    let plan = ArenaPlan(lines.map { .init(byteCount: $0.0 * 64, steps: $0.1) })
    #expect(plan.offsets.map { $0 / 64 } == [0, 100, 190, 240, 190])
  }

  // MARK: Memory

  @Test func blocksOfOneTimeDoNotOverlap() {
    let blocks = (0..<200).map { index -> ArenaPlan.Block in
      let random = Random.bits(seed: 7, stream: UInt64(index), count: 3)
      let first = Int(random[0] % 50)
      return .init(byteCount: Int(random[1] % 5000), steps: first...first + Int(random[2] % 12))
    }
    let plan = ArenaPlan(blocks)
    for (i, a) in blocks.enumerated() {
      #expect(plan.offsets[i] % 64 == 0 && plan.offsets[i] + a.byteCount <= plan.byteCount)
      for (j, b) in blocks.enumerated() where i < j && a.steps.overlaps(b.steps) && a.byteCount > 0 && b.byteCount > 0 {
        #expect(plan.offsets[i] + a.byteCount <= plan.offsets[j] || plan.offsets[j] + b.byteCount <= plan.offsets[i])
      }
    }
    // No plan is smaller than what is alive at one time; this one is at most half as large again.
    let alive = (0..<62).map { step in blocks.filter { $0.steps.contains(step) }.reduce(0) { $0 + $1.byteCount } }
      .max()!
    #expect(plan.byteCount >= alive && plan.byteCount < alive * 3 / 2, "\(plan.byteCount) for \(alive)")
  }

  @Test func activationsShareTheArena() throws {
    let model = try NetworkCatalogue.make("resnet20", input: [32, 32, 3], classes: 10, seed: 1)
    let compiled = try model.compiled(for: [16, 32, 32, 3])
    // An activation of the first stage, of 1 MB, is there three times at most: a block's input, what lies in it, and its result.
    #expect(compiled.arenaBytes < 16 * 32 * 32 * 16 * 4 * 3 + (1 << 20))
    #expect(compiled.arenaBytes < compiled.separateBytes / 3)
    #expect(compiled.packedBytes > 0)
    #expect(compiled.description.contains("stage1.0.conv2: Conv2D + Add + ReLU"))
  }

  /// In a process of its own: what is counted are the calls of all threads.
  @Test func aRunAllocatesNothing() async {
    await #expect(processExitsWith: .success) {
      let model = try NetworkCatalogue.make("resnet20", input: [32, 32, 3], classes: 10, seed: 1)
      let compiled = try model.compiled(for: [2, 32, 32, 3])
      let x = [Float](repeating: 0.5, count: 2 * 32 * 32 * 3)
      var y = [Float](repeating: 0, count: 20)
      func allocations(_ body: () throws -> Void) rethrows -> Int64 {
        _ = check_allocations_count(1)
        try body()
        return check_allocations_count(0)
      }
      for _ in 0..<3 {
        let count = try x.withUnsafeBufferPointer { x in
          try y.withUnsafeMutableBufferPointer { y in try allocations { try compiled.run(x, into: y) } }
        }
        #expect(count == 0, "\(count) allocations")
      }
      let images = Tensor(x, shape: [2, 32, 32, 3])
      #expect(try compiled(images).array(of: Float.self) == y)
      // The counter counts, where the C library lets it: the model itself makes a tensor a layer.
      #expect(allocations { _ = model(images).array(of: Float.self) } > 20 * Int64(check_allocations_seen()))
    }
  }

  // MARK: Use

  @Test func wrongInputsAreRefusedWithBothShapes() throws {
    let compiled = try LeNet5().compiled(for: [2, 28, 28, 1])
    for wrong in [Tensor.zeros([1, 28, 28, 1]), .zeros([2, 28, 28, 1], .float64)] {
      let error = #expect(throws: Compiled.InputError.self) { _ = try compiled(wrong) }
      #expect(error?.description.contains("\(wrong.scalarType) of shape \(wrong.shape)") == true)
      #expect(error?.description.contains("float32 of shape [2, 28, 28, 1]") == true)
    }
    let numbers = [Float](repeating: 0, count: 2 * 28 * 28)
    var short = [Float](repeating: 0, count: 19)
    #expect(throws: Compiled.InputError.self) {
      try numbers.withUnsafeBufferPointer { x in
        try short.withUnsafeMutableBufferPointer { try compiled.run(x, into: $0) }
      }
    }
  }

  @Test func instancesOnSeveralThreadsGiveTheSameBits() async throws {
    let model = try NetworkCatalogue.make("resnet20", input: [32, 32, 3], classes: 10, seed: 1)
    let compiled = try model.compiled(for: [2, 32, 32, 3])
    let inputs = (0..<4).map { floats([2, 32, 32, 3], seed: UInt64($0)) }
    let alone = try inputs.map { try compiled($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (x, want) in pairs(inputs, alone) {
        let instance = compiled.another()
        group.addTask { for _ in 0..<5 { expectSameBits(try instance(x), want) } }
      }
      try await group.waitForAll()
    }
  }

  @Test func itKeepsTheValuesOfWhenItWasCompiled() throws {
    let model = Linear(3, 2)
    let compiled = try model.compiled(for: [1, 3])
    let x = floats([1, 3], seed: 1)
    let before = try compiled(x)
    model.weight.value = .zeros([3, 2])
    model.bias!.value = .zeros([2])
    expectSameBits(try compiled(x), before)
  }

  @Test func weightsThatDependOnTheInputAreRefused() {
    struct Dynamic: Layer {
      func forward(_ x: Tensor) -> Tensor { linear(x, weight: x.transposed()) }
    }
    let error = #expect(throws: GraphError.self) { _ = try Sequential { Dynamic() }.compiled(for: [2, 3]) }
    #expect(error?.path == "0" && error?.operation == "Linear")
  }

  /// Whole networks, folded; the samples of `compiled` itself are held to 1e-3.
  @Test(arguments: [("lenet5", 2), ("lenet5.paper", 2), ("resnet20.paper", 2)])
  func networks(name: String, batch: Int) throws {
    let entry = try NetworkCatalogue.entry(name)
    let model = stirred(try NetworkCatalogue.make(name, input: entry.usualInput, classes: entry.usualClasses, seed: 1))
    let x = floats(Shape([batch] + entry.usualInput), seed: 2)
    let (y, want) = (try model.compiled(for: x.shape)(x), model(x))
    let largest = want.abs().max().item()
    #expect((y - want).abs().max().item() <= 1e-5 * largest)
  }
}
