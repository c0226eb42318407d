import Apus
import Testing

/// What losses compute and what they refuse.
@Suite struct LossTests {
  private let logits = Tensor([2, -1, 0.5, 0, 1, 3] as [Float], shape: [2, 3])
  private let labels = Tensor([0, 1] as [Int32])

  @Test func eachReductionHasItsDenominator() {
    let weights = Tensor([2, 4, 1] as [Float])
    let each = crossEntropy(logits: logits, labels: labels, classWeights: weights, reduction: .none)
    #expect(each.shape == [2])
    let sum = each.sum().item()
    func value(_ reduction: Reduction) -> Double {
      crossEntropy(logits: logits, labels: labels, classWeights: weights, reduction: reduction).item()
    }
    #expect(abs(value(.sum) - sum) < 1e-6)
    #expect(abs(value(.meanOverSamples) - sum / 2) < 1e-6)
    #expect(abs(value(.meanOverElements) - sum / 2) < 1e-6)
    #expect(abs(value(.meanOverWeights) - sum / 6) < 1e-6)
  }

  @Test func denominatorsOfImages() {
    let x = floats([2, 3, 4, 5], seed: 60)
    let labels = Tensor((0..<24).map { Int32($0 % 6 == 5 ? 255 : $0 % 6) }, shape: [2, 3, 4])
    func value(_ reduction: Reduction) -> Double {
      crossEntropy(logits: x, labels: labels, ignoring: 255, reduction: reduction).item()
    }
    #expect(crossEntropy(logits: x, labels: labels, ignoring: 255, reduction: .none).shape == [2, 3, 4])
    let sum = value(.sum)
    #expect(abs(value(.meanOverSamples) - sum / 2) < 1e-5)
    #expect(abs(value(.meanOverElements) - sum / 20) < 1e-6)
    #expect(abs(value(.meanOverWeights) - sum / 20) < 1e-6)
    let t = floats([2, 3, 4, 5], seed: 61)
    let error = mseLoss(x, t, reduction: .sum).item()
    #expect(abs(mseLoss(x, t, reduction: .meanOverSamples).item() - error / 2) < 1e-3)
    #expect(abs(mseLoss(x, t).item() - error / 120) < 1e-5)
  }

  @Test func aDenseLossIsThatOfItsPixels() {
    let x = floats([2, 2, 2, 3], seed: 62)
    let labels = Tensor([0, 1, 2, 0, 2, 2, 1, 0] as [Int32], shape: [2, 2, 2])
    expectSameBits(
      crossEntropy(logits: x, labels: labels),
      crossEntropy(logits: x.reshaped(8, 3), labels: labels.reshaped(8)))
  }

  @Test func logLikelihoodOfLogSoftmaxIsCrossEntropy() {
    let loss = negativeLogLikelihood(logProbabilities: logSoftmax(logits), labels: labels)
    expectClose(loss, [crossEntropy(logits: logits, labels: labels).item()], tolerance: 1e-6)
    // Marks follow what is a logarithm or an exponential of the marked, and reshapes.
    _ = negativeLogLikelihood(logProbabilities: softmax(logits).log(), labels: labels)
    _ = negativeLogLikelihood(logProbabilities: logSoftmax(logits).reshaped(1, 2, 3), labels: labels.reshaped(1, 2))
  }

