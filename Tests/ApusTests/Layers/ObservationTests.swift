import Apus
import Foundation
import Testing

/// What is seen of a network while it computes.
@Suite struct ObservationTests {
  @Test func statisticsAreThoseOfTheNumbers() {
    let x = Tensor([[1, -2], [0, 4], [7, 0]] as [[Float]])
    let whole = x.statistics()
    #expect(whole.count == 6 && whole.finiteCount == 6 && whole.least == -2 && whole.largest == 7)
    #expect(abs(whole.mean - 10 / 6.0) < 1e-15 && abs(whole.meanSquare - 70 / 6.0) < 1e-14)
    #expect(abs(whole.zeros - 2 / 6.0) < 1e-15 && whole.saturated == nil)
    let channels = x.channelStatistics()
    #expect(
      zip(channels, [8 / 3.0, 2 / 3.0]).allSatisfy { abs($0.mean - $1) < 1e-15 } && channels.map(\.largest) == [7, 4])
    #expect(x.cast(to: .int32).statistics() == whole)
    #expect(Tensor.zeros([0, 3]).statistics().count == 0 && Tensor.zeros([0, 3]).channelStatistics().count == 3)
  }

  /// LABS K10: float32's variance is infinite from deviations of 1e19 on, while the values are finite to 1e38.
  @Test func nothingOverflows() {
    let x = Tensor.normal([1000], seed: 1) * 1e30
    #expect(!x.variance().isFinite)
    let seen = x.statistics()
    #expect(seen.finiteCount == 1000 && abs(seen.standardDeviation / 1e30 - 1) < 0.1)
    let broken = Tensor([1, .nan, .infinity, -3] as [Float]).statistics()
    #expect(broken.count == 4 && broken.finiteCount == 2 && broken.mean == -1 && broken.least == -3)
    let wide = withPrecision(.float64) { Tensor([1e200, -1e200, 0] as [Double]).statistics() }
    #expect(wide.mean == 0 && wide.zeros == 1 / 3.0)
  }

  @Test func histogramsAndPercentiles() {
    let x = Tensor((0...100).map(Float.init))
    #expect(x.histogram(bins: 4).counts == [25, 25, 25, 26])
    let part = x.histogram(bins: 2, in: 10...20)
    #expect(part.counts == [5, 6] && part.least == 10 && part.largest == 20)
    #expect(x.histogram(bins: 10, most: 11).counts.reduce(0, +) == 11)
    #expect(x.percentile(0.5) == 50 && x.percentile(0) == 0 && x.percentile(1) == 100 && x.percentile(0.005) == 0.5)
    #expect(abs(x.histogram(bins: 100).percentile(0.25) - 25) < 1)
    #expect(Tensor([.nan, 1] as [Float]).percentile(0.5).isNaN && Tensor.zeros([0]).percentile(0.5).isNaN)
    #expect(Tensor.full([5], 3).histogram(bins: 3).counts == [5, 0, 0])
    #expect(Tensor.zeros([0]).histogram().percentile(0.5).isNaN)
  }

  // MARK: Networks

  private func makeNet() -> Sequential {
    Random.withSeed(4) {
      Sequential {
        Conv2D(2, 4, kernel: 3, padding: 1)
        BatchNorm(4)
        ReLU()
        Flatten()
        Linear(4 * 30, 5)
        Sigmoid()
      }
    }
  }

  @Test func everyLayerIsSeenAndNoBitChanges() throws {
    let model = makeNet()
    let other = makeNet()
    let x = floats([3, 6, 5, 2], seed: 1)
    func step(_ model: Sequential) -> (value: Tensor, gradients: Gradients) {
      valueWithGradients(of: model, key: RandomKey(seed: 1, step: 0)) { model(x).square().sum() }
    }
    let watch = try Observation(of: model, perChannel: true)
    let seen = watch { step(model) }
    let alone = step(other)
    expectSameBits(seen.value, alone.value)
    for (mine, theirs) in zip(model.parameters, other.parameters) {
      expectSameBits(try #require(seen.gradients[mine.parameter]), try #require(alone.gradients[theirs.parameter]))
    }
    let values = watch.values.filter { $0.kind == .value }
    let gradients = watch.values.filter { $0.kind == .gradient }
    #expect(values.map(\.path) == ["0", "1", "2", "3", "4", "5"])
    #expect(Set(gradients.map(\.path)) == Set(values.map(\.path)) && gradients.first?.path == "5")
    let relu = values[2]
    #expect(relu.shape == [3, 6, 5, 4] && relu.statistics.least == 0 && relu.statistics.zeros > 0.2)
    #expect(relu.channels?.count == 4 && relu.histogram.counts.reduce(0, +) == 360)
    // The last one's gradient is 2·y.
    let (last, slope) = (values[5].statistics, try #require(gradients.first { $0.path == "5" }).statistics)
    #expect(abs(slope.mean - 2 * last.mean) < 1e-6 && last.saturated != nil && values[4].statistics.saturated == nil)
    // What it can be written as, and read from.
    #expect(try JSONDecoder().decode([ObservedValue].self, from: JSONEncoder().encode(watch.values)) == watch.values)
  }

  @Test func pathsAreChosenByPattern() throws {
    let model = makeNet()
    let watch = try Observation(of: model, at: ["0", "?"], gradients: false)
    _ = watch { model(floats([1, 6, 5, 2], seed: 1)) }
    #expect(
      watch.values.map(\.path) == ["0", "1", "2", "3", "4", "5"] && watch.values.allSatisfy { $0.kind == .value })
    #expect(throws: PathError.self) { try Observation(of: model, at: ["0", "stage*"]) }
    // Every call of the model counts, a layer's first one in each, be they in one scope or in scopes that follow each other.
    let several = try Observation(of: model, at: ["0"])
    several {
      for seed in 0..<3 { _ = model(floats([1, 6, 5, 2], seed: UInt64(seed))) }
      for seed in 0..<3 {
        _ = valueWithGradients(of: model) { model(floats([2, 6, 5, 2], seed: UInt64(seed))).sum() }
      }
    }
    #expect(several.values.filter { $0.kind == .value }.map { $0.shape[0] } == [1, 1, 1, 2, 2, 2])
    #expect(several.values.filter { $0.kind == .gradient }.count == 3)
    _ = watch { model(floats([2, 6, 5, 2], seed: 2)) }
    #expect(watch.values.count == 12 && watch.values.last?.shape == [2, 5])
  }

  /// Two layers that give the very same tensor, and a head without a gradient.
  @Test func whatPassesThroughIsSeenTwice() throws {
    struct Net: Layer {
      let body = Linear(3, 3), same = Identity(), head = Linear(3, 2), side = Linear(3, 1)
      func forward(_ x: Tensor) -> Tensor {
        let y = same(body(x))
        _ = side(y.detached())
        return head(y)
      }
    }
    let model = Net()
    let watch = try Observation(of: model)
    _ = watch { valueWithGradients(of: model) { model(floats([4, 3], seed: 1)).sum() } }
    #expect(watch.values.map(\.path).sorted() == ["body", "body", "head", "head", "same", "same", "side"])
    let gradients = watch.values.filter { $0.kind == .gradient }
    #expect(gradients.first { $0.path == "body" }?.statistics == gradients.first { $0.path == "same" }?.statistics)
  }

  @Test func saturatedShares() throws {
    let model = Sequential { Tanh() }
    let watch = try Observation(of: model, gradients: false)
    _ = watch { model(Tensor([-5, -0.1, 0, 0.2, 9] as [Float])) }
    #expect(watch.values[0].statistics.saturated == 0.4)
  }
}
