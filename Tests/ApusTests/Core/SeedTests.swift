import Apus
import Testing

/// One seed for a whole experiment: what it decides, and what it leaves as it was.
@Suite struct SeedTests {
  @Test func drawsOfOneSeedAreOthersAndComeAgain() {
    func draws() -> [Tensor] {
      Random.withSeed(3) {
        [
          .normal([4, 5]), .normal([4, 5]), .uniform([4, 5]), .uniform([4, 5], in: -1...1),
          .normal([4, 5], mean: 2, standardDeviation: 0.5),
        ]
      }
    }
    let (first, second) = (draws(), draws())
    for (a, b) in pairs(first, second) { expectSameBits(a, b) }
    #expect(Set(first.map { $0.array(of: Float.self) }).count == first.count)
    #expect(Random.withSeed(4) { Tensor.normal([4, 5]).array(of: Float.self) } != first[0].array(of: Float.self))
    // One inside another begins anew, and leaves the outer one where it was.
    Random.withSeed(3) {
      expectSameBits(.normal([4, 5]), first[0])
      Random.withSeed(3) { expectSameBits(.normal([4, 5]), first[0]) }
      expectSameBits(.normal([4, 5]), first[1])
    }
  }

  @Test func drawsHaveTheirDistribution() {
    Random.withSeed(9) {
      let normal = Tensor.normal([100, 100], mean: 1, standardDeviation: 2)
      expectClose(normal.mean(), [1], tolerance: 0.06)
      expectClose(normal.variance(), [4], tolerance: 0.15)
      let uniform = Tensor.uniform([100, 100], in: -1...3)
      expectClose(uniform.variance(), [16 / 12.0], tolerance: 0.03)
      let values = uniform.array(of: Float.self)
      #expect(values.min()! >= -1 && values.max()! < 3)
    }
  }

  /// A draw more is the same network, and a layer more the same draws.
  @Test func drawsMoveNoInitialValueAndLayersNoDraw() {
    let plain = Random.withSeed(3) { Linear(4, 3).weight.value }
    let values = Random.withSeed(3) { Tensor.normal([6]) }
    Random.withSeed(3) {
      expectSameBits(.normal([6]), values)
      expectSameBits(Linear(4, 3).weight.value, plain)
    }
    // The kinds do not overlap: the first numbers of each are others.
    #expect(
      Random.withSeed(3) { Initializer.normal(deviation: 1).tensor([6], fanIn: 1, fanOut: 1) }.array(of: Float.self)
        != values.array(of: Float.self))
  }

  /// Numbers that were drawn before there was one seed for all: recorded runs and papers' code stand on them.
  @Test func drawsWithASeedOfTheirOwnAreAsTheyWere() {
    let first: [Float] = [0.38040075, -0.29627788, -0.24923342]
    Random.withSeed(11) {
      #expect(Tensor.normal([3], seed: 1).array(of: Float.self) == first)
      #expect(Tensor.normal([3], seed: 1).array(of: Float.self) == Random.normal(seed: 1, stream: 0, count: 3))
    }
  }

  @Test func masksOfPassesWithoutAKeyFollowTheSeed() {
    let x = Tensor.ones([64])
    func masks(_ seed: UInt64) -> [[Float]] {
      Random.withSeed(seed) {
        let drop = Dropout(dropProbability: 0.5)
        return (0..<2).map { _ in withPhase(.monteCarlo) { drop(x) }.array(of: Float.self) }
          + [valueWithGradient(at: x) { drop($0).sum() }.gradient.array(of: Float.self)]
      }
    }
    let first = masks(5)
    #expect(first == masks(5))
    #expect(Set(first).count == 3)
    #expect(first != masks(6))
    // A key says it all, whatever the seed.
    func keyed() -> [Float] {
      withPhase(.monteCarlo, key: RandomKey(seed: 1, step: 2)) { Dropout(dropProbability: 0.5)(x) }.array(
        of: Float.self)
    }
    #expect(Random.withSeed(7, keyed) == keyed())
  }

  /// The lectures' dropout, written out.
  @Test func aMaskMultipliesAndDropsAsWritten() {
    Random.withSeed(9) {
      let h = Tensor.normal([1000]) + 3
      let kept = Tensor.uniform(h.shape) .< 0.75
      let dropped = h * kept / 0.75
      let (values, mask) = (h.array(of: Float.self), kept.array(of: UInt8.self))
      for (index, y) in every(dropped.array(of: Float.self)).enumerated() {
        #expect(y == (mask[index] == 0 ? 0 : values[index] / 0.75))
      }
      #expect(abs(kept.mean().item() - 0.75) < 0.05)
      var inPlace = h
      inPlace *= kept
      expectSameBits(inPlace, kept * h)
      let (_, gradient) = valueWithGradient(at: h) { (kept * $0).sum() }
      #expect(gradient.array(of: Float.self) == kept.array(of: UInt8.self).map(Float.init))
    }
    // A byte is its number, and the type is the other's.
    #expect((Tensor([0, 3, 255] as [UInt8]) * Tensor([2, 2, 2])).array(of: Float.self) == [0, 6, 510])
    #expect((Tensor([0.1] as [Double]) * (Tensor([1]) .> 0)).scalarType == .float64)
    withPrecision(.float64) { #expect(((Tensor([1]) .> 0) * Tensor([0.5])).scalarType == .float64) }
  }

  @Test func nothingElseTakesAMask() async {
    let sum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = (Tensor([1]) .> 0) + Tensor([1])
    }
    #expect(errorText(sum).contains("Add of a tensor of uint8 and one of float32"))
    let whole = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = (Tensor([1]) .> 0) * Tensor([1] as [Int32])
    }
    #expect(errorText(whole).contains("Multiply of a tensor of uint8 and one of int32"))
  }

  @Test func theMatrixProductBindsAsAProduct() {
    let (a, b, c) = (floats([3, 4], seed: 1), floats([4, 2], seed: 2), floats([3, 2], seed: 3))
    expectSameBits(a • b + c, matmul(a, b) + c)
    expectSameBits(a.matmul(b), matmul(a, b))
    let weight = Parameter(b)
    expectSameBits(a • weight, matmul(a, b))
  }
}
