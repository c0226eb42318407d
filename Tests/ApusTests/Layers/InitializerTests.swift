import Apus
import Foundation
import Testing

/// Initial values: their distribution, or what they do to data.
@Suite struct InitializerTests {
  /// Rows·columns of a matrix as vectors.
  private func vectors(_ t: Tensor) -> [[Double]] {
    let columns = t.shape[t.rank - 1]
    let values = t.array(of: Float.self).map(Double.init)
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }

  private func transposed(_ rows: [[Double]]) -> [[Double]] {
    rows[0].indices.map { column in rows.map { $0[column] } }
  }

  private func expectOrthonormal(
    _ vectors: [[Double]], factor: Double = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for (i, a) in vectors.enumerated() {
      for (j, b) in vectors.enumerated() {
        let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (i == j ? factor : 0)) < 1e-6, "\(i), \(j)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test func gainsAreThoseOfPyTorch() {
    #expect(Initializer.Gain.linear.factor == 1 && Initializer.Gain.sigmoid.factor == 1)
    #expect(Initializer.Gain.tanh.factor == 5.0 / 3 && Initializer.Gain.selu.factor == 0.75)
    #expect(Initializer.Gain.relu.factor == 2.0.squareRoot())
    #expect(Initializer.Gain.leakyReLU(slope: 0).factor == 2.0.squareRoot())
    #expect(abs(Initializer.Gain.leakyReLU(slope: 0.2).factor - 1.3867504905630728) < 1e-15)
    #expect(abs(Initializer.Gain.leakyReLU().factor - 1.4141428569978354) < 1e-15)
  }

  @Test func gainsThatPreserveTheSecondMoment() {
    func gain(_ function: (Double) -> Double) -> Double {
      Initializer.Gain.preservingSecondMoment(of: function).factor
    }
    #expect(abs(gain { $0 } - 1) < 1e-9)
    #expect(abs(gain { max($0, 0) } - 2.0.squareRoot()) < 1e-9)
    #expect(abs(gain { $0 > 0 ? $0 : 0.2 * $0 } - Initializer.Gain.leakyReLU(slope: 0.2).factor) < 1e-9)
    #expect(abs(gain { tanh($0) } - 1.5925) < 1e-3)
  }

  /// Layers give their initializer their own fans: filters of a group see its channels alone.
  @Test func layersTellTheirFans() {
    func expect(_ weight: Parameter, fan: Double, sourceLocation: SourceLocation = #_sourceLocation) {
      let ratio = weight.value.cast(to: .float64).square().mean().item() * fan / 2
      #expect(abs(ratio - 1) < 0.1, "\(ratio)", sourceLocation: sourceLocation)
    }
    Random.withSeed(3) {
      let byOutput = Initializer.kaimingNormal(fan: .output)
      expect(Linear(400, 50).weight, fan: 400)
      expect(Linear(400, 50, initializer: byOutput).weight, fan: 50)
      expect(Conv2D(32, 64, kernel: [3, 5], groups: 4).weight, fan: 15 * 8)
      expect(Conv2D(32, 64, kernel: [3, 5], groups: 4, initializer: byOutput).weight, fan: 15 * 16)
    }
  }

  /// Drawn again from the same place of a seed, weights are those of a layer that was made with the initializer.
  @Test func initializeDrawsWhatALayerMadeWithItHas() {
    let initializer = Initializer.xavierUniform()
    func expect<Part: Layer>(
      _ make: (Initializer) -> Part, _ weight: (Part) -> Parameter, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let made = Random.withSeed(5) { weight(make(initializer)).value }
      let part = Random.withSeed(1) { make(.kaimingNormal()) }
      Random.withSeed(5) { part.initialize(initializer) }
      expectSameBits(weight(part).value, made, sourceLocation: sourceLocation)
    }
    expect({ Conv2D(4, 6, kernel: [3, 5], groups: 2, initializer: $0) }, \.weight)
    expect({ ConvTranspose2D(4, 6, kernel: 3, groups: 2, initializer: $0) }, \.weight)
    expect({ Linear(7, 3, initializer: $0) }, \.weight)
    expect({ Conv1D(4, 6, kernel: 3, groups: 2, initializer: $0) }, \.weight)
    expect({ LocallyConnected2D(2, 3, kernel: 3, inputSize: 5, initializer: $0) }, \.weight)
    expect({ MultiHeadAttention(4, heads: 2, initializer: $0) }, \.inWeight)
    let conv = Conv2D(3, 2, kernel: 2)
    conv.initialize(.xavierUniform())
    let bound = (6.0 / Double(12 + 8)).squareRoot()
    let values = conv.weight.value.array(of: Float.self).map { abs(Double($0)) }
    #expect(values.max()! <= bound && values.max()! > 0.7 * bound)
  }

  @Test func initializeLeavesBiasesNormsAndPathsAlone() {
    let model = Sequential {
      Conv2D(1, 2, kernel: 3, biasInitializer: .constant(0.5))
      BatchNorm(2)
      OwnScale()
    }
    let before = model.state()
    guard let conv = model.parameters["0.weight"] else { return #expect(Bool(false), "no weight") }
    conv.mask = Tensor([0] + [UInt8](repeating: 1, count: 17), shape: conv.shape)
    model.initialize(.constant(3))
    #expect(conv.value.array(of: Float.self) == [0] + [Float](repeating: 3, count: 17))
    #expect(model.parameters["2.scale"]?.value.array(of: Float.self) == [3, 3])
    for (old, new) in pairs(before, model.state()) where old.name != "0.weight" && old.name != "2.scale" {
      expectSameBits(old.value, new.value)
    }
    let part = Linear(2, 2)
    _ =
      Sequential {
        ReLU()
        part
      }.parameters
    part.initialize(.zeros)
    #expect(part.weight.path == "1.weight")
  }

  /// A layer of one's own, whose weight is drawn by what it says.
  private struct OwnScale: Layer {
    let scale = Parameter([2], drawnBy: .kaimingNormal(), fanIn: 2, fanOut: 2)
    func forward(_ x: consuming Tensor) -> Tensor { x * scale.value }
  }

  @Test func initializeSaysWhereThereIsNothingToDraw() async {
    let norm = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      BatchNorm(2).initialize(.zeros)
    }
    #expect(errorText(norm).contains("initialize: BatchNorm has no weight that is drawn by its fans"))
    let hidden = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Hidden: Layer {
        let parts = ["a": Linear(1, 1)]
        let other = Linear(1, 1)
        func forward(_ x: consuming Tensor) -> Tensor { x }
      }
      Hidden().initialize(.zeros)
    }
    #expect(errorText(hidden).contains("a layer's state in a dictionary has no stable name"))
  }

