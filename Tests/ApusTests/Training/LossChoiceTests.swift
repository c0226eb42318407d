import Apus
import Foundation
import Testing

/// The loss and the initializer of a run of the catalogue's networks.
@Suite struct LossChoiceTests {
  private func request(_ change: (inout TrainingSettings) -> Void) throws -> TrainingRun.Request {
    var settings = shortSettings(epochs: 1)
    change(&settings)
    return TrainingRun.Request(network: "lenet5", data: try DataSource("digits"), settings: settings)
  }

  private func trainer(_ change: (inout TrainingSettings) -> Void) throws -> Trainer {
    var settings = shortSettings(epochs: 1)
    change(&settings)
    return try lenetTrainer(settings)
  }

  @Test func everyLossIsTheOneOfItsName() throws {
    let batch = digits.train.batches(of: 64)[0]
    let logits = LeNet5(inputSize: 32)(batch.images)
    let expected: [String: Tensor] = [
      "cross-entropy": crossEntropy(logits: logits, labels: batch.labels),
      "focal": focalLoss(logits: logits, labels: batch.labels),
      "hinge": hingeLoss(scores: logits, labels: batch.labels),
    ]
    #expect(Set(LossCatalogue.names) == Set(expected.keys))
    for name in every(LossCatalogue.names) {
      let trainer = try trainer { $0.loss = name }
      expectSameBits(trainer.loss(logits, batch.labels), try #require(expected[name]))
      #expect(trainer.loss.name == name && trainer.settings.loss == name)
    }
  }

  @Test func optionsReachTheLoss() throws {
    let batch = digits.train.batches(of: 64)[0]
    let logits = LeNet5(inputSize: 32)(batch.images)
    var counts = [Double](repeating: 0, count: 10)
    for label in digits.train.labels { counts[Int(label)] += 1 }
    let balanced = counts.map { Float(Double(digits.train.count) / (10 * $0)) }
    let weighted = try trainer {
      $0.classWeights = .balanced
      $0.labelSmoothing = 0.1
    }
    expectSameBits(
      weighted.loss(logits, batch.labels),
      crossEntropy(logits: logits, labels: batch.labels, classWeights: Tensor(balanced), labelSmoothing: 0.1))
    let values = (0..<10).map { Double($0) + 0.5 }
    let given = try trainer {
      $0.classWeights = .values(values)
      $0.loss = "hinge"
    }
    expectSameBits(
      given.loss(logits, batch.labels),
      hingeLoss(scores: logits, labels: batch.labels, classWeights: Tensor(values.map(Float.init))))
  }

  @Test func whatDoesNotFitIsRefused() throws {
    func expectRefused(_ words: String..., change: (inout TrainingSettings) -> Void) throws {
      let error = try #require(throws: SettingsError.self) { try trainer(change) }
      for word in words { #expect(error.description.contains(word), "\(error)") }
    }
    try expectRefused("no loss \"hing\"", "hinge") { $0.loss = "hing" }
    try expectRefused("no initializer \"kaimin\"", "kaiming") { $0.initializer = "kaimin" }
    try expectRefused("label smoothing is 0.1, expected 0", "focal has none") {
      $0.loss = "focal"
      $0.labelSmoothing = 0.1
    }
    try expectRefused("label smoothing is 1.5") { $0.labelSmoothing = 1.5 }
    try expectRefused("2 class weights, expected 10") { $0.classWeights = .values([1, 2]) }
    for wrong in ["", "1,", "-1,2", "nan", "even"] { #expect(ClassWeights(wrong) == nil, "\(wrong)") }
    for text in ["equal", "balanced", "1.0,2.5"] { #expect(ClassWeights(text)?.description == text) }
  }

  @Test func theyAreRecordedAndMeasuredBy() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let request = try request {
      $0.loss = "focal"
      $0.classWeights = .balanced
      $0.initializer = "orthogonal"
    }
    guard case .finished(let result) = try TrainingRun.start(request, in: run.folder) else {
      Issue.record("the run did not finish")
      return
    }
    let record = try RunRecord.read(run.record)
    #expect(record.settings.loss == "focal" && record.settings.classWeights == .balanced)
    #expect(record.settings.initializer == "orthogonal" && record.classWeights?.count == 10)
    let measured = try TrainingRun.evaluate(run.folder)
    #expect(measured.scores == result.test && measured.loss == "focal, class weights balanced")
    let page = try String(contentsOfFile: run.report, encoding: .utf8)
    #expect(page.contains("<dd>focal, class weights balanced</dd>") && page.contains("<dd>orthogonal</dd>"))
    // Another run's checkpoint, but for the loss.
    let other = try Checkpoint.read(run.checkpoint)
    let fresh = try trainer { $0.initializer = "orthogonal" }
    expectError("last", "settings") { try fresh.restore(other, from: "last") }
    var wrong = request
    wrong.initialWeights = run.model
    expectError("the initializer orthogonal") { _ = try TrainingRun.start(wrong, in: folder.path + "/other") }
  }

  /// Convolutions and linear layers, by their own fans; nothing else, and nothing outside.
  @Test func theInitializerDrawsTheWeights() throws {
    func made() -> Sequential {
      Random.withSeed(3) {
        Sequential {
          Conv2D(4, 8, kernel: 3, groups: 2, initializer: .zeros)
          BatchNorm(8)
          Flatten()
          Linear(8, 5, biasInitializer: .constant(2))
        }
      }
    }
    let chosen = Initializer.ofWeights(.xavierUniform(), made).parameters
    let expected = Random.withSeed(3) {
      Conv2D(4, 8, kernel: 3, groups: 2, initializer: .xavierUniform()).weight.value
    }
    expectSameBits(try #require(chosen["0.weight"]).value, expected)
    let bound = Float((6.0 / 13).squareRoot())
    let linear = try #require(chosen["3.weight"]).value.array(of: Float.self)
    #expect(linear.allSatisfy { abs($0) <= bound } && linear.contains { abs($0) > 0.8 * bound })
    #expect(try #require(chosen["3.bias"]).value.array(of: Float.self) == Array(repeating: 2, count: 5))
    #expect(made().parameters["0.weight"]?.value.array(of: Float.self).allSatisfy { $0 == 0 } == true)
    for name in every(InitializerCatalogue.names) {
      let weights = Initializer.ofWeights(try InitializerCatalogue.initializer(name), made).parameters["0.weight"]
      #expect(weights?.value.array(of: Float.self).contains { $0 != 0 } == true, "\(name)")
    }
  }
}
