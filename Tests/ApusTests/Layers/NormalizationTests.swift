import Apus
import Testing

/// Gradients of every normalization against central differences in double precision, over odd shapes.
@Suite struct NormalizationGradients {
  @Test(arguments: [
    ([2, 3, 5, 6], 3), ([3, 1, 4, 5], 5), ([1, 5, 3, 7], 1), ([4, 6], 2), ([2, 3, 2, 2, 4], 2),
  ])
  func groupNorms(shape: [Int], groups: Int) {
    let channels = shape.last!
    let x = doubles(Shape(shape), seed: 1)
    let (w, b) = (doubles([channels], seed: 2), doubles([channels], seed: 3))
    expectGradients(at: [x, w, b]) { groupNorm($0[0], groups: groups, weight: $0[1], bias: $0[2]) }
    expectGradients(at: [x]) { groupNorm($0[0], groups: groups) }
    // Fused with what follows.
    let shortcut = doubles(Shape(shape), seed: 4)
    expectGradients(at: [x, w, b]) { relu(groupNorm($0[0], groups: groups, weight: $0[1], bias: $0[2])) }
    expectGradients(at: [x, w, b, shortcut]) {
      relu(groupNorm($0[0], groups: groups, weight: $0[1], bias: $0[2]) + $0[3])
    }
  }

  @Test func instanceNorms() {
    let (x, w, b) = (doubles([3, 3, 5, 7], seed: 5), doubles([7], seed: 6), doubles([7], seed: 7))
    expectGradients(at: [x]) { instanceNorm($0[0]) }
    expectGradients(at: [x, w, b]) { instanceNorm($0[0], weight: $0[1], bias: $0[2]) }
  }

  @Test func layerNorms() {
    let x = doubles([2, 3, 5, 7], seed: 8)
    expectGradients(at: [x, doubles([7], seed: 9), doubles([7], seed: 10)]) {
      layerNorm($0[0], over: [7], weight: $0[1], bias: $0[2])
    }
    expectGradients(at: [x, doubles([3, 5, 7], seed: 9), doubles([3, 5, 7], seed: 10)]) {
      relu(layerNorm($0[0], over: [3, 5, 7], weight: $0[1], bias: $0[2]))
    }
    expectGradients(at: [x]) { layerNorm($0[0], over: [5, 7]) }
  }

  @Test func batchNorms() {
    let spatial = randomized(BatchNorm(5), seed: 11)
    expectGradients(at: [doubles([3, 3, 2, 5], seed: 12)]) { spatial($0[0]) }
    let perActivation = randomized(BatchNorm(perActivation: [3, 2, 5]), seed: 13)
    expectGradients(at: [doubles([4, 3, 2, 5], seed: 14)]) { relu(perActivation($0[0])) }
    let x = floats([4, 3, 2, 5], seed: 15)
    let result = gradientCheck(of: perActivation) { perActivation(x).square().sum() * 0.1 }
    #expect(result.count == 48 && result.largestError < 1e-6, "\(result)")
  }

  @Test func batchInstanceNorms() {
    let layer = BatchInstanceNorm(5, rho: 0.3)
    layer.weight.value = floats([5], seed: 16)
    expectGradients(at: [doubles([3, 3, 2, 5], seed: 17)]) { layer($0[0]) }
    let x = floats([3, 3, 2, 5], seed: 18)
    let weights = floats([3, 3, 2, 5], seed: 19)
    let result = gradientCheck(of: layer) { (layer(x) * weights).sum() }
    #expect(result.count == 15 && result.largestError < 1e-6, "\(result)")
  }

  @Test(arguments: [1, 2, 5, 9])
  func localResponseNorms(size: Int) {
    expectGradients(at: [doubles([2, 1, 3, 7], seed: 20)]) {
      localResponseNorm($0[0], size: size, alpha: 0.7, beta: 0.75, k: 1.5)
    }
    expectGradients(at: [doubles([3, 5], seed: 21)]) {
      localResponseNorm($0[0], size: size, alpha: 1, beta: 1.25, k: 0.5)
    }
  }