  @Test func plainDistributions() {
    Random.withSeed(7) {
      let normal = Initializer.normal(deviation: 0.01, mean: 2).tensor([100, 100], fanIn: 100, fanOut: 100)
      expectClose(normal.mean(), [2], tolerance: 2e-4)
      expectClose(normal.variance().sqrt(), [0.01], tolerance: 3e-4)
      let uniform = Initializer.uniform(in: -1...3).tensor([100, 100], fanIn: 100, fanOut: 100)
      expectClose(uniform.mean(), [1], tolerance: 0.02)
      expectClose(uniform.variance(), [16 / 12.0], tolerance: 0.02)
      let values = uniform.array(of: Float.self)
      #expect(values.min()! >= -1 && values.max()! <= 3)
    }
  }

  @Test func orthogonalMatricesOfAnyShape() {
    Random.withSeed(3) {
      let initializer = Initializer.orthogonal()
      expectOrthonormal(transposed(vectors(initializer.tensor([13, 7], fanIn: 13, fanOut: 7))))
      expectOrthonormal(vectors(initializer.tensor([5, 11], fanIn: 5, fanOut: 11)))
      expectOrthonormal(vectors(initializer.tensor([1, 3], fanIn: 1, fanOut: 3)))
      let square = vectors(initializer.tensor([33, 33], fanIn: 33, fanOut: 33))
      expectOrthonormal(square)
      expectOrthonormal(transposed(square))
      expectOrthonormal(transposed(vectors(initializer.tensor([3, 3, 4, 20], fanIn: 36, fanOut: 180))))
      let scaled = Initializer.orthogonal(gain: .relu).tensor([8, 8], fanIn: 8, fanOut: 8)
      expectOrthonormal(vectors(scaled), factor: 2)
    }
  }

  /// Signs are free: each element is as often above 0 as below.
  @Test func orthogonalMatricesHaveNoPreferredSign() {
    var above = 0
    for seed in 0..<200 {
      let q = Random.withSeed(UInt64(seed)) { Initializer.orthogonal().tensor([3, 3], fanIn: 3, fanOut: 3) }
      if q.array(of: Float.self)[8] > 0 { above += 1 }
    }
    #expect(above > 70 && above < 130)
    let again = Random.withSeed(1) { Initializer.orthogonal().tensor([3, 3], fanIn: 3, fanOut: 3) }
    expectSameBits(again, Random.withSeed(1) { Initializer.orthogonal().tensor([3, 3], fanIn: 3, fanOut: 3) })
  }

