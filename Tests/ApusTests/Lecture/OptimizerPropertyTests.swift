import Apus
import Foundation
import Testing

/// The lectures' statements on optimizers and clipping, by their numbers in the list of property tests.
@Suite struct OptimizerPropertyTests {
  private func numbers(_ gradients: Gradients, _ model: FixedGradients) throws -> [Double] {
    try [model.weight, model.bias].flatMap { try #require(gradients[$0]).array(of: Float.self).map(Double.init) }
  }

  private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  @Test func property21ClipByNormKeepsTheDirectionAndBoundsTheNorm() throws {
    let model = FixedGradients(floats([7, 5], seed: 1), bias: floats([5], seed: 2))
    let before = model.gradients(floats([7, 5], seed: 3), floats([5], seed: 4))
    let g = try numbers(before, model)
    for limit in [0.1, 1, 0.999 * norm(g), 1.001 * norm(g), 1000] {
      var clipped = before
      let told = try clipped.clip(toNorm: limit)
      let c = try numbers(clipped, model)
      #expect(abs(told - norm(g)) < 1e-5 * norm(g))
      #expect(norm(c) <= limit * (1 + 1e-6))
      let cosine = zip(c, g).reduce(0) { $0 + $1.0 * $1.1 } / (norm(c) * norm(g))
      #expect(abs(cosine - 1) < 1e-6)
      if limit > norm(g) { #expect(c == g) }
    }
  }

  @Test func property21ClipByValueBoundsEachNumber() throws {
    let model = FixedGradients(floats([7, 5], seed: 1), bias: floats([5], seed: 2))
    let before = model.gradients(floats([7, 5], seed: 3), floats([5], seed: 4))
    var clipped = before
    try clipped.clip(toValue: 0.5)
    for (c, g) in try pairs(numbers(clipped, model), numbers(before, model)) { #expect(c == min(0.5, max(-0.5, g))) }
  }

  @Test func property21SignSGDIsTheLimitOfClippingByValue() throws {
    // At a limit below every magnitude the clipped gradient is limit · sign(g).
    let (limit, rate) = (0.0625, 0.25)
    let g = doubles([40], seed: 5).cast(to: .float32)
    let clipping = FixedGradient(floats([40], seed: 6))
    var gradients = clipping.gradients(g)
    try gradients.clip(toValue: limit)
    _ = clipping.parameters
    var sgd = SGD(clipping.parameters, learningRate: rate / limit)
    sgd.step(gradients)
    let signs = FixedGradient(floats([40], seed: 6))
    var sign = SignSGD(signs.parameters, learningRate: rate)
    sign.step(signs.gradients(g))
    expectSameBits(clipping.value.value, signs.value.value)
  }

  /// The value's last step under a constant gradient g, after so many.
  private func lastStep(_ steps: Int, of model: FixedGradient, _ g: Tensor, _ step: (Gradients) -> Void) -> [Double] {
    var before = model.value.value
    for _ in 0..<steps {
      before = model.value.value
      step(model.gradients(g))
    }
    return (model.value.value - before).array(of: Float.self).map(Double.init)
  }

  @Test func property22MomentumOnAConstantGradientStepsByAlphaOverOneMinusBeta() {
    for beta in [0.5, 0.9] {
      let model = FixedGradient(.zeros([3]))
      var optimizer = SGD(model.parameters, learningRate: 0.001, momentum: beta)
      let g = Tensor([1, -2, 0.5] as [Float], shape: [3])
      let step = lastStep(200, of: model, g) { optimizer.step($0) }
      for (moved, g) in pairs(step, [1, -2, 0.5]) { #expect(abs(moved + 0.001 / (1 - beta) * g) < 2e-6) }
    }
  }

  @Test func property23AdamsFirstStepIsAlphaWithBiasCorrectionAnd316AlphaWithout() {
    // (1 − β₁) / √(1 − β₂) of the defaults is 3.16.
    for (isCorrected, factor) in [(true, 1), (false, 3.16228)] {
      let model = FixedGradient(.zeros([4]))
      var optimizer = Adam(model.parameters, learningRate: 0.01, biasCorrection: isCorrected)
      let g = Tensor([1e-3, -1, 30, -1000] as [Float], shape: [4])
      let step = lastStep(1, of: model, g) { optimizer.step($0) }
      for (moved, sign) in pairs(step, [1.0, -1, 1, -1]) { #expect(abs(moved / (0.01 * factor) + sign) < 4e-4) }
    }
  }

  @Test func property24RMSPropOnAConstantGradientStepsByAlpha() {
    for placement in RMSProp.EpsilonPlacement.allCases {
      let model = FixedGradient(.zeros([3]))
      var optimizer = RMSProp(model.parameters, learningRate: 0.001, epsilonPlacement: placement)
      let g = Tensor([1, -20, 0.05] as [Float], shape: [3])
      let step = lastStep(200, of: model, g) { optimizer.step($0) }
      for (moved, sign) in pairs(step, [1.0, -1, 1]) { #expect(abs(moved + 0.001 * sign) < 1e-6) }
    }
  }

  private func network() -> Sequential {
    Random.withSeed(3) {
      Sequential {
        Linear(6, 5)
        ReLU()
        Linear(5, 3)
      }
    }
  }

  private func gradients(_ model: Sequential, _ x: Tensor, _ labels: [Int32]) -> Gradients {
    valueWithGradients(of: model) {
      crossEntropy(logits: model(x), labels: Tensor(labels, shape: [labels.count]))
    }.gradients
  }

  @Test func property25TheGradientOfABatchIsTheMeanOfItsSamplesGradients() throws {
    let model = network()
    let (x, labels) = (floats([8, 6], seed: 9), (0..<8).map { Int32($0 % 3) })
    let whole = gradients(model, x, labels)
    var sum = gradients(model, x[0].reshaped([1, 6]), [labels[0]])
    for i in 1..<8 { sum = sum + gradients(model, x[i].reshaped([1, 6]), [labels[i]]) }
    let mean = sum * 0.125
    for (_, parameter) in every(model.parameters) {
      let expected = try #require(whole[parameter]).array(of: Float.self).map(Double.init)
      expectClose(try #require(mean[parameter]), expected, tolerance: 1e-6)
    }
  }

  @Test func property25SGDWithABatchOfAllSamplesIsGradientDescent() {
    let samples = 96
    let split = digits.train.sample(samples)
    func trained(_ step: (Sequential, inout SGD) -> Void) -> Sequential {
      let model = Random.withSeed(3) {
        Sequential {
          Flatten()
          Linear(1024, 10)
        }
      }
      var optimizer = SGD(model.parameters, learningRate: 0.1)
      for _ in 0..<3 { step(model, &optimizer) }
      return model
    }
    var epoch = 0
    let stochastic = trained { model, optimizer in
      epoch += 1
      var batches = 0
      for batch in split.batches(of: samples, shuffled: 5, epoch: epoch) {
        batches += 1
        let gradients = valueWithGradients(of: model) {
          crossEntropy(logits: model(batch.images), labels: batch.labels)
        }.gradients
        optimizer.step(gradients)
      }
      #expect(batches == 1)
    }
    // Gradient descent: the loss of every sample alone, summed in the order of the set.
    let descent = trained { model, optimizer in
      var sum: Gradients?
      for batch in split.batches(of: 1) {
        let gradients = valueWithGradients(of: model) {
          crossEntropy(logits: model(batch.images), labels: batch.labels)
        }.gradients
        sum = sum.map { $0 + gradients } ?? gradients
      }
      optimizer.step(sum! * (1 / Double(samples)))
    }
    for ((_, a), (_, b)) in pairs(stochastic.parameters, descent.parameters) {
      expectClose(a.value, b.value.array(of: Float.self).map(Double.init), tolerance: 2e-6)
    }
  }
}