  @Test func standardizedWeights() {
    expectGradients(at: [doubles([3, 2, 2, 5], seed: 22)]) { standardized(weight: $0[0]) }
    let layer = Random.withSeed(23) { WeightStandardizedConv2D(4, 6, kernel: 3, padding: 1, groups: 2) }
    let x = floats([2, 5, 4, 4], seed: 24)
    let weights = floats([2, 5, 4, 6], seed: 25)
    let result = gradientCheck(of: layer) { (layer(x) * weights).sum() }
    #expect(result.count == 30 && result.largestError < 1e-6, "\(result)")
    let standard = standardized(weight: layer.weight.value)
    expectClose(standard.mean(axes: [0, 1, 2]), [0, 0, 0, 0, 0, 0])
    expectClose(standard.variance(axes: [0, 1, 2]), [1, 1, 1, 1, 1, 1], tolerance: 1e-3)
    expectSameBits(layer.standardizedOnce()(x), layer(x))
  }
}

/// What normalizations are beside their gradients.
@Suite struct NormalizationTests {
  @Test func perActivationIsBatchNormOfFlattenedSamples() {
    let x = floats([5, 3, 2, 4], seed: 1)
    let (spread, flat) = (randomized(BatchNorm(perActivation: [3, 2, 4]), seed: 2), BatchNorm(24))
    flat.weight!.value = spread.weight!.value.reshaped(24)
    flat.bias!.value = spread.bias!.value.reshaped(24)
    flat.runningMean.value = spread.runningMean.value.reshaped(24)
    flat.runningVariance.value = spread.runningVariance.value.reshaped(24)
    expectSameBits(spread(x), flat(x.reshaped(5, 24)).reshaped(x.shape))
    let a = valueWithGradients(of: spread) { relu(spread(x)).square().sum() }
    let b = valueWithGradients(of: flat) { relu(flat(x.reshaped(5, 24))).square().sum() }
    expectSameBits(a.value, b.value)
    expectSameBits(a.gradients[spread.weight!]!.reshaped(24), b.gradients[flat.weight!]!)
    expectSameBits(spread.runningVariance.value.reshaped(24), flat.runningVariance.value)
  }

  /// Keeping the norm's result alive keeps the rest from fusing.
  @Test func groupNormHasTheSameBitsFusedAndApart() {
    let norm = GroupNorm(6, groups: 2)
    norm.weight!.value = floats([6], seed: 3)
    norm.bias!.value = floats([6], seed: 4)
    let (x, shortcut) = (Parameter(floats([3, 5, 5, 6], seed: 5)), floats([3, 5, 5, 6], seed: 6))
    func run(fuses: Bool) -> (value: Tensor, gradients: Gradients) {
      var kept: [Tensor] = []
      return valueWithGradients(of: norm) {
        let h = norm(x.value)
        if !fuses { kept.append(h) }
        let sum = h + shortcut
        if !fuses { kept.append(sum) }
        return relu(sum).square().sum()
      }
    }
    let (fused, apart) = (run(fuses: true), run(fuses: false))
    expectSameBits(fused.value, apart.value)
    for parameter in [norm.weight!, norm.bias!, x] {
      expectSameBits(fused.gradients[parameter]!, apart.gradients[parameter]!)
    }
  }

  @Test func threadsDoNotChangeBits() {
    defer { Runtime.threadCount = 0 }
    let norm = GroupNorm(32, groups: 4)
    let x = Parameter(floats([40, 8, 9, 32], seed: 7))
    func run(_ threads: Int) -> [Tensor] {
      Runtime.threadCount = threads
      let (value, gradients) = valueWithGradients(of: norm) {
        localResponseNorm(relu(norm(x.value)), size: 5, alpha: 1).square().sum()
      }
      return [value, gradients[x]!, gradients[norm.weight!]!, gradients[norm.bias!]!]
    }
    let first = run(1)
    for threads in [2, 3, 7] { for (a, b) in pairs(first, run(threads)) { expectSameBits(a, b) } }
  }

  @Test func rhoIsProjectedBackIntoItsRange() {
    let layer = BatchInstanceNorm(3, rho: 0.9)
    let x = floats([3, 4, 4, 3], seed: 8)
    var optimizer = SGD(layer.parameters, learningRate: 1e3)
    let (_, gradients) = valueWithGradients(of: layer) { (layer(x) * x).sum() }
    let direction = gradients[layer.rho]!.array(of: Float.self)
    #expect(direction.allSatisfy { $0 != 0 })
    optimizer.step(gradients)
    #expect(layer.rho.value.array(of: Float.self) == direction.map { $0 > 0 ? 0 : 1 })
    #expect(layer.state().first { $0.name == "rho" }!.value.array(of: Float.self).allSatisfy { (0...1).contains($0) })
  }

