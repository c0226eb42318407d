import Apus
import Testing

/// Losses against PyTorch's, values and gradients; see Tests/Fixtures/make-loss-fixtures.py.
@Suite struct PyTorchLossTests {
  /// The operation's value is the case's `y`, and its gradients under the cotangent `dy` are `dx`, …
  private func check(
    _ fixture: PyTorchFixture, _ name: String, _ inputs: [String], _ operation: ([Tensor]) -> Tensor
  ) {
    let values = inputs.map { fixture["\(name)/\($0)"] }
    fixture.expect(operation(values), is: "\(name)/y")
    let (_, gradients) = valueWithGradients(at: values) { inputs in
      let y = operation(inputs)
      return (y * fixture["\(name)/dy"].reshaped(y.shape)).sum()
    }
    for (input, gradient) in pairs(inputs, gradients) {
      guard let gradient else {
        Issue.record("\(name): no gradient of \(input)")
        continue
      }
      fixture.expect(gradient, is: "\(name)/d\(input)")
    }
  }

  /// PyTorch's mean divides by the weights of integer labels, else by the number of losses.
  private func reduction(_ code: Float, mean: Reduction) -> Reduction { code == 0 ? .none : code == 1 ? .sum : mean }

  private func checkClasses(
    _ kind: String, mean: Reduction,
    _ loss: (_ logits: Tensor, _ labels: Tensor, _ option: Double, _ weights: Tensor?, _ ignored: Int?, Reduction) ->
      Tensor
  ) throws {
    let fixture = try PyTorchFixture("class-losses")
    let cases = fixture.cases.filter { $0.hasPrefix(kind) }
    #expect(!cases.isEmpty)
    for name in cases {
      let options = fixture["\(name)/options"].array(of: Float.self)
      let weights = options[2] == 0 ? nil : fixture["\(name)/weights"]
      let ignored = options[1] == -1000 ? nil : Int(options[1])
      check(fixture, name, ["logits"]) {
        loss(
          $0[0], fixture["\(name)/labels"], Double(options[0]), weights, ignored, reduction(options[3], mean: mean))
      }
    }
  }

  @Test func crossEntropyInAllItsForms() throws {
    try checkClasses("entropy", mean: .meanOverWeights) { logits, labels, smoothing, weights, ignored, reduction in
      crossEntropy(
        logits: logits, labels: labels, classWeights: weights, labelSmoothing: smoothing, ignoring: ignored,
        reduction: reduction)
    }
    let fixture = try PyTorchFixture("target-losses")
    for name in fixture.cases {
      let options = fixture["\(name)/options"].array(of: Float.self)
      check(fixture, name, ["logits"]) {
        crossEntropy(
          logits: $0[0], targets: fixture["\(name)/targets"],
          classWeights: options[1] == 0 ? nil : fixture["\(name)/weights"], labelSmoothing: Double(options[0]),
          reduction: reduction(options[2], mean: .meanOverElements))
      }
    }
  }

  @Test func negativeLogLikelihoodOfLogSoftmax() throws {
    try checkClasses("nll", mean: .meanOverWeights) { logits, labels, _, weights, ignored, reduction in
      negativeLogLikelihood(
        logProbabilities: logSoftmax(logits), labels: labels, classWeights: weights, ignoring: ignored,
        reduction: reduction)
    }
    let fixture = try PyTorchFixture("element-losses")
    check(fixture, "log-softmax", ["x"]) { logSoftmax($0[0]) }
  }

  @Test func multiclassHinge() throws {
    try checkClasses("hinge", mean: .meanOverElements) { scores, labels, margin, weights, ignored, reduction in
      hingeLoss(
        scores: scores, labels: labels, margin: margin, classWeights: weights, ignoring: ignored, reduction: reduction)
    }
  }

  @Test func lossesOfDifferences() throws {
    let fixture = try PyTorchFixture("element-losses")
    for (code, name) in ["none", "sum", "mean"].enumerated() {
      let by = reduction(Float(code), mean: .meanOverElements)
      check(fixture, "mse-\(name)", ["x", "t"]) { mseLoss($0[0], $0[1], reduction: by) }
      check(fixture, "l1-\(name)", ["x", "t"]) { l1Loss($0[0], $0[1], reduction: by) }
      check(fixture, "smooth1-\(name)", ["x", "t"]) { smoothL1Loss($0[0], $0[1], reduction: by) }
      check(fixture, "smooth.3-\(name)", ["x", "t"]) { smoothL1Loss($0[0], $0[1], beta: 0.3, reduction: by) }
    }
  }

  @Test func binaryLosses() throws {
    let fixture = try PyTorchFixture("element-losses")
    for name in ["binary-plain", "binary-wide"] {
      let (targets, hard, weights) = (
        fixture["\(name)/targets"], fixture["\(name)/hard"], fixture["\(name)/weights"]
      )
      check(fixture, "\(name)/entropy", ["logits"]) { binaryCrossEntropy(logits: $0[0], targets: targets) }
      check(fixture, "\(name)/weighted", ["logits"]) {
        binaryCrossEntropy(logits: $0[0], targets: targets, positiveWeights: weights, reduction: .none)
      }
      check(fixture, "\(name)/focal", ["logits"]) {
        binaryFocalLoss(logits: $0[0], targets: hard, gamma: 2, alpha: 0.25, reduction: .none)
      }
      check(fixture, "\(name)/sharp", ["logits"]) {
        binaryFocalLoss(logits: $0[0], targets: hard, gamma: 3.5, alpha: 0.5)
      }
    }
  }

  @Test func rankingAndTriplets() throws {
    let fixture = try PyTorchFixture("element-losses")
    check(fixture, "ranking", ["f", "g"]) {
      marginRankingLoss($0[0], $0[1], order: fixture["ranking/order"], margin: 0.3)
    }
    check(fixture, "triplet", ["anchor", "near", "far"]) {
      tripletLoss(anchor: $0[0], positive: $0[1], negative: $0[2], margin: 0.7)
    }
  }
}
