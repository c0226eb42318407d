import Apus
import Testing

private struct Failure: Error {}

/// What moves a model's state, and what must not.
@Suite struct PhaseTests {
  let model = Random.withSeed(1) {
    Sequential {
      Conv2D(1, 3, kernel: 3)
      BatchNorm(3)
      ReLU()
      Dropout(dropProbability: 0.5)
      Flatten()
      Linear(3 * 16, 2)
    }
  }
  let x = floats([4, 6, 6, 1], seed: 2)
  let labels = Tensor([0, 1, 1, 0] as [Int32])

  var statistics: [[Float]] { model.buffers.map { $0.buffer.value.array(of: Float.self) } }

  @Test func trainingMovesStatisticsOnceByTheUnbiasedVariance() {
    let norm = BatchNorm(1, momentum: 0.1)
    let values: [Float] = [1, 2, 3, 6]
    _ = valueWithGradients(of: norm) { norm(Tensor(values, shape: [4, 1])).square().sum() }
    expectClose(norm.runningMean.value, [0.3])
    expectClose(norm.runningVariance.value, [0.9 + 0.1 * 14 / 3])
  }

  /// What PyTorch's users do not expect: a new norm's plain call is inference, with mean 0 and variance 1.
  @Test func aPlainCallOfANewNormKeepsItsInput() {
    let norm = BatchNorm(3)
    let x = floats([5, 3], seed: 4) * 2 + 1
    expectClose(norm(x), (x / (1 + 1e-5).squareRoot()).array(of: Float.self).map(Double.init), tolerance: 1e-6)
    expectClose(withPhase(.statistics) { norm(x) }.mean(axes: [0]), [0, 0, 0], tolerance: 1e-6)
    expectClose(norm.runningMean.value, (x.mean(axes: [0]) * 0.1).array(of: Float.self).map(Double.init))
  }

  @Test func aLayerTrainsExactlyWhileGradientsAreTaken() {
    let before = statistics
    let inference = model(x)
    expectSameBits(inference, withPhase(.inference) { model(x) })
    #expect(statistics == before)
    _ = valueWithGradients(of: model) { crossEntropy(logits: model(x), labels: labels) }
    #expect(statistics != before)
  }

  @Test func nothingElseMovesStatistics() throws {
    let before = statistics
    _ = withPhase(.monteCarlo) { model(x) }
    #expect(statistics == before)
    _ = gradientCheck(of: model, elements: 2) { crossEntropy(logits: model(x), labels: labels) }
    #expect(statistics == before)
    _ = valueWithGradients(of: model, updatesState: false) { crossEntropy(logits: model(x), labels: labels) }
    #expect(statistics == before)
    #expect(throws: Failure.self) {
      _ = try valueWithGradients(of: model) { () throws -> Tensor in
        _ = model(x)
        throw Failure()
      }
    }
    #expect(statistics == before)
    _ = try model.plan(input: x.shape, phase: .training)
    #expect(statistics == before)
    _ = diagnoseNonFinite(of: model, key: RandomKey(seed: 0, step: 0)) {
      crossEntropy(logits: model(x), labels: labels)
    }
    #expect(statistics == before)
  }

  @Test func aNestedEvaluationAddsNothing() {
    let copy = Random.withSeed(1) { () -> Sequential in
      Sequential {
        Conv2D(1, 3, kernel: 3)
        BatchNorm(3)
        ReLU()
        Dropout(dropProbability: 0.5)
        Flatten()
        Linear(3 * 16, 2)
      }
    }
    let key = RandomKey(seed: 5, step: 7)
    let plain = valueWithGradients(of: model, key: key) { crossEntropy(logits: model(x), labels: labels) }
    let nested = valueWithGradients(of: copy, key: key) {
      let logits = copy(x)
      _ = withPhase(.inference) { copy(x) }
      return crossEntropy(logits: logits, labels: labels)
    }
    expectSameBits(plain.value, nested.value)
    for (left, right) in pairs(model.buffers, copy.buffers) { expectSameBits(left.buffer.value, right.buffer.value) }
  }

  @Test func statisticsPhaseMovesThemWithoutGradients() {
    let before = statistics
    _ = withPhase(.statistics) { model(x) }
    #expect(statistics != before)
  }

  @Test func frozenBuffersStayAndAreUsed() {
    let norm = BatchNorm(3)
    norm.runningMean.isFrozen = true
    let input = floats([8, 3], seed: 3)
    let (value, _) = valueWithGradients(of: norm) { norm(input).square().mean() }
    #expect(norm.runningMean.value.array(of: Float.self) == [0, 0, 0])
    #expect(abs(value.item() - input.square().mean().item()) < 1e-3)
  }

  @Test func masksAreKeyed() {
    let layer = Dropout(dropProbability: 0.5)
    let ones = Tensor.ones([1000])
    func draw(_ key: RandomKey) -> Tensor { withPhase(.monteCarlo, key: key) { layer(ones) } }
    expectSameBits(draw(RandomKey(seed: 1, step: 2)), draw(RandomKey(seed: 1, step: 2)))
    #expect(
      draw(RandomKey(seed: 1, step: 2)).array(of: Float.self) != draw(RandomKey(seed: 1, step: 3)).array(of: Float.self)
    )
    #expect(
      draw(RandomKey(seed: 1, step: 2)).array(of: Float.self) != draw(RandomKey(seed: 2, step: 2)).array(of: Float.self)
    )
    let values = Set(draw(RandomKey(seed: 1, step: 2)).array(of: Float.self))
    #expect(values == [0, 2])
    expectSameBits(layer(ones), ones)
  }

  @Test func recordedTensorsMayNotLeaveTheirScope() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Linear(2, 2)
      var escaped: Tensor?
      _ = valueWithGradients(of: layer) {
        escaped = layer(Tensor.ones([1, 2]))
        return escaped!.sum()
      }
      _ = escaped! * 2
    }
    #expect(errorText(result).contains("used outside its scope"))
    let nested = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Linear(2, 2)
      _ = valueWithGradients(of: layer) {
        let y = layer(Tensor.ones([1, 2]))
        return withPhase(.inference) { (y * 2).sum() }
      }
    }
    #expect(errorText(nested).contains("in a nested scope"))
  }
}
