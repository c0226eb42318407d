import Apus
import Foundation
import Testing

/// Every normalization on numbers that are far from 0, near each other, huge or tiny: within 4 units in the last place of the largest
/// output against double arithmetic on the same float32 inputs, in training and at use, fused and compiled, and so the gradients.
@Suite struct HardNumberNorms {
  struct Numbers: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var values: [Float]
    var epsilon = 1e-5
    init(_ name: String, epsilon: Double = 1e-5, _ values: [Float]) {
      (testDescription, self.values, self.epsilon) = (name, values, epsilon)
    }
  }

  static let numbers: [Numbers] = {
    var all = [2_000, 40_000, 80_000, 1_000_000].map { (v: Float) in Numbers("\(v) + 0..3", [v, v + 1, v + 2, v + 3]) }
    for m: Float in [-1, 100, 1_000, 10_000] {
      all.append(Numbers("16 values from \(m) on", (0..<16).map { m + Float($0) * 1e-3 }))
    }
    all.append(Numbers("mean 1e4, deviation 0.02", (0..<4096).map { 1e4 + Float($0 % 7) * 0.01 }))
    all.append(Numbers("mean -3e5, odd count", (0..<1031).map { -3e5 + Float(($0 * 37) % 101) * 0.5 }))
    all.append(Numbers("around 1e-30", [1e-30, 2e-30, 3e-30, 4e-30, 7e-30]))
    all.append(Numbers("around 1e-30, epsilon 1e-38", epsilon: 1e-38, [1e-30, 2e-30, 3e-30, 4e-30, 7e-30]))
    all.append(Numbers("subnormal", ([1, 3, -2, 0.5] as [Float]).map { $0 * Float.leastNormalMagnitude / 128 }))
    all.append(Numbers("two values", [3, 5]))
    return all
  }()
  static let huge = [
    Numbers("around 1e30", [1e30, 2e30, 3e30, 4e30, -1e30]), Numbers("around 1e38", [1e38, 2e38, 3e38, 5e37, 1.5e38]),
  ]

  /// x̂ in double.
  private func normalized(_ n: Numbers) -> [Double] {
    let count = Double(n.values.count)
    let mean = n.values.map(Double.init).reduce(0, +) / count
    let variance = n.values.map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +) / count
    return n.values.map { (Double($0) - mean) / (variance + n.epsilon).squareRoot() }
  }

  /// The gradient of Σ c · x̂ in double.
  private func gradient(_ n: Numbers, _ c: [Double]) -> [Double] {
    let count = Double(n.values.count)
    let y = normalized(n)
    let mean = n.values.map(Double.init).reduce(0, +) / count
    let variance = n.values.map { (Double($0) - mean) * (Double($0) - mean) }.reduce(0, +) / count
    let (average, along) = (c.reduce(0, +) / count, zip(c, y).map(*).reduce(0, +) / count)
    return zip(c, y).map { ($0 - average - $1 * along) / (variance + n.epsilon).squareRoot() }
  }

  private func expectUlps(
    _ got: Tensor, _ want: [Double], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let largest = want.map(abs).max()!
    let unit = Double(Float(largest).ulp)
    let worst = zip(got.array(of: Float.self), want).map { $0.isNaN ? .infinity : abs(Double($0) - $1) / unit }.max()!
    #expect(worst <= 4, "\(what): \(worst) units in the last place of \(largest)", sourceLocation: sourceLocation)
  }

  private func weights(_ count: Int) -> [Double] { (0..<count).map { Double(($0 * 7) % 11) - 4 } }

  /// Values and gradients of `norm`, which treats x of this shape as one group.
  private func check(_ n: Numbers, _ shape: Shape, _ what: String, _ norm: (Tensor) -> Tensor) {
    let x = Tensor(n.values, shape: shape)
    let c = weights(n.values.count)
    expectUlps(norm(x), normalized(n), what)
    let by = Tensor(c.map { Float($0) }, shape: shape)
    let (_, g) = valueWithGradients(at: [x]) { (norm($0[0]) * by).sum() }
    expectUlps(g[0]!, gradient(n, c), what + ", gradient")
  }

  @Test(arguments: numbers + huge) func samplesAlone(_ n: Numbers) {
    let count = n.values.count
    check(n, [1, count], "layer norm") { layerNorm($0, over: [count], epsilon: n.epsilon) }
    check(n, [1, count, 1, 1], "group norm over positions") { groupNorm($0, groups: 1, epsilon: n.epsilon) }
    check(n, [1, 1, 1, count], "group norm over channels") { groupNorm($0, groups: 1, epsilon: n.epsilon) }
    check(n, [1, count, 1, 1], "instance norm") { instanceNorm($0, epsilon: n.epsilon) }
    check(n, [count, 1], "weight standardization") { standardized(weight: $0, epsilon: n.epsilon) }
  }

  @Test(arguments: numbers) func batches(_ n: Numbers) {
    let count = n.values.count
    let c = weights(count)
    let shape: Shape = [count, 1, 1, 1]
    let by = Tensor(c.map { Float($0) }, shape: shape)
    let layers: [(String, (Tensor) -> Tensor)] = [
      ("batch norm", { BatchNorm(1, epsilon: n.epsilon)($0) }),
      ("batch norm per activation", { BatchNorm(perActivation: [1, 1, 1], epsilon: n.epsilon)($0) }),
    ]
    for (what, layer) in layers {
      var forward: Tensor?
      let (_, g) = valueWithGradients(at: [Tensor(n.values, shape: shape)]) { x in
        let y = layer(x[0])
        forward = y.detached()
        return (y * by).sum()
      }
      expectUlps(forward!, normalized(n), what)
      expectUlps(g[0]!, gradient(n, c), what + ", gradient")
    }
  }

  /// A batch norm that is not folded: alone, behind a convolution that does nothing (eager and compiled), by running statistics.
  @Test func constants() throws {
    let norm = BatchNorm(2)
    norm.runningMean.value = Tensor([10_000, -300] as [Float])
    norm.runningVariance.value = Tensor([4e-4, 9] as [Float])
    let convolution = Conv2D(2, 2, kernel: 1, bias: false)
    convolution.weight.value = Tensor([1, 0, 0, 1] as [Float], shape: [1, 1, 2, 2])
    let values = (0..<64).map { (index: Int) -> Float in
      if index % 2 == 0 { return 1e4 + Float(index % 7) * 0.01 }
      return -300 + Float(index % 5)
    }
    let x = Tensor(values, shape: [2, 4, 4, 2])
    let deviations = [(Double(Float(4e-4)) + 1e-5).squareRoot(), (9 + 1e-5).squareRoot()]
    let want = values.enumerated().map { (index: Int, value: Float) -> Double in
      let mean: Double = index % 2 == 0 ? 1e4 : -300
      return (Double(value) - mean) / deviations[index % 2]
    }
    let model = Sequential {
      convolution
      norm
    }
    expectUlps(norm(x), want, "alone")
    expectUlps(model(x), want, "behind a convolution")
    expectSameBits(model(x), norm(x))
    let compiled = try model.compiled(for: x.shape, foldingBatchNorms: false)
    expectSameBits(try compiled(x), norm(x))
  }

  @Test(arguments: [3, 48, 256, 5_003]) func constantGroupsAreBeta(_ count: Int) {
    let x = Tensor([Float](repeating: 1234.567, count: count), shape: [1, count])
    let beta = Tensor([Float](repeating: 0.3, count: count))
    #expect(layerNorm(x, over: [count]).array(of: Float.self).allSatisfy { $0 == 0 })
    #expect(layerNorm(x, over: [count], bias: beta).array(of: Float.self).allSatisfy { $0 == 0.3 })
    #expect(groupNorm(x.reshaped([1, count, 1]), groups: 1).array(of: Float.self).allSatisfy { $0 == 0 })
    let (y, _) = valueWithGradients(at: [x.reshaped([count, 1])]) { BatchNorm(1)($0[0]).square().sum() }
    #expect(y.item() == 0)
  }

  @Test func aVarianceThatFloat32CannotHoldStopsTraining() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let norm = BatchNorm(1)
      _ = valueWithGradients(of: norm) { norm(Tensor([1e30, 2e30, 3e30], shape: [3, 1])).sum() }
    }
    #expect(errorText(result).contains("BatchNorm: the batch's variance of channel 0 is above"), "\(errorText(result))")
  }
}
