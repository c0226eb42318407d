import Apus
import Testing

/// What the lectures state about initial values, each test named after the statement.
@Suite struct InitializationPropertyTests {
  /// With W = 0, or any other constant, nothing ever tells the units of a layer apart.
  @Test(arguments: [0.0, 0.3])
  func property18UnitsThatBeginEqualReceiveEqualGradients(value: Double) throws {
    let model = Sequential {
      Linear(5, 4, initializer: .constant(value))
      ReLU()
      Linear(4, 4, initializer: .constant(value), biasInitializer: .constant(0.1))
      ReLU()
      Linear(4, 3, initializer: .constant(value))
    }
    let x = floats([8, 5], seed: 80)
    let labels = Tensor([0, 1, 2, 0, 1, 2, 0, 0] as [Int32])
    var optimizer = SGD(model.parameters, learningRate: 0.1, momentum: 0.9)
    for _ in 0..<3 {
      let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }
      for path in ["0.weight", "2.weight"] {
        let parameter = try #require(model.parameters[path])
        let gradient = try #require(gradients[parameter])
        let columns = gradient.shape[1]
        let all = gradient.array(of: Float.self)
        for (index, element) in all.enumerated() { #expect(element == all[index / columns * columns], "\(path)") }
      }
      // The last layer's units have different targets; the units that it reads are equal.
      let weight = try #require(model.parameters["4.weight"])
      let last = try #require(gradients[weight]).array(of: Float.self)
      for (index, element) in last.enumerated() { #expect(element == last[index % 3]) }
      optimizer.step(gradients)
    }
  }

  /// The gradient of a unit's weights is its own cotangent times its inputs: where those are all positive, as after a
  /// sigmoid, all of a unit's weights must move the same way, and the path to the optimum zig-zags.
  @Test func property19AllPositiveInputsGiveAUnitGradientsOfOneSign() throws {
    func signs(_ x: Tensor) throws -> [[FloatingPointSign]] {
      let layer = Random.withSeed(9) { Linear(6, 5) }
      let labels = Tensor([3] as [Int32])
      let (_, gradients) = valueWithGradients(of: layer) { crossEntropy(logits: layer(x), labels: labels) }
      let all = try #require(gradients[layer.weight]).array(of: Float.self)
      return (0..<5).map { unit in (0..<6).map { all[$0 * 5 + unit].sign } }
    }
    let x = floats([1, 6], seed: 83)
    #expect(try signs(x.abs() + 0.1).allSatisfy { Set($0).count == 1 })
    #expect(try signs(x).allSatisfy { Set($0).count == 2 })
  }

  /// ReLU is homogeneous: He's weights are √2 times Xavier's of the same seed, so activations at depth L are 2^(L /
  /// 2) times.
  @Test func heIsXavierTimesTwoToTheHalfDepth() {
    func activations(_ gain: Initializer.Gain) -> [Tensor] {
      Random.withSeed(4) {
        var h = floats([50, 64], seed: 81)
        return (0..<6).map { _ in
          h = relu(Linear(64, 64, initializer: .kaimingNormal(gain: gain))(h))
          return h
        }
      }
    }
    for (depth, (he, xavier)) in pairs(activations(.relu), activations(.linear)).enumerated() {
      let factor = Tensor.full([], 2, .float64).power(Double(depth + 1) / 2).item()
      expectClose(he, (xavier * factor).array(of: Float.self).map(Double.init), tolerance: 1e-5)
    }
  }

  /// E[x²] halves with each ReLU under Xavier's 1 / √fan-in and stays under He's √(2 / fan-in).
  @Test func secondMomentsHalveUnderXavierAndStayUnderHe() {
    func moments(_ gain: Initializer.Gain) -> [Double] {
      Random.withSeed(5) {
        var h = floats([300, 400], seed: 82)
        return (0..<5).map { _ in
          h = relu(Linear(400, 400, initializer: .kaimingNormal(gain: gain))(h))
          return h.square().mean().item()
        }
      }
    }
    for (depth, (xavier, he)) in pairs(moments(.linear), moments(.relu)).enumerated() {
      let expected = 1 / Double(1 << (depth + 1))
      #expect(abs(xavier / expected - 1) < 0.3 && abs(he - 1) < 0.3, "layer \(depth + 1): \(xavier), \(he)")
    }
  }

  /// The deviation of Xavier's and He's weights is what the documentation says, for filters with fan-in KH·KW·C.
  @Test func deviationsFollowTheFans() {
    Random.withSeed(6) {
      let filters = Conv2D(32, 64, kernel: 3, initializer: .xavierUniform()).weight.value
      expectClose(filters.variance(), [2 / Double(9 * 32 + 9 * 64)], tolerance: 1e-4)
      let he = Conv2D(32, 64, kernel: 3, initializer: .kaimingUniform(fan: .output)).weight.value
      expectClose(he.variance(), [2 / Double(9 * 64)], tolerance: 1e-4)
      let grouped = Conv2D(32, 64, kernel: 3, groups: 4).weight.value
      expectClose(grouped.variance(), [2 / Double(9 * 8)], tolerance: 2e-3)
    }
  }
}