  /// The distance of equal rows has no derivative; a small distance is kept from it.
  @Test func tripletLossOfEqualRowsHasAGradient() throws {
    let anchor = floats([2, 3], seed: 63)
    let (value, gradients) = valueWithGradients(at: [anchor, anchor, anchor + 0.1]) {
      tripletLoss(anchor: $0[0], positive: $0[1], negative: $0[2])
    }
    #expect(value.isFinite)
    for gradient in gradients { #expect(try #require(gradient).isFinite) }
  }

  @Test func ridgePenaltyIsLambdaTimesSquares() throws {
    let layer = Linear(2, 2, initializer: .constant(3), biasInitializer: .constant(100))
    let (value, gradients) = valueWithGradients(of: layer) { ridgePenalty(layer.parameters, weight: 0.5) }
    #expect(value.item() == 0.5 * 4 * 9)
    expectClose(try #require(gradients[layer.weight]), [3, 3, 3, 3])
    #expect(layer.bias.flatMap { gradients[$0] } == nil)
  }

  @Test func lossesArePlanned() throws {
    struct Trained: Layer {
      let head = Linear(4, 3)
      func forward(_ x: Tensor) -> Tensor {
        let z = head(x)
        let labels = Tensor.zeros([x.shape[0]], .int32)
        let targets = Tensor.zeros(z.shape)
        return crossEntropy(logits: z, labels: labels, classWeights: .ones([3]), ignoring: -1) + mseLoss(z, targets)
          + binaryCrossEntropy(logits: z, targets: targets) + focalLoss(logits: z, labels: labels)
          + hingeLoss(scores: z, labels: labels)
          + negativeLogLikelihood(logProbabilities: logSoftmax(z), labels: labels)
      }
    }
    for phase in [Phase.inference, .training] {
      let plan = try Trained().plan(input: [5, 4], phase: phase)
      let operations = plan.rows.map(\.operation)
      for name in [
        "CrossEntropy", "MSELoss", "BinaryCrossEntropy", "FocalLoss", "HingeLoss", "LogSoftmax",
        "NegativeLogLikelihood",
      ] {
        #expect(operations.filter { $0 == name }.count == 1, "\(name)")
      }
      #expect(plan.outputShape == [])
    }
    struct Wrong: Layer {
      let head = Linear(4, 3)
      func forward(_ x: Tensor) -> Tensor { mseLoss(head(x), .zeros([5, 1])) }
    }
    #expect { try Wrong().plan(input: [5, 4]) } throws: {
      "\($0)" == "MSELoss expects predictions and targets of one shape, but they are [5, 3] and [5, 1]"
    }
  }
}

/// The process must end, and say why.
private func expectTrap(
  _ text: String, _ result: ExitTest.Result?, sourceLocation: SourceLocation = #_sourceLocation
) {
  let said = errorText(result)
  #expect(said.contains(text), "no \"\(text)\" in: \(said)", sourceLocation: sourceLocation)
}

@Suite struct LossRefusalTests {
  @Test func nothingBroadcasts() async {
    let column = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = mseLoss(.ones([4, 1]), .ones([4]))
    }
    expectTrap("MSELoss expects predictions and targets of one shape, but they are [4, 1] and [4]", column)
    let labels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([4, 3]), labels: .zeros([4, 1], .int32))
    }
    expectTrap("they are [4, 3] and int32 [4, 1]", labels)
    let floats = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([4, 3]), labels: .zeros([4, 3]))
    }
    expectTrap("they are [4, 3] and float32 [4, 3]", floats)
    let targets = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([4, 3]), targets: .ones([1, 3]))
    }
    expectTrap("they are [4, 3] and [1, 3]", targets)
    let binary = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(logits: .ones([4, 3]), targets: .ones([4, 1]))
    }
    expectTrap("BinaryCrossEntropy expects logits and targets of one shape, but they are [4, 3] and [4, 1]", binary)
    let ranking = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = marginRankingLoss(.ones([4]), .ones([4]), order: .ones([]))
    }
    expectTrap("they are [4], [4] and []", ranking)
    let triplet = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tripletLoss(anchor: .ones([4, 2]), positive: .ones([4, 2]), negative: .ones([2]))
    }
    expectTrap("they are [4, 2], [4, 2] and [2]", triplet)
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([4, 3]), labels: .zeros([4], .int32), classWeights: .ones([4]))
    }
    expectTrap("expects class weights of shape [3], but they are [4]", weights)
  }

  @Test func resultsOfSoftmaxAndSigmoidAreNoLogits() async {
    let marked = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: softmax(.ones([1, 4])).reshaped(2, 2), labels: .zeros([2], .int32))
    }
    expectTrap("CrossEntropy takes logits, but was given the result of a softmax: leave the softmax out", marked)
    let soft = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: softmax(.ones([1, 2])), targets: .full([1, 2], 0.5))
    }
    expectTrap("leave the softmax out", soft)
    let logarithm = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: logSoftmax(.ones([1, 2])), labels: .zeros([1], .int32))
    }
    expectTrap("was given the result of logSoftmax: leave it out, or use negativeLogLikelihood", logarithm)
    let focal = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = focalLoss(logits: softmax(.ones([1, 2])), labels: .zeros([1], .int32))
    }
    expectTrap("FocalLoss takes logits, but was given the result of a softmax", focal)
    let binary = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(logits: softmax(.ones([1, 2])), targets: .ones([1, 2]))
    }
    expectTrap("BinaryCrossEntropy takes logits, but was given the result of a softmax", binary)
    let hinge = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hingeLoss(scores: softmax(.ones([1, 2])), labels: .zeros([1], .int32))
    }
    expectTrap("leave the softmax out", hinge)
    let sigmoids = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(logits: sigmoid(.ones([2])), targets: .ones([2]))
    }
    expectTrap("takes logits, but was given the result of a sigmoid: leave the sigmoid out", sigmoids)
    let binaryFocal = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryFocalLoss(logits: Sigmoid()(.ones([2])), targets: .ones([2]))
    }
    expectTrap("BinaryFocalLoss takes logits, but was given the result of a sigmoid", binaryFocal)
    let classes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: sigmoid(.ones([1, 2])), labels: .zeros([1], .int32))
    }
    expectTrap("CrossEntropy takes logits, but was given the result of a sigmoid", classes)
  }

  @Test func logitsAndProbabilitiesAreNoLogProbabilities() async {
    let probabilities = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = negativeLogLikelihood(logProbabilities: softmax(.ones([1, 2])), labels: .zeros([1], .int32))
    }
    expectTrap("was given probabilities, the result of a softmax: use logSoftmax in its place", probabilities)
    let logits = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Linear(3, 2)
      _ = negativeLogLikelihood(logProbabilities: layer(.ones([1, 3])), labels: .zeros([1], .int32))
    }
    expectTrap("was given logits, the result of a layer: use crossEntropy, or logSoftmax before", logits)
    let flattened = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let layer = Conv2D(1, 2, kernel: 1)
      _ = negativeLogLikelihood(
        logProbabilities: flatten(layer(.ones([1, 1, 1, 1]))), labels: .zeros([1], .int32))
    }
    expectTrap("was given logits", flattened)
  }

  @Test func labelsOutOfRange() async {
    let pixel = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let labels = Tensor([0, 1, 255, 3, 1, 0] as [Int32], shape: [1, 2, 3])
      _ = crossEntropy(logits: .ones([1, 2, 3, 3]), labels: labels, ignoring: 255)
    }
    expectTrap("crossEntropy: label 3 at index [0, 1, 0], expected 0...2 or 255, which is ignored", pixel)
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hingeLoss(scores: .ones([2, 3]), labels: Tensor([0, -1] as [Int32]))
    }
    expectTrap("hingeLoss: label -1 at index 1, expected 0...2", negative)
    let part = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([2, 3]), labels: Tensor([1, 0.5]))
    }
    expectTrap("crossEntropy: label 0.5 at index 1, expected a whole number", part)
  }

  @Test func targetsThatAreNone() async {
    let notFinite = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = mseLoss(.ones([2, 2]), Tensor([0, 1, .nan, 2] as [Float], shape: [2, 2]))
    }
    expectTrap("mseLoss: target nan at index [1, 0], expected a finite number", notFinite)
    let infinite = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = smoothL1Loss(.ones([2]), Tensor([0, -.infinity] as [Float]))
    }
    expectTrap("smoothL1Loss: target -inf at index 1, expected a finite number", infinite)
    let outside = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(logits: .ones([2]), targets: Tensor([0, 1.5] as [Float]))
    }
    expectTrap("binaryCrossEntropy: target 1.5 at index 1, expected 0...1", outside)
    let nan = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryCrossEntropy(logits: .ones([2]), targets: Tensor([.nan, 1] as [Float]))
    }
    expectTrap("binaryCrossEntropy: target nan at index 0", nan)
    let soft = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryFocalLoss(logits: .ones([2]), targets: Tensor([0.5, 1] as [Float]))
    }
    expectTrap("binaryFocalLoss: target 0.5 at index 0, expected 0 or 1", soft)
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([1, 2]), targets: Tensor([1.25, -0.25] as [Float], shape: [1, 2]))
    }
    expectTrap("crossEntropy: target 1.25 at index [0, 0], expected 0...1", negative)
    let several = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([2, 2]), targets: Tensor([0.5, 0.5, 1, 1] as [Float], shape: [2, 2]))
    }
    expectTrap("crossEntropy: the targets of row 1 sum to 2.0, expected 1", several)
    let order = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = marginRankingLoss(.ones([2]), .ones([2]), order: Tensor([1, 0] as [Float]))
    }
    expectTrap("marginRankingLoss: order 0.0 at index 1, expected 1 or -1", order)
    let recorded = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueWithGradients(at: [Tensor.ones([2])]) { binaryCrossEntropy(logits: .ones([2]), targets: $0[0]) }
    }
    expectTrap("binaryCrossEntropy: no gradient flows into targets, but they are recorded", recorded)
  }

  @Test func optionsThatMakeNoSense() async {
    let gamma = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = focalLoss(logits: .ones([1, 2]), labels: .zeros([1], .int32), gamma: -1)
    }
    expectTrap("focalLoss: gamma -1.0, expected a finite number of at least 0", gamma)
    let smoothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(logits: .ones([1, 2]), labels: .zeros([1], .int32), labelSmoothing: 1.5)
    }
    expectTrap("crossEntropy: label smoothing 1.5, expected 0...1", smoothing)
    let beta = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = smoothL1Loss(.ones([1]), .ones([1]), beta: -0.5)
    }
    expectTrap("smoothL1Loss: beta -0.5", beta)
    let margin = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = tripletLoss(anchor: .ones([1, 2]), positive: .ones([1, 2]), negative: .ones([1, 2]), margin: 0)
    }
    expectTrap("tripletLoss: margin 0.0, expected a finite number above 0", margin)
    let hinge = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = hingeLoss(scores: .ones([1, 2]), labels: .zeros([1], .int32), margin: .nan)
    }
    expectTrap("hingeLoss: margin nan", hinge)
    let alpha = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = binaryFocalLoss(logits: .ones([1]), targets: .ones([1]), alpha: 2)
    }
    expectTrap("binaryFocalLoss: alpha 2.0, expected 0...1", alpha)
    let weights = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = crossEntropy(
        logits: .ones([1, 2]), labels: .zeros([1], .int32), classWeights: Tensor([1, -2] as [Float]))
    }
    expectTrap("crossEntropy: class weight -2.0 at index 1, expected a finite number of at least 0", weights)
    let lambda = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ridgePenalty(Linear(1, 1).parameters, weight: -1)
    }
    expectTrap("ridgePenalty: weight -1.0", lambda)
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = mseLoss(.ones([0, 2]), .ones([0, 2]))
    }
    expectTrap("MSELoss of no elements: the shape is [0, 2]", empty)
  }
}
