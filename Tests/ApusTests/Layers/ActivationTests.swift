import Apus
import Testing

@Suite struct ActivationTests {
  /// Every function of the table by finite differences; what joins the table is checked here.
  @Test(arguments: ActivationFacts.all.map(\.name))
  func gradientsOf(name: String) throws {
    let facts = try #require(ActivationFacts.named(name))
    guard let function = facts.function else { return }
    for shape in [[1], [3, 5], [2, 3, 1, 7]] as [Shape] {
      expectGradients(at: [doubles(shape, seed: 41)]) { function($0[0] * 2) }
    }
  }

  @Test func gradientsWithParameters() {
    let x = doubles([3, 7], seed: 42)
    for slope in [0, 0.02, 0.1, 1.5] { expectGradients(at: [x]) { leakyReLU($0[0], slope: slope) } }
    for alpha in [0, 0.5, 2] { expectGradients(at: [x]) { elu($0[0], alpha: alpha) } }
    for beta in [0.3, 1, 2.5] { expectGradients(at: [x]) { swish($0[0], beta: beta) } }
    expectGradients(at: [x]) { gelu($0[0], .tanh) }
    expectGradients(at: [x]) { hardtanh($0[0], min: -0.3, max: 0.4) }
  }

  /// At their kinks, where differences say nothing: as PyTorch 2.15 has them.
  @Test func derivativesAtTheKinksOfBoundedFunctions() {
    let x = Tensor([-4, -3, -1, 0, 2.999_999_8, 3, 6, 7] as [Float])
    func derivatives(_ function: @escaping (Tensor) -> Tensor) -> [Float]? {
      valueWithGradients(at: [x]) { function($0[0]).sum() }.gradients[0]?.array(of: Float.self)
    }
    let sixth = Float(1) / 6
    #expect(derivatives { hardSigmoid($0) } == [0, 0, sixth, sixth, sixth, 0, 0, 0])
    let swish = derivatives { hardSwish($0) } ?? []
    #expect(Array(swish.prefix(2)) == [0, 0] && Array(swish.suffix(3)) == [1, 1, 1])
    #expect(derivatives { relu6($0) } == [0, 0, 0, 0, 1, 1, 0, 0])
    #expect(derivatives { hardtanh($0, min: -3, max: 3) } == [0, 0, 1, 1, 1, 0, 0, 0])
  }

  @Test func gradientsOfPReLUAndItsSlopes() {
    let x = doubles([2, 3, 1, 5], seed: 43)
    expectGradients(at: [x, doubles([5], seed: 44)]) { prelu($0[0], slope: $0[1]) }
    expectGradients(at: [x, doubles([1], seed: 45)]) { prelu($0[0], slope: $0[1]) }
    expectGradients(at: [x, doubles([], seed: 46)]) { prelu($0[0], slope: $0[1]) }
    // Through a layer's parameter, and where x needs none.
    let layer = PReLU(5, slope: -0.3)
    let result = gradientCheck(of: layer) { layer(x).square().sum() }
    #expect(result.count == 5 && result.largestError < 1e-6, "\(result)")
  }

  @Test func gradientsOfMaxout() {
    expectGradients(at: [doubles([3, 6], seed: 47)]) { maxout($0[0], pieces: 3) }
    expectGradients(at: [doubles([2, 1, 3, 10], seed: 48)]) { maxout($0[0], pieces: 2) }
  }

  @Test func property6TanhIsASigmoidOfTwiceTheInput() {
    let x = doubles([401], seed: 49) * 3
    withPrecision(.float64) {
      expectClose(tanh(x), (2 * sigmoid(2 * x) - 1).array(of: Double.self), tolerance: 1e-14)
    }
    let single = x.cast(to: .float32)
    expectClose(tanh(single), (2 * sigmoid(2 * single) - 1).array(of: Float.self).map(Double.init), tolerance: 1e-6)
  }

