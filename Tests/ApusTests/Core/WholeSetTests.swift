import Apus
import Testing

/// Running statistics recomputed over a whole set, and batch norms folded away.
@Suite struct WholeSetTests {
  /// Batches of different sizes, cut from one tensor.
  private func cut(_ x: Tensor, _ sizes: [Int]) -> [Tensor] {
    var first = 0
    return sizes.map { size in
      defer { first += size }
      return x[first..<first + size]
    }
  }

  @Test func statisticsOfBatchesAreExactlyThoseOfTheWhole() {
    let x = floats([23, 3, 2, 4], seed: 1) * 2 + 30
    for norm in [BatchNorm(4), BatchNorm(perActivation: [3, 2, 4])] {
      norm.runningMean.value = floats(norm.runningMean.shape, seed: 2)
      norm.recomputeStatistics(over: cut(x, [2, 7, 3, 11]))
      let wide = x.cast(to: .float64)
      let axes = norm.isPerActivation ? [0] : [0, 1, 2]
      let count = Double(x.elementCount / norm.runningMean.shape.elementCount)
      expectClose(norm.runningMean.value, wide.mean(axes: axes).array(of: Double.self), tolerance: 1e-6)
      let unbiased = wide.variance(axes: axes) * (count / (count - 1))
      expectClose(norm.runningVariance.value, unbiased.array(of: Double.self), tolerance: 1e-5)
    }
  }

  @Test func everyLayerIsRecomputedButFrozenOnes() {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(2, 4, kernel: 3)
        BatchNorm(4)
        ReLU()
        Dropout(dropProbability: 0.5)
        Conv2D(4, 4, kernel: 1)
        BatchNorm(4)
        BatchNorm(4)
      }
    }
    let frozen = model.layers[6] as! BatchNorm
    frozen.runningMean.isFrozen = true
    frozen.runningVariance.isFrozen = true
    let x = floats([12, 5, 5, 2], seed: 4)
    let before = model.buffers.map { $0.buffer.value }
    model.recomputeStatistics(over: cut(x, [5, 7])) { _ = model($0).sum().item() }
    let after = model.buffers.map { $0.buffer.value }
    for index in 0..<4 { #expect(before[index].array(of: Float.self) != after[index].array(of: Float.self)) }
    for index in 4..<6 { expectSameBits(before[index], after[index]) }
    // The first norm's are those of the convolution's outputs.
    let hidden = (model.layers[0] as! Conv2D)(x)
    expectClose(after[0], hidden.mean(axes: [0, 1, 2]).array(of: Float.self).map(Double.init))
    // Dropout was off: the same again.
    model.recomputeStatistics(over: cut(x, [5, 7]))
    for (a, b) in pairs(after, model.buffers) { expectSameBits(a, b.buffer.value) }
  }

  private struct Stop: Error {}

  @Test func anErrorChangesNothing() {
    let norm = BatchNorm(4)
    #expect(throws: Stop.self) {
      try norm.recomputeStatistics(over: [floats([5, 4], seed: 5), floats([6, 4], seed: 6)]) { batch in
        _ = norm(batch)
        if batch.shape[0] == 6 { throw Stop() }
      }
    }
    #expect(norm.runningMean.value.array(of: Float.self) == [0, 0, 0, 0])
  }

  /// A layer of one's own, which folding leaves as it is.
  private struct Block: Layer {
    let conv = Conv2D(5, 5, kernel: 1)
    let norm = BatchNorm(5)
    func forward(_ x: Tensor) -> Tensor { norm(conv(x)) + x }
  }

  @Test func aWholeModelIsFolded() {
    let model = Random.withSeed(7) {
      Sequential {
        BatchNorm(3)
        Conv2D(3, 6, kernel: 3, padding: .same, bias: false)
        BatchNorm(6)
        ReLU()
        Sequential {
          Conv2D(6, 5, kernel: 2, stride: 2)
          BatchNorm(5, affine: false)
          ReLU()
          BatchNorm(5)
        }
        Block()
        Flatten()
        Linear(80, 7)
        BatchNorm(7)
      }
    }
    for (index, entry) in model.parameters.enumerated() where entry.parameter.shape.count == 1 {
      entry.parameter.value = floats(entry.parameter.shape, seed: UInt64(100 + index)) + 1
    }
    for (index, entry) in model.buffers.enumerated() {
      let values = floats(entry.buffer.shape, seed: UInt64(200 + index))
      entry.buffer.value = entry.path.hasSuffix("Variance") ? values.square() + 0.5 : values
    }
    let x = floats([3, 8, 8, 3], seed: 8)
    let before = model(x)
    let (folded, report) = model.folded(comparedOn: x)
    #expect(report.folded == ["2", "4.1", "8"] && report.left == ["0", "4.3", "5.norm"])
    #expect(report.largestDifference < 1e-5 * report.largestValue && report.count == 21, "\(report)")
    expectClose(folded(x), before.array(of: Float.self).map(Double.init))
    #expect(folded.layers.count == 7 && folded.buffers.count == 6)
    // The model itself is as it was.
    expectSameBits(model(x), before)
  }
}