  /// The triangles of an odd and an even kernel: f = ⌈kernel / 2⌉.
  @Test func bilinearKernelsAreTriangles() {
    let layer = ConvTranspose2D(2, 2, kernel: [3, 4], bias: false, initializer: .bilinear)
    let (rows, columns): ([Double], [Double]) = ([0.5, 1, 0.5], [0.25, 0.75, 0.75, 0.25])
    let want = rows.flatMap { row in columns.flatMap { column -> [Double] in [row * column, 0, 0, row * column] } }
    #expect(layer.weight.value.array(of: Float.self).map(Double.init) == want)
  }

  @Test func identityLayersPassOnTheirInput() {
    let x = floats([2, 5, 6, 4], seed: 1)
    let same = Conv2D(4, 4, kernel: 3, padding: 1, initializer: .identity())
    expectSameBits(same(x), x)
    let grouped = Conv2D(4, 4, kernel: [3, 5], padding: .same, groups: 2, initializer: .dirac(groups: 2))
    expectSameBits(grouped(x), x)
    let wider = Conv2D(4, 6, kernel: 1, initializer: .dirac())(x)
    expectSameBits(wider.slice(axis: 3, range: 0..<4), x)
    #expect(wider.slice(axis: 3, range: 4..<6).array(of: Float.self).allSatisfy { $0 == 0 })
    let rows = floats([3, 5], seed: 2)
    expectSameBits(Linear(5, 5, initializer: .identity())(rows), rows)
    expectSameBits(Linear(5, 3, initializer: .identity())(rows), rows.slice(axis: 1, range: 0..<3))
  }

