import Apus
import Testing

/// The batch's statistics, without gradients or updates.
private let byBatch = Phase(dropout: false, batchStatistics: true, updatesState: false)

/// A norm with random γ, β and running statistics.
func randomized(_ norm: BatchNorm, seed: UInt64) -> BatchNorm {
  let shape = norm.runningMean.shape
  norm.weight?.value = floats(shape, seed: seed) + 1.5
  norm.bias?.value = floats(shape, seed: seed + 1)
  norm.runningMean.value = floats(shape, seed: seed + 2)
  norm.runningVariance.value = floats(shape, seed: seed + 3).square() + 0.25
  return norm
}

/// Property tests 12 to 17 and 30 of what the lectures say of normalization, each named after its statement.
@Suite struct NormalizationProperties {
  @Test func property12BatchNormWithGammaTheDeviationAndBetaTheMeanIsTheIdentity() {
    let x = floats([6, 3, 5, 4], seed: 1) * 3 + 2
    let norm = BatchNorm(4)
    norm.weight!.value = (x.variance(axes: [0, 1, 2]) + norm.epsilon).sqrt()
    norm.bias!.value = x.mean(axes: [0, 1, 2])
    let y = withPhase(byBatch) { norm(x) }
    expectClose(y, x.array(of: Float.self).map(Double.init))
    // And it needs the batch's own statistics: with others the identity is gone.
    #expect((norm(x) - x).abs().max().item() > 0.1)
  }

  @Test func property13BatchNormsInputGradientSumsToZeroAndIsOrthogonalToTheNormalizedInput() {
    let norm = randomized(BatchNorm(3, epsilon: 1e-12), seed: 2)
    let (x, dy) = (doubles([4, 3, 2, 3], seed: 3), doubles([4, 3, 2, 3], seed: 4))
    let dx = doubleGradients(at: [x]) { (norm($0[0]) * dy).sum() }.gradients[0]!
    let normalized =
      (x - x.mean(axes: [0, 1, 2], keepingAxes: true)) / x.variance(axes: [0, 1, 2], keepingAxes: true).sqrt()
    #expect(dx.abs().max().item() > 0.01)
    expectClose(dx.sum(axes: [0, 1, 2]), [0, 0, 0], tolerance: 1e-13)
    expectClose((dx * normalized).sum(axes: [0, 1, 2]), [0, 0, 0], tolerance: 1e-9)
  }

  @Test func property14GroupNormWithAsManyGroupsAsChannelsIsInstanceNorm() {
    let x = floats([3, 5, 4, 6], seed: 5) * 2 + 1
    expectSameBits(GroupNorm(6, groups: 6)(x), InstanceNorm(6)(x))
    let single = x - x.mean(axes: [1, 2], keepingAxes: true)
    let expected = single / (x.variance(axes: [1, 2], keepingAxes: true) + 1e-5).sqrt()
    expectClose(InstanceNorm(6)(x), expected.array(of: Float.self).map(Double.init))
  }

  @Test func property14GroupNormWithOneGroupIsLayerNormOverChannelsAndPositions() {
    let x = floats([3, 5, 4, 6], seed: 6) * 2 + 1
    let layered = LayerNorm([5, 4, 6])(x)
    expectClose(GroupNorm(6, groups: 1)(x), layered.array(of: Float.self).map(Double.init))
  }

  @Test func property14BatchInstanceNormIsBatchNormAtRhoOneAndInstanceNormAtRhoZero() {
    let x = floats([3, 5, 4, 6], seed: 7) * 2 + 1
    func outcome(rho: Double) -> [Double] {
      withPhase(byBatch) { BatchInstanceNorm(6, rho: rho)(x) }.array(of: Float.self).map(Double.init)
    }
    expectClose(withPhase(byBatch) { BatchNorm(6)(x) }, outcome(rho: 1))
    expectClose(InstanceNorm(6)(x), outcome(rho: 0))
    let between = zip(outcome(rho: 0), outcome(rho: 1)).map { 0.75 * $0 + 0.25 * $1 }
    expectClose(withPhase(byBatch) { BatchInstanceNorm(6, rho: 0.25)(x) }, between)
  }