  @Test func property7MaxoutIsReLUOrLeakyReLUForTheirWeights() {
    let x = floats([5, 3], seed: 50)
    let both = { (other: Tensor) in maxout(Tensor.concatenated([other, x], axis: 1), pieces: 2) }
    #expect(both(.zeros([5, 3])).array(of: Float.self) == relu(x).array(of: Float.self))
    expectSameBits(both(x * 0.01), leakyReLU(x, slope: 0.01))
  }

  @Test func theFirstMaximumTakesTheGradient() {
    let (_, gradients) = valueWithGradients(at: [Tensor([1, 2, 1, 2, 0, 5] as [Float], shape: [1, 6])]) {
      maxout($0[0], pieces: 3).sum()
    }
    #expect(gradients[0]?.array(of: Float.self) == [1, 0, 0, 0, 0, 1])
  }

  @Test func aThresholdPassesAGradientOfZero() {
    let (_, gradients) = valueWithGradients(at: [Tensor([-1, 0, 2] as [Float])]) { (threshold($0[0]) * 3).sum() }
    #expect(gradients[0]?.array(of: Float.self) == [0, 0, 0])
    #expect(threshold(Tensor([-1, 0, 2] as [Float])).array(of: Float.self) == [0, 0, 1])
  }

  /// A single unit with fixed weights computes AND: the perceptron.
  @Test func aPerceptronComputesAnd() {
    let x = Tensor([0, 0, 0, 1, 1, 0, 1, 1] as [Float], shape: [4, 2])
    let unit = linear(x, weight: .ones([2, 1]), bias: Tensor([-1.5] as [Float]))
    #expect(Threshold()(unit).array(of: Float.self) == [0, 0, 0, 1])
  }

  @Test func extremesAreFiniteAndNaNStays() {
    let values: [Float] = [-.infinity, -3e38, -1e20, -200, -104, -88, 88, 104, 200, 1e20, 3e38, .infinity]
    for facts in ActivationFacts.all {
      guard let function = facts.function else { continue }
      for (x, y) in pairs(values, function(Tensor(values)).array(of: Float.self)) {
        #expect(x.isFinite ? y.isFinite : !y.isNaN, "\(facts.name)(\(x)) = \(y)")
      }
      let (_, gradients) = valueWithGradients(at: [Tensor(values)]) { function($0[0]).sum() }
      let isFinite = gradients[0]?.isFinite
      #expect(isFinite == true, "\(facts.name): \(gradients)")
      #expect(function(Tensor([.nan] as [Float])).item().isNaN, "\(facts.name)")
    }
    let (gelu, gradients) = valueWithGradients(at: [Tensor(values)]) { Apus.gelu($0[0], .tanh).sum() }
    #expect(!gelu.item().isNaN && gradients[0]?.isFinite == true)
  }

  /// In place where nobody else holds the operand, and the same bits otherwise.
  @Test func heldAndGivenUpOperandsGiveTheSameBits() {
    for facts in ActivationFacts.all {
      guard let function = facts.function else { continue }
      let held = floats([4, 9], seed: 51)
      let y = function(held)
      expectSameBits(function(floats([4, 9], seed: 51)), y)
      expectSameBits(held, floats([4, 9], seed: 51))
    }
  }

  @Test func layersAreTheirOperations() {
    let x = floats([3, 8], seed: 52)
    expectSameBits(Identity()(x), x)
    expectSameBits(Threshold()(x), threshold(x))
    expectSameBits(Sigmoid()(x), x.sigmoid())
    expectSameBits(Tanh()(x), x.tanh())
    expectSameBits(ReLU()(x), x.relu())
    expectSameBits(LeakyReLU(slope: 0.2)(x), leakyReLU(x, slope: 0.2))
    expectSameBits(PReLU(8)(x), leakyReLU(x, slope: 0.25))
    expectSameBits(ELU(alpha: 0.7)(x), elu(x, alpha: 0.7))
    expectSameBits(Maxout(4)(x), maxout(x, pieces: 4))
    expectSameBits(Swish(beta: 1.3)(x), swish(x, beta: 1.3))
    expectSameBits(GELU()(x), gelu(x))
    expectSameBits(GELU(.tanh)(x), gelu(x, .tanh))
    expectSameBits(Softplus()(x), softplus(x))
    expectClose(GELU(.tanh)(x), GELU()(x).array(of: Float.self).map(Double.init), tolerance: 5e-4)
  }
}