  @Test func initializersRefuseWhatHasNoMeaning() async {
    let vector = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initializer.orthogonal().tensor([7], fanIn: 7, fanOut: 7)
    }
    #expect(errorText(vector).contains("orthogonal: a parameter of shape [7] is not a matrix"))
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initializer.dirac(groups: 3).tensor([3, 3, 2, 4], fanIn: 18, fanOut: 36)
    }
    #expect(errorText(groups).contains("identity with groups 3 of a parameter of shape [3, 3, 2, 4]"))
    let walk = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initializer.randomWalk(gain: .tanh)
    }
    #expect(errorText(walk).contains("randomWalk: gain tanh, expected linear or relu"))
  }

  /// 200 linear layers of 16: the logarithm of the gradient's norm stays near 0 on average with the paper's scale,
  /// and would be 200 / 2N = 6.25 lower without.
  @Test func randomWalksDoNotDrift() {
    func meanLogNorm(_ initializer: Initializer) -> Double {
      var sum = 0.0
      for seed in 0..<24 {
        Random.withSeed(UInt64(seed)) {
          var g = floats([1, 16], seed: UInt64(seed))
          let start = g.square().sum().item()
          for _ in 0..<200 { g = matmul(g, initializer.tensor([16, 16], fanIn: 16, fanOut: 16)) }
          sum += 0.5 * log(g.square().sum().item() / start)
        }
      }
      return sum / 24
    }
    let walk = meanLogNorm(.randomWalk(gain: .linear))
    let plain = meanLogNorm(.kaimingNormal(gain: .linear))
    // One walk of 200 steps has a deviation of √(200 / 2N) = 2.5, the mean of 24 of them 0.5.
    #expect(abs(walk) < 2)
    #expect(abs(walk - plain - 6.25) < 1e-3)
  }

  private func network() -> Sequential {
    Sequential {
      Conv2D(3, 8, kernel: 3, padding: 1, initializer: .normal(deviation: 0.7))
      ReLU()
      MaxPool2D(2)
      Conv2D(8, 12, kernel: 3, initializer: .normal(deviation: 0.001), biasInitializer: .constant(0.5))
      ReLU()
      Flatten()
      Linear(48, 20, initializer: .normal(deviation: 3))
      ReLU()
      Linear(20, 4)
    }
  }

  @Test func lsuvLeavesUnitVariance() throws {
    let model = Random.withSeed(1) { network() }
    let batch = floats([64, 8, 8, 3], seed: 5) * 2 + 1
    let layers = try Random.withSeed(2) { try initializeLSUV(model, batch: batch, tolerance: 0.01) }
    #expect(layers.map(\.path) == ["0", "3", "6", "8"])
    for layer in layers { #expect(abs(layer.deviation * layer.deviation - 1) <= 0.01, "\(layer)") }
    // What is measured independently: the first layer's outputs.
    let first = model.layers[0](batch)
    expectClose(first.variance(), [1], tolerance: 0.02)
    // The weights are orthonormal but for one factor.
    let weight = try #require(model.parameters["8.weight"]).value
    let gram = matmul(weight.transposed(), weight)
    let scale = gram.array(of: Float.self)[0]
    let identity = (0..<16).map { $0 % 5 == 0 ? 1.0 : 0 }
    expectClose(gram / Double(scale), identity, tolerance: 1e-5)
  }

  @Test func lsuvKeepsWeightsThatAreGiven() throws {
    let model = Sequential { Linear(6, 4, bias: false, initializer: .normal(deviation: 5)) }
    let before = model.parameters[0].parameter.value
    try initializeLSUV(model, batch: floats([50, 6], seed: 6), tolerance: 0.001, orthonormal: false)
    let after = model.parameters[0].parameter.value
    let ratio = (after / before).array(of: Float.self)
    #expect(ratio.allSatisfy { abs($0 - ratio[0]) < 1e-5 } && ratio[0] < 1)
  }

  @Test func dataDependentValuesNormalizeEachChannel() throws {
    let model = Random.withSeed(1) { network() }
    let batch = floats([64, 8, 8, 3], seed: 5) * 2 + 1
    let layers = try initializeFromData(model, batch: batch)
    #expect(layers.map(\.path) == ["0", "3", "6", "8"])
    var h = batch
    for layer in model.layers {
      h = layer(h)
      guard layer is Conv2D || layer is Linear else { continue }
      let axes = Array(0..<h.rank - 1)
      let channels = h.shape[h.rank - 1]
      expectClose(h.mean(axes: axes), Array(repeating: 0, count: channels), tolerance: 1e-4)
      expectClose(h.variance(axes: axes), Array(repeating: 1, count: channels), tolerance: 1e-3)
    }
  }

  @Test func balancedLayersLearnAtOneRateAndComputeTheSame() throws {
    let model = Random.withSeed(1) { network() }
    let batch = floats([64, 8, 8, 3], seed: 5)
    let outputs = model(batch)
    let first = try balanceGradients(model, batch: batch, rounds: 1)
    expectClose(model(batch) - outputs, Array(repeating: 0, count: outputs.elementCount), tolerance: 1e-3)
    let rates = try balanceGradients(model, batch: batch, rounds: 4).map(\.rate)
    func spread(_ rates: [Double]) -> Double { rates.max()! / rates.min()! }
    #expect(spread(first.map(\.rate)) > 100, "\(first)")
    #expect(spread(rates) < 2, "\(rates)")
  }

  @Test func layersThatCannotBeBalancedAreLeftAlone() throws {
    struct Residual: Layer {
      let a = Linear(6, 6, initializer: .normal(deviation: 2))
      let b = Linear(6, 6, initializer: .normal(deviation: 0.1))
      func forward(_ x: Tensor) -> Tensor { b(relu(a(x)) + x) }
    }
    let model = Residual()
    let before = model.a.weight.value
    #expect { try balanceGradients(model, batch: floats([20, 6], seed: 1)) } throws: {
      "\($0)".contains("a: expected a chain of layers with homogeneous activations")
    }
    expectSameBits(model.a.weight.value, before)
  }

  @Test func dataThatDoesNotDifferIsRefused() {
    let model = Sequential { Linear(3, 2) }
    #expect { try initializeLSUV(model, batch: .zeros([4, 3])) } throws: {
      ($0 as? InitializationError)?.path == "0" && "\($0)".contains("found a deviation of 0.0")
    }
    #expect { try initializeFromData(model, batch: .zeros([4, 3])) } throws: {
      "\($0)".contains("found a deviation of 0.0 in channel 0")
    }
  }

  @Test func fixupBeginsAsItsShortcuts() throws {
    let model = Random.withSeed(1) { CIFARResNet(depth: 20) }
    Random.withSeed(2) { model.initializeFixup() }
    let x = relu(floats([2, 8, 8, 16], seed: 7))
    // Without normalization or behind its running statistics, a block with an identity shortcut is the identity.
    expectSameBits(model.stage1(x), x)
    #expect(model(floats([2, 32, 32, 3], seed: 8)).array(of: Float.self).allSatisfy { $0 == 0 })
    // Nine blocks of two layers: He's deviation times 9^(−1/2).
    let weight = try #require(model.parameters["stage3.1.conv1.weight"]).value
    let he = (2 / Double(9 * 64)).squareRoot()
    expectClose(weight.variance().sqrt(), [he / 3], tolerance: 1e-3)
  }

  @Test func fixupNeedsTwoLayersABlock() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Short: ResidualBranch { let branchWeights = [Parameter(.ones([2, 2]))] }
      initializeFixup([Short()], classifier: nil)
    }
    #expect(errorText(result).contains("a block of 1 layers, expected at least 2"))
  }
}