  @Test func property15ASamplesOutputDependsOnTheOthersOfItsBatchInBatchNormOnly() {
    let x = floats([4, 3, 3, 6], seed: 8)
    let changed = Tensor.concatenated([x[0..<3], x[3..<4] * 5 + 1], axis: 0)
    func firstDiffers(_ layer: some Layer, _ phase: Phase = .inference) -> Bool {
      withPhase(phase) { layer(x)[0].array(of: Float.self) != layer(changed)[0].array(of: Float.self) }
    }
    #expect(firstDiffers(BatchNorm(6), byBatch))
    #expect(firstDiffers(BatchNorm(perActivation: [3, 3, 6]), byBatch))
    #expect(firstDiffers(BatchInstanceNorm(6), byBatch))
    #expect(!firstDiffers(BatchNorm(6)))
    for phase in [byBatch, .inference] {
      #expect(!firstDiffers(LayerNorm(6), phase))
      #expect(!firstDiffers(LayerNorm([3, 3, 6]), phase))
      #expect(!firstDiffers(InstanceNorm(6), phase))
      #expect(!firstDiffers(GroupNorm(6, groups: 2), phase))
      #expect(!firstDiffers(LocalResponseNorm(5), phase))
    }
  }

  @Test(arguments: [true, false])
  func property16AConvolutionWithItsBatchNormFoldedInEqualsBothInInference(bias: Bool) {
    let convolution = Random.withSeed(9) {
      Conv2D(4, 6, kernel: [3, 2], stride: 2, padding: .same, groups: 2, bias: bias)
    }
    convolution.bias?.value = floats([6], seed: 10)
    let norm = randomized(BatchNorm(6), seed: 11)
    let x = floats([2, 7, 6, 4], seed: 12)
    let (layer, report) = fold(convolution, norm, comparedOn: x)
    #expect(report.largestDifference < 1e-5 && report.largestValue > 1, "\(report)")
    expectClose(layer(x), norm(convolution(x)).array(of: Float.self).map(Double.init))

    let linear = Random.withSeed(13) { Linear(5, 6, bias: bias) }
    let flat = fold(linear, norm, comparedOn: floats([7, 5], seed: 14))
    #expect(flat.report.largestDifference < 1e-5 && flat.report.count == 42, "\(flat.report)")
  }

  @Test func property17ABiasBeforeBatchNormHasNoEffectAndNoGradient() {
    let norm = randomized(BatchNorm(3), seed: 15)
    let (x, w, dy) = (
      doubles([3, 4, 5, 2], seed: 16), doubles([2, 2, 2, 3], seed: 17), doubles([3, 3, 4, 3], seed: 18)
    )
    func step(_ bias: Tensor) -> (value: Tensor, gradients: [Tensor?]) {
      doubleGradients(at: [x, w, bias]) { (norm(conv2d($0[0], weight: $0[1], bias: $0[2])) * dy).sum() }
    }
    let (without, with) = (step(Tensor.zeros([3], .float64)), step(doubles([3], seed: 19) * 4))
    expectClose(with.value, [without.value.item()], tolerance: 1e-12)
    expectClose(with.gradients[1]!, without.gradients[1]!.array(of: Double.self), tolerance: 1e-11)
    expectClose(with.gradients[2]!, [0, 0, 0], tolerance: 1e-12)
    #expect(with.gradients[1]!.abs().max().item() > 0.1)
  }

  private struct Residual: Layer {
    let conv1 = Conv2D(5, 5, kernel: 3, padding: .same, bias: false)
    let bn1 = BatchNorm(5)
    let conv2 = Conv2D(5, 5, kernel: 3, padding: .same, bias: false)
    let bn2 = BatchNorm(5, gamma: 0)
    func forward(_ x: Tensor) -> Tensor { bn2(conv2(relu(bn1(conv1(x))))) + x }
  }

  @Test func property30AResidualBlockWhoseLastGammaIsZeroIsTheIdentity() {
    let block = Random.withSeed(20) { Residual() }
    let x = floats([2, 6, 5, 5], seed: 21)
    expectSameBits(block(x), x)
    expectSameBits(withPhase(byBatch) { block(x) }, x)
    // It learns all the same: γ has a gradient, so the next step takes it from 0.
    let (_, gradients) = valueWithGradients(of: block) { block(x).square().sum() }
    #expect(gradients[block.bn2.weight!]!.abs().max().item() > 0.01)
  }
}
