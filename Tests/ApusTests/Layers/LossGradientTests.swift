import Apus
import Testing

/// Every loss against central differences in double precision, over odd shapes and every reduction.
@Suite struct LossGradientTests {
  private let labels = Tensor([2, 0, 1, 4, 2] as [Int32])
  private let weights = Tensor([0.5, 2, 1, 3, 0.25] as [Float])

  @Test(arguments: Reduction.allCases)
  func crossEntropyAndItsKin(reduction: Reduction) {
    let logits = doubles([5, 5], seed: 40)
    expectGradients(at: [logits]) {
      crossEntropy(
        logits: $0[0], labels: labels, classWeights: weights, labelSmoothing: 0.2, ignoring: 0, reduction: reduction)
    }
    expectGradients(at: [logits]) {
      negativeLogLikelihood(
        logProbabilities: logSoftmax($0[0]), labels: labels, classWeights: weights, ignoring: 4, reduction: reduction)
    }
    for gamma in [0.0, 0.5, 2] {
      expectGradients(at: [logits]) {
        focalLoss(
          logits: $0[0], labels: labels, gamma: gamma, alpha: weights, ignoring: 1, reduction: reduction)
      }
    }
    expectGradients(at: [doubles([5, 5], seed: 41) * 0.3]) {
      hingeLoss(
        scores: $0[0], labels: labels, margin: 0.77, classWeights: weights, ignoring: 2, reduction: reduction)
    }
    let targets = withPrecision(.float64) { softmax(doubles([5, 5], seed: 42)).detached() }
    expectGradients(at: [logits]) {
      crossEntropy(
        logits: $0[0], targets: targets, classWeights: weights, labelSmoothing: 0.1, reduction: reduction)
    }
  }

  @Test func densePredictions() {
    let labels = Tensor([0, 2, 255, 1, 1, 0] as [Int32], shape: [1, 2, 3])
    for reduction in Reduction.allCases {
      expectGradients(at: [doubles([1, 2, 3, 3], seed: 43)]) {
        crossEntropy(logits: $0[0], labels: labels, ignoring: 255, reduction: reduction)
      }
      expectGradients(at: [doubles([1, 2, 3, 3], seed: 43)]) {
        focalLoss(logits: $0[0], labels: labels, ignoring: 255, reduction: reduction)
      }
    }
  }

  @Test func logSoftmaxOverTheLastAxis() {
    expectGradients(at: [doubles([3, 7], seed: 44)]) { logSoftmax($0[0]) }
    expectGradients(at: [doubles([2, 3, 1], seed: 44)]) { logSoftmax($0[0]) }
    expectGradients(at: [doubles([5], seed: 44)]) { logSoftmax($0[0]) }
  }

  @Test(arguments: Reduction.allCases)
  func differences(reduction: Reduction) {
    let (x, t) = (doubles([3, 1, 5], seed: 45), doubles([3, 1, 5], seed: 46))
    expectGradients(at: [x, t]) { mseLoss($0[0], $0[1], reduction: reduction) }
    expectGradients(at: [x, t]) { l1Loss($0[0], $0[1], reduction: reduction) }
    expectGradients(at: [x, t]) { smoothL1Loss($0[0], $0[1], beta: 0.7, reduction: reduction) }
    expectGradients(at: [x, t]) { smoothL1Loss($0[0], $0[1], beta: 0, reduction: reduction) }
    // A tensor without axes is a sample too.
    expectGradients(at: [doubles([], seed: 45), doubles([], seed: 46)]) {
      mseLoss($0[0], $0[1], reduction: reduction)
    }
  }

  @Test(arguments: Reduction.allCases)
  func binaryOnes(reduction: Reduction) {
    let z = doubles([3, 5], seed: 47)
    let soft = Tensor.uniform([3, 5], seed: 48)
    let hard = (soft .> Tensor.full([], 0.5)).cast(to: .float32)
    expectGradients(at: [z]) { binaryCrossEntropy(logits: $0[0], targets: soft, reduction: reduction) }
    expectGradients(at: [z]) {
      binaryCrossEntropy(logits: $0[0], targets: soft, positiveWeights: weights, reduction: reduction)
    }
    expectGradients(at: [z]) {
      binaryCrossEntropy(
        logits: $0[0], targets: soft, positiveWeights: Tensor([3] as [Float], shape: []), reduction: reduction)
    }
    for gamma in [0.0, 0.5, 2] {
      expectGradients(at: [z]) {
        binaryFocalLoss(logits: $0[0], targets: hard, gamma: gamma, alpha: 0.3, reduction: reduction)
      }
    }
  }

  @Test(arguments: Reduction.allCases)
  func rankingAndTriplets(reduction: Reduction) {
    let order = Tensor([1, -1, -1, 1, 1] as [Float])
    expectGradients(at: [doubles([5], seed: 49), doubles([5], seed: 50)]) {
      marginRankingLoss($0[0], $0[1], order: order, margin: 0.3, reduction: reduction)
    }
    expectGradients(at: [doubles([3, 4], seed: 51), doubles([3, 4], seed: 52), doubles([3, 4], seed: 53)]) {
      tripletLoss(anchor: $0[0], positive: $0[1], negative: $0[2], margin: 1.5, reduction: reduction)
    }
  }

  @Test func ridge() {
    let model = Random.withSeed(1) { Linear(3, 2) }
    let result = gradientCheck(of: model) { ridgePenalty(model.parameters, weight: 0.3) }
    #expect(result.count > 0 && result.largestError < 1e-6, "\(result)")
  }
}
