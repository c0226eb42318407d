import Apus
import Testing

@Suite struct GradientClippingTests {
  private let model = FixedGradients(floats([6, 4], seed: 1), bias: floats([4], seed: 2))

  private func expectNames(_ path: String, _ body: () throws(NonFiniteGradientError) -> Void) throws {
    let error = try #require(throws: NonFiniteGradientError.self) { try body() }
    #expect(error.path == path)
    expectError("gradient of \(path) is not finite") { throw error }
  }

  @Test func aGradientThatIsNotFiniteIsAnErrorThatNamesTheParameter() throws {
    _ = model.parameters
    for bad in [Float.nan, .infinity, -.infinity] {
      let wrong = Tensor([1, 2, bad, 4], shape: [4])
      var gradients = model.gradients(floats([6, 4], seed: 3), wrong)
      let copy = gradients
      try expectNames("bias") { () throws(NonFiniteGradientError) in try copy.checkFinite() }
      try expectNames("bias") { () throws(NonFiniteGradientError) in try gradients.clip(toNorm: 1) }
      try expectNames("bias") { () throws(NonFiniteGradientError) in try gradients.clip(toValue: 1) }
      try expectNames("bias") { () throws(NonFiniteGradientError) in try gradients.clipAdaptively() }
      var clipper = GradientClipper(.none)
      try expectNames("bias") { () throws(NonFiniteGradientError) in try clipper.clip(&gradients) }
    }
    // Finite, though its square is not a float.
    let large = model.gradients(.full([6, 4], 1e30), .zeros([4]))
    #expect(try abs(large.norm() / (1e30 * 24.0.squareRoot()) - 1) < 1e-6)
  }

  @Test func clippingChangesNoGradientThatIsSharedOrWasReadBefore() throws {
    let given = floats([6, 4], seed: 3)
    let before = model.gradients(given, floats([4], seed: 4))
    var clipped = before
    try clipped.clip(toValue: 0.01)
    expectSameBits(try #require(before[model.weight]), given)
    #expect(try #require(clipped[model.weight]).array(of: Float.self).allSatisfy { abs($0) <= 0.01 })
  }

  /// Equation 3 of Brock et al. 2021, unit by unit.
  @Test func adaptiveClippingBoundsEachUnitByItsWeights() throws {
    struct Net: Layer {
      let filter = Parameter(floats([3, 3, 2, 5], seed: 7))
      let matrix = Parameter(floats([9, 4], seed: 8) * 0.0001)
      let bias = Parameter(floats([4], seed: 9))
      func forward(_ x: consuming Tensor) -> Tensor { x }
    }
    let net = Net()
    let all = [net.filter, net.matrix, net.bias]
    let given = [floats([3, 3, 2, 5], seed: 10), floats([9, 4], seed: 11), floats([4], seed: 12) * 1e-4]
    func gradients() -> Gradients {
      valueWithGradients(of: net) { zip(all, given).reduce(Tensor.zeros([])) { $0 + ($1.0.value * $1.1).sum() } }
        .gradients
    }
    _ = net.parameters
    var clipped = gradients()
    try clipped.clipAdaptively(0.05, excluding: ["nothing.*"])
    for (parameter, (g, units)) in zip(all, zip(given, [5, 4, 1])) {
      let rows = g.elementCount / units
      let (w, g) = (parameter.value.array(of: Float.self).map(Double.init), g.array(of: Float.self).map(Double.init))
      var want = g
      for unit in 0..<units {
        let places = (0..<rows).map { $0 * units + unit }
        func norm(_ x: [Double]) -> Double { places.reduce(0) { $0 + x[$1] * x[$1] }.squareRoot() }
        let limit = 0.05 * max(norm(w), 1e-3)
        if norm(g) > limit { for place in places { want[place] = g[place] * limit / norm(g) } }
      }
      expectClose(try #require(clipped[parameter]), want, tolerance: 1e-6)
    }
    var spared = gradients()
    try spared.clipAdaptively(0.05, excluding: ["matrix", "*lter"])
    expectSameBits(try #require(spared[net.matrix]), given[1])
    expectSameBits(try #require(spared[net.filter]), given[0])
  }

  /// A bias is one unit: its direction is kept, whichever of its elements is large.
  @Test func adaptiveClippingScalesABiasAsAWhole() throws {
    var gradients = model.gradients(.zeros([6, 4]), Tensor([3, 0, 4, 0.5], shape: [4]))
    let (g, w) = ([3, 0, 4, 0.5], model.bias.value.array(of: Float.self).map(Double.init))
    func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    try gradients.clipAdaptively(0.05)
    expectClose(try #require(gradients[model.bias]), g.map { $0 * 0.05 * norm(w) / norm(g) }, tolerance: 1e-6)
  }

  @Test func theRunningMedianBoundsTheNorm() throws {
    var clipper = GradientClipper(.medianMultiple(2))
    for step in 0..<150 {
      // Norms of 1.5 and 2.5, then one of 100.
      let size = step == 149 ? 100 : step % 2 == 0 ? 1.5 : 2.5
      var gradients = model.gradients(.zeros([6, 4]), Tensor([0, Float(size), 0, 0], shape: [4]))
      try clipper.clip(&gradients)
      #expect(try abs(gradients.norm() - (step == 149 ? 4 : size)) < 1e-5)
    }
    #expect(clipper.norms.count == 100 && clipper.norms.last == 100)
    var first = GradientClipper(.medianMultiple(0.5))
    var gradients = model.gradients(.zeros([6, 4]), Tensor([0, 1000, 0, 0], shape: [4]))
    try first.clip(&gradients)
    #expect(try gradients.norm() == 1000)
  }

  @Test func clippingGoesThroughText() throws {
    for text in ["none", "value:0.5", "norm:1.0", "adaptive:0.01", "median:2.0"] {
      #expect(try #require(GradientClipping(text)).description == text)
    }
    for wrong in ["", "norm", "norm:", "norm:-1", "norm:0", "norm:nan", "norm:inf", "size:1", "none:1", "norm:1:2"] {
      #expect(GradientClipping(wrong) == nil, "\(wrong)")
    }
  }
}