  @Test func plansNameThemAndCountTheirParameters() throws {
    let model = Sequential {
      WeightStandardizedConv2D(3, 8, kernel: 3, padding: 1, bias: false)
      GroupNorm(8, groups: 4)
      ReLU()
      LocalResponseNorm(5)
      InstanceNorm(8, affine: true)
      BatchInstanceNorm(8)
      LayerNorm([6, 6, 8])
      BatchNorm(perActivation: [6, 6, 8])
    }
    let plan = try model.plan(input: [4, 6, 6, 3], phase: .training)
    #expect(plan.parameters == 216 + 16 + 16 + 24 + 2 * 288 + 2 * 288)
    #expect(plan.outputShape == [4, 6, 6, 8])
    let named = Dictionary(plan.rows.map { ($0.operation, $0.path) }, uniquingKeysWith: { first, _ in first })
    #expect(named["GroupNorm"] == "1" && named["LocalResponseNorm"] == "3" && named["InstanceNorm"] == "4")
    #expect(named["BatchInstanceNorm"] == "5" && named["LayerNorm"] == "6")
    #expect(plan.rows.last?.path == "7" && plan.rows.last?.parameters == 576)
  }

  @Test func oneValueAChannelIsAnErrorBeforeTrainingTheLastBatchIncluded() throws {
    func refused(_ layer: any Layer, _ input: Shape, samples: Int? = nil, phase: Phase = .training) -> String? {
      do {
        _ = try Sequential([layer]).plan(input: input, phase: phase, samples: samples)
        return nil
      } catch { return "\(error)" }
    }
    let layers: [(any Layer, Shape)] = [
      (BatchNorm(3), [8, 3]), (BatchNorm(3), [8, 1, 1, 3]), (BatchNorm(perActivation: [4, 4, 3]), [8, 4, 4, 3]),
      (BatchNorm(perActivation: [3]), [8, 3]),
    ]
    for (layer, input) in layers {
      var single = input
      single[0] = 1
      #expect(refused(layer, single)?.contains("needs more than one value") == true)
      #expect(refused(layer, single, phase: .inference) == nil)
      #expect(refused(layer, input, samples: 24) == nil)
      #expect(refused(layer, input, samples: 25)?.contains("in the last batch of 1") == true)
    }
    // The batch may be one sample where positions make up for it, but not per activation.
    #expect(refused(BatchNorm(3), [1, 4, 4, 3]) == nil)
    #expect(refused(BatchInstanceNorm(3), [1, 4, 4, 3]) == nil)
    // Instance statistics of one position are no statistics in any phase, whatever the batch.
    for phase in [Phase.training, .inference] {
      #expect(refused(InstanceNorm(3), [8, 1, 1, 3], phase: phase)?.contains("more than one value") == true)
      #expect(refused(BatchInstanceNorm(3), [8, 1, 1, 3], phase: phase)?.contains("more than one value") == true)
      #expect(refused(GroupNorm(3, groups: 3), [8, 3], phase: phase)?.contains("more than one value") == true)
      #expect(refused(LayerNorm(1), [8, 1], phase: phase)?.contains("more than one value") == true)
      #expect(refused(GroupNorm(3, groups: 1), [8, 3], phase: phase) == nil)
    }
  }

  @Test func wrongShapesAreNamed() {
    func refused(_ layer: any Layer, _ input: Shape) -> String {
      do {
        _ = try Sequential([layer]).plan(input: input)
        return ""
      } catch { return "\(error)" }
    }
    #expect(refused(GroupNorm(6, groups: 2), [2, 4, 4, 5]) == "0: GroupNorm expects 6 channels, input is [2, 4, 4, 5]")
    #expect(refused(InstanceNorm(6), [2, 4, 4, 5]) == "0: InstanceNorm expects 6 channels, input is [2, 4, 4, 5]")
    #expect(refused(LayerNorm([4, 6]), [2, 4, 5]).contains("LayerNorm over [4, 6]"))
    #expect(refused(BatchNorm(perActivation: [4, 6]), [2, 4, 5]).contains("expects samples of shape [4, 6]"))
    #expect(refused(BatchInstanceNorm(6), [2, 6]).contains("with positions, input is [2, 6]"))
  }
}
