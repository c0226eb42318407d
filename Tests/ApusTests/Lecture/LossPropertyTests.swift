import Apus
import Testing

/// What the lectures state about losses, each test named after the statement.
@Suite struct LossPropertyTests {
  private let labels = Tensor([2, 0, 1, 4, 2, 3] as [Int32])

  private func oneHot(_ labels: Tensor, _ classes: Int) -> Tensor {
    let all = labels.array(of: Int32.self)
    return Tensor(
      all.flatMap { label in (0..<classes).map { $0 == Int(label) ? 1.0 : 0 } }, shape: [all.count, classes])
  }

  @Test func property8SoftmaxCrossEntropyGradientIsProbabilityMinusOneHot() throws {
    let logits = doubles([6, 5], seed: 70)
    let expected = withPrecision(.float64) { softmax(logits).detached() - oneHot(labels, 5) }
    let sum = doubleGradients(at: [logits]) { crossEntropy(logits: $0[0], labels: labels, reduction: .sum) }
    expectClose(try #require(sum.gradients[0]), expected.array(of: Double.self), tolerance: 1e-14)
    let mean = doubleGradients(at: [logits]) { crossEntropy(logits: $0[0], labels: labels) }
    expectClose(try #require(mean.gradients[0]), (expected / 6).array(of: Double.self), tolerance: 1e-14)
    // One-hot targets are labels.
    let soft = doubleGradients(at: [logits]) {
      crossEntropy(logits: $0[0], targets: oneHot(labels, 5), reduction: .sum)
    }
    expectClose(try #require(soft.gradients[0]), expected.array(of: Double.self), tolerance: 1e-14)
  }

  @Test func property9HingeGradientCountsMarginViolators() throws {
    // Label 0; of the others, 1 violates by half, 2 by exactly nothing, 3 by three, 4 not at all.
    let scores = Tensor([2, 1.5, 1, 4, 0] as [Double], shape: [1, 5])
    let label = Tensor([0] as [Int32])
    let (value, gradients) = doubleGradients(at: [scores]) { hingeLoss(scores: $0[0], labels: label) }
    #expect(value.item() == 0.5 + 3)
    #expect(gradients[0]?.array(of: Double.self) == [-2, 1, 0, 1, 0])
    let satisfied = Tensor([3, 2, 1.75, -4, 0] as [Double], shape: [1, 5])
    let none = doubleGradients(at: [satisfied]) { hingeLoss(scores: $0[0], labels: label) }
    #expect(none.value.item() == 0)
    #expect(none.gradients[0]?.array(of: Double.self) == [0, 0, 0, 0, 0])
  }

  @Test func property10FocalWithGammaZeroIsCrossEntropy() throws {
    let logits = doubles([6, 5], seed: 71)
    let weights = Tensor([0.5, 2, 1, 3, 0.25] as [Double])
    let focal = doubleGradients(at: [logits]) {
      focalLoss(logits: $0[0], labels: labels, gamma: 0, alpha: weights, ignoring: 4, reduction: .meanOverWeights)
    }
    let entropy = doubleGradients(at: [logits]) {
      crossEntropy(logits: $0[0], labels: labels, classWeights: weights, ignoring: 4)
    }
    expectClose(focal.value, [entropy.value.item()], tolerance: 1e-14)
    expectClose(
      try #require(focal.gradients[0]), try #require(entropy.gradients[0]).array(of: Double.self), tolerance: 1e-14)
    let hard = Tensor((0..<30).map { Double($0 % 2) }, shape: [6, 5])
    expectClose(
      withPrecision(.float64) { binaryFocalLoss(logits: logits, targets: hard, gamma: 0, reduction: .none) },
      withPrecision(.float64) { binaryCrossEntropy(logits: logits, targets: hard, reduction: .none) }
        .array(of: Double.self), tolerance: 1e-14)
  }

  /// The easier a sample, the more γ takes from it.
  @Test func focalTurnsAwayFromWhatIsEasy() {
    let logits = Tensor([3, 0, 0, 0, 0, 0] as [Double], shape: [2, 3])
    let label = Tensor([0, 1] as [Int32])
    func each(_ gamma: Double) -> [Double] {
      withPrecision(.float64) { focalLoss(logits: logits, labels: label, gamma: gamma, reduction: .none) }
        .array(of: Double.self)
    }
    let (plain, focal) = (each(0), each(2))
    #expect(focal[0] / plain[0] < 0.02 && focal[1] / plain[1] > 0.4)
  }

  @Test(arguments: [1.0, 0.25, 3])
  func property11SmoothL1IsContinuouslyDifferentiableAtBeta(beta: Double) throws {
    let step = 1e-9
    for sign in [1.0, -1] {
      let x = Tensor([beta - step, beta, beta + step].map { sign * $0 })
      let (_, gradients) = doubleGradients(at: [x]) {
        smoothL1Loss($0[0], .zeros([3], .float64), beta: beta, reduction: .sum)
      }
      let values = withPrecision(.float64) { smoothL1Loss(x, .zeros([3]), beta: beta, reduction: .none) }
        .array(of: Double.self)
      #expect(values.allSatisfy { abs($0 - beta / 2) < 2e-9 })
      let slopes = try #require(gradients[0]).array(of: Double.self)
      #expect(slopes.allSatisfy { abs($0 - sign) < 1e-8 })
    }
    let near = Tensor([0.5 * beta] as [Double])
    expectClose(
      withPrecision(.float64) { smoothL1Loss(near, .zeros([1]), beta: beta) }, [beta / 8], tolerance: 1e-14)
  }

  @Test func softmaxLossIsNeverZeroAndHingeSaturates() {
    let label = Tensor([0] as [Int32])
    for lead in [1.0, 2, 10, 30] {
      let scores = Tensor([lead, 0, 0], shape: [1, 3])
      withPrecision(.float64) {
        #expect(crossEntropy(logits: scores, labels: label).item() > 0)
        #expect(hingeLoss(scores: scores, labels: label).item() == 0)
      }
    }
  }

  /// w = 1 / frequency makes each class weigh the same in the mean over weights.
  @Test func classWeightsMakeUpForImbalance() {
    let labels = Tensor([0, 0, 0, 1] as [Int32])
    let logits = Tensor([1, 0, 1, 0, 1, 0, 1, 0] as [Double], shape: [4, 2])
    let (right, wrong) = (log1pExp(-1), log1pExp(1))
    let weights = Tensor([1 / 3.0, 1] as [Double])
    withPrecision(.float64) {
      expectClose(crossEntropy(logits: logits, labels: labels), [(3 * right + wrong) / 4], tolerance: 1e-12)
      expectClose(
        crossEntropy(logits: logits, labels: labels, classWeights: weights), [(right + wrong) / 2], tolerance: 1e-12)
    }
  }

  private func log1pExp(_ x: Double) -> Double { (Tensor([x] as [Double]).exp() + 1).log().item() }
}
