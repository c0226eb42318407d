import Apus
import Testing

/// Batches in which nothing counts: every label ignored, or weights that sum to 0. Loss 0, gradient 0, whatever the scores.
@Suite struct NothingCountsTests {
  private typealias Loss = @Sendable (_ x: Tensor, _ reduction: Reduction) -> Tensor
  private static let ignored = Tensor([7, 7])
  private static let dense = Tensor.full([1, 2, 2], 255, .int32)
  private static let none = Tensor.zeros([3])

  /// By name: the scores' shape and the loss.
  private static let losses: [(name: String, shape: Shape, loss: Loss)] = [
    ("cross-entropy, ignored", [2, 3], { crossEntropy(logits: $0, labels: ignored, ignoring: 7, reduction: $1) }),
    (
      "cross-entropy, ignored and smoothed", [2, 3],
      { crossEntropy(logits: $0, labels: ignored, labelSmoothing: 0.1, ignoring: 7, reduction: $1) }
    ),
    (
      "cross-entropy of pixels", [1, 2, 2, 3],
      { crossEntropy(logits: $0, labels: dense, ignoring: 255, reduction: $1) }
    ),
    (
      "cross-entropy, weights 0", [2, 3],
      { crossEntropy(logits: $0, labels: Tensor([0, 2]), classWeights: none, reduction: $1) }
    ),
    (
      "cross-entropy, the weight of one class 0", [2, 3],
      { crossEntropy(logits: $0, labels: Tensor([1, 1]), classWeights: Tensor([1, 0, 1]), reduction: $1) }
    ),
    (
      "cross-entropy with targets, weights 0", [2, 3],
      {
        crossEntropy(
          logits: $0, targets: Tensor([1, 0, 0, 0.5, 0.5, 0], shape: [2, 3]), classWeights: none, reduction: $1)
      }
    ),
    ("focal", [2, 3], { focalLoss(logits: $0, labels: ignored, ignoring: 7, reduction: $1) }),
    ("focal, weights 0", [2, 3], { focalLoss(logits: $0, labels: Tensor([0, 1]), alpha: none, reduction: $1) }),
    ("hinge", [2, 3], { hingeLoss(scores: $0, labels: ignored, ignoring: 7, reduction: $1) }),
    (
      "hinge, weights 0", [2, 3], { hingeLoss(scores: $0, labels: Tensor([0, 1]), classWeights: none, reduction: $1) }
    ),
    (
      "log-likelihood", [2, 3],
      { negativeLogLikelihood(logProbabilities: $0, labels: ignored, ignoring: 7, reduction: $1) }
    ),
    (
      "log-likelihood, weights 0", [2, 3],
      { negativeLogLikelihood(logProbabilities: $0, labels: Tensor([0, 1]), classWeights: none, reduction: $1) }
    ),
    (
      "binary cross-entropy, weights 0", [3],
      { binaryCrossEntropy(logits: $0, targets: .ones([3]), positiveWeights: Tensor([0, 0, 0]), reduction: $1) }
    ),
    (
      "binary focal, weights 0", [3],
      { binaryFocalLoss(logits: $0, targets: .ones([3]), alpha: 0, reduction: $1) }
    ),
  ]

  @Test(arguments: losses.map(\.name), Reduction.allCases) func lossAndGradientAreZero(
    name: String, reduction: Reduction
  )
    throws
  {
    let (_, shape, loss) = try #require(Self.losses.first { $0.name == name })
    for isDouble in [false, true] {
      let x = Tensor((0..<shape.elementCount).map { Float($0) * 3 - 4 }, shape: shape)
      let (value, gradients) = withPrecision(isDouble ? .float64 : .standard) {
        valueWithGradients(at: [x]) { inputs in
          let y = loss(inputs[0], reduction)
          return reduction == .none ? y.sum() : y
        }
      }
      #expect(value.item() == 0)
      let slopes = try #require(gradients[0])
      #expect(slopes.shape == shape && slopes.cast(to: .float32).array(of: Float.self).allSatisfy { $0 == 0 })
    }
  }

  /// Such a batch leaves a model as it is, but for what an optimizer does without a gradient.
  @Test func aStepMovesNothing() {
    let model = Random.withSeed(4) { Linear(3, 3) }
    let before = model.state()
    var optimizer = SGD(model.parameters, learningRate: 0.5)
    let (_, gradients) = valueWithGradients(of: model) {
      crossEntropy(logits: model(.ones([2, 3])), labels: Self.ignored, ignoring: 7)
    }
    optimizer.step(gradients)
    for (a, b) in zip(before, model.state()) { expectSameBits(a.value, b.value) }
  }

  /// Micro-batches of which one counts for nothing add up as if it were not there.
  @Test func oneOfTwoMicroBatches() throws {
    let model = Random.withSeed(5) { Linear(3, 3) }
    func gradients(_ labels: Tensor) -> Gradients {
      valueWithGradients(of: model) {
        crossEntropy(logits: model(floats([2, 3], seed: 6)), labels: labels, ignoring: 7)
      }.gradients
    }
    let one = gradients(Tensor([0, 2]))
    let both = one + gradients(Self.ignored)
    for entry in model.parameters {
      #expect(both[entry.parameter]?.array(of: Float.self) == one[entry.parameter]?.array(of: Float.self))
    }
  }
}