@Suite struct ActivationPlanTests {
  @Test func plansHaveARowEach() throws {
    let model = Sequential {
      Linear(6, 12)
      Sigmoid()
      Tanh()
      LeakyReLU()
      PReLU(12)
      ELU()
      Swish()
      GELU()
      Softplus()
      Threshold()
      HardSigmoid()
      HardSwish()
      Hardtanh()
      ReLU6()
      Identity()
      Maxout(3)
    }
    let plan = try model.plan(input: [2, 6])
    #expect(
      plan.rows.map(\.operation) == [
        "Linear", "Sigmoid", "Tanh", "LeakyReLU", "PReLU", "ELU", "Swish", "GELU", "Softplus", "Threshold",
        "HardSigmoid", "HardSwish", "Hardtanh", "ReLU6", "Maxout",
      ])
    #expect(plan.outputShape == [2, 4] && plan.parameters == 6 * 12 + 12 + 12)
    #expect(plan.rows[4].path == "4" && plan.rows[4].parameters == 12)
  }

  /// The derivative of a sigmoid is had from y, which the next layer keeps; a swish keeps x beside it.
  @Test func whatTrainingKeeps() throws {
    func kept(_ layer: some Layer) throws -> Int {
      let model = Sequential {
        Linear(4, 1000, bias: false)
        layer
        Linear(1000, 1, bias: false)
      }
      return try model.plan(input: [64, 4], phase: .training).bytesKeptForBackward
    }
    let bytes = 64 * 1000 * 4
    let (none, sigmoid, swish) = (try kept(Identity()), try kept(Sigmoid()), try kept(Swish()))
    #expect(sigmoid - none < bytes / 2 && swish - sigmoid > bytes / 2)
  }

  @Test func wrongChannelsAreFound() {
    #expect { try Maxout(3).plan(input: [2, 5]) } throws: {
      "\($0)" == "Maxout needs channels that are a multiple of 3, input is [2, 5]"
    }
    let model = Sequential { PReLU(4) }
    #expect { try model.plan(input: [2, 5]) } throws: {
      "\($0)" == "0: PReLU expects one slope or one per channel, input is [2, 5], slopes are [4]"
    }
  }

  @Test func nonsenseTraps() async {
    var result: ExitTest.Result?
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = LeakyReLU(slope: -0.1)
    }
    #expect(errorText(result).contains("LeakyReLU: slope -0.1 is not a finite number of at least 0"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = leakyReLU(.ones([1]), slope: .nan)
    }
    #expect(errorText(result).contains("LeakyReLU: slope nan is not"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ELU(alpha: -1)
    }
    #expect(errorText(result).contains("ELU: alpha -1.0 is not a finite number of at least 0"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Swish(beta: 0)
    }
    #expect(errorText(result).contains("Swish: beta 0.0 is not a finite number above 0"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Hardtanh(min: 1, max: 1)
    }
    #expect(errorText(result).contains("Hardtanh: the bounds 1.0 and 1.0 do not ascend"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PReLU(0)
    }
    #expect(errorText(result).contains("PReLU(0): at least one slope"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = PReLU(3, slope: .infinity)
    }
    #expect(errorText(result).contains("PReLU: slope inf is not a finite number"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Maxout(1)
    }
    #expect(errorText(result).contains("Maxout: 1 pieces, expected 2 to 256"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Maxout(3, channels: 7)
    }
    #expect(errorText(result).contains("Maxout: 7 channels cannot be divided into 3 pieces"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Maxout(2)(.ones([1, 3]))
    }
    #expect(errorText(result).contains("Maxout needs channels that are a multiple of 2, input is [1, 3]"))
    result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Initializer.Gain.activation(.gelu)
    }
    #expect(errorText(result).contains("GELU has no known gain"))
  }
}
