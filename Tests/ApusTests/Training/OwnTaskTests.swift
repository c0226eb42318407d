import Apus
import Foundation
import Testing

/// A task that the library does not have: one number of one number.
private struct Curve: Layer {
  let hidden = Linear(1, 16)
  let output = Linear(16, 1)

  func forward(_ x: consuming Tensor) -> Tensor { output(tanh(hidden(x))) }
}

/// Any network, data, loss and metrics through the one trainer and its runs.
@Suite struct OwnTaskTests {
  private func samples(_ count: Int, seed: UInt64) -> TensorSamples {
    let x = Tensor.uniform([count, 1], in: -2...2, seed: seed, stream: 1)
    return TensorSamples(x, targets: x * x)
  }

  private func trainer(
    epochs: Int = 3, loss: Loss = .meanSquaredError, dataSeed: UInt64 = 1, learningRate: Double = 0.02,
    metrics: any Metrics = MeanMetric("mae", goal: .falling) { l1Loss($0, $1) }
  ) throws -> Trainer {
    let data = TrainingData(
      "a parabola", train: samples(200, seed: dataSeed), validation: samples(50, seed: 2), test: samples(60, seed: 3))
    let settings = TrainingSettings(
      epochs: epochs, batchSize: 16, learningRate: learningRate, optimizer: "adam", clipping: .medianMultiple(3))
    return try Trainer(
      model: Random.withSeed(1) { Curve() }, data: data, loss: loss, metrics: metrics, settings: settings)
  }

  /// In the first epoch, at its end, in the second. 13 steps are an epoch.
  @Test(arguments: [5, 13, 20]) func interruptedAndResumedItHasTheBitsOfAWholeRun(steps: Int) throws {
    let folder = try TemporaryFolder()
    let (whole, parts) = (folder.path + "/whole", folder.path + "/parts")
    guard case .finished(let result) = try TrainingRun.start(trainer(), in: whole) else {
      Issue.record("the whole run did not finish")
      return
    }
    guard
      case .interrupted(steps) = try TrainingRun.start(
        trainer(), in: parts, checkpointEvery: 4, observer: StopAfter(steps: steps))
    else {
      Issue.record("the run was not interrupted after \(steps) steps")
      return
    }
    guard case .finished(let resumed) = try TrainingRun.resume(trainer(), in: parts) else {
      Issue.record("the resumed run did not finish")
      return
    }
    #expect(result.test == resumed.test && result.validation == resumed.validation)
    #expect(try bytes(of: whole + "/model.safetensors") == bytes(of: parts + "/model.safetensors"))
    guard case .wasFinished(let again) = try TrainingRun.resume(trainer(), in: parts) else {
      Issue.record("a finished run went on")
      return
    }
    #expect(again.test == result.test)
  }

  @Test func itIsRecordedReportedAndPredicts() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let trainer = try trainer(epochs: 12)
    guard case .finished(let result) = try TrainingRun.start(trainer, in: run.folder, commandLine: ["curve"]) else {
      Issue.record("the run did not finish")
      return
    }
    #expect(trainer.rows[11].validation["mae"] < 0.5 * trainer.rows[0].validation["mae"])
    // Smaller is better: the best epoch is kept, not the last of equals.
    let best = try #require(trainer.rows.min { $0.validation["mae"] < $1.validation["mae"] })
    #expect(result.keptEpoch == best.epoch && result.validation == best.validation)
    let record = try RunRecord.read(run.record)
    #expect(record.task == .own && record.settings.loss == "mean squared error" && record.networkName == "Curve")
    #expect(record.metrics == [Metric("mae", goal: .falling)] && record.result?.test == result.test)
    #expect(record.data?.trainingSamples == 200 && record.data?.name == "a parabola")
    let json = try String(contentsOfFile: run.record, encoding: .utf8)
    #expect(json.contains("\"test_mae\" : ") && json.contains("\"validation_loss\" : "))
    let csv = try String(contentsOfFile: run.metrics, encoding: .utf8).split(separator: "\n")
    #expect(
      csv[0] == "epoch,learning_rate,train_loss,evaluated_train_loss,train_mae,validation_loss,validation_mae,seconds")
    let page = try String(contentsOfFile: run.report, encoding: .utf8)
    for text in ["Curve on a parabola", "test mae", "<dd>mean squared error</dd>", "validation samples"] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(!page.contains("Confusion matrix") && !page.contains("images"))

    // A model of the same kind takes the file, and gives what was measured.
    let model = Curve()
    try model.load(run.model)
    let test = evaluate(
      model, on: samples(60, seed: 3).batches(of: 500), loss: .meanSquaredError,
      metrics: MeanMetric("mae", goal: .falling) { l1Loss($0, $1) })
    #expect(test.loss == result.test.loss && test.metrics.values == [result.test["mae"]])
    #expect(trainer.evaluate(samples(60, seed: 3)) == result.test)
    #expect(abs(model(Tensor([1.5], shape: [1, 1])).item() - 2.25) < 0.5)
  }

  @Test func anotherTrainerIsRefused() throws {
    let folder = try TemporaryFolder()
    let run = folder.path + "/run"
    _ = try TrainingRun.start(trainer(), in: run, observer: StopAfter(steps: 20))
    expectError("loss", "mean squared error", "mean absolute error") {
      _ = try TrainingRun.resume(trainer(loss: .meanAbsoluteError), in: run)
    }
    expectError("settings") { _ = try TrainingRun.resume(trainer(learningRate: 0.01), in: run) }
    expectError("a parabola", "as many samples, but others") {
      _ = try TrainingRun.resume(trainer(dataSeed: 9), in: run)
    }
    expectError("metrics", "mae", "mse") {
      _ = try TrainingRun.resume(
        trainer(metrics: MeanMetric("mse", goal: .falling) { mseLoss($0, $1) }), in: run)
    }
    expectError("run.json", "a program's own (Curve)", "TrainingRun.resume(trainer, in:)") {
      _ = try TrainingRun.resume(run)
    }
    let used = try trainer()
    try used.train()
    expectError("expected one that begins") { _ = try TrainingRun.start(used, in: folder.path + "/other") }
    #expect(try folder.names() == ["run"])
    guard case .finished = try TrainingRun.resume(trainer(), in: run) else {
      Issue.record("the run did not finish")
      return
    }
  }

  /// The loss of the training samples beside that of the others: without augmentation, after the epoch, on the fixed part.
  @Test func theTrainingLossIsEvaluated() throws {
    let trainer = try lenetTrainer(shortSettings(epochs: 1))
    try trainer.train()
    let row = trainer.rows[0]
    let part = evaluate(trainer.model, on: digits.train.sample(digits.validation.count).batches(of: 500))
    #expect(row.train.loss == part.loss && row.train["accuracy"] == part.accuracy)
    #expect(row.train.loss < row.trainLoss)
  }

  @Test func withoutMetricsTheLossDecides() throws {
    struct Nothing: Metrics {
      var metrics: [Metric] { [] }
      var values: [Double] { [] }
      mutating func add(outputs: Tensor, labels: Tensor) {}
    }
    let trainer = try trainer(epochs: 6, metrics: Nothing())
    try trainer.train()
    let best = try #require(trainer.rows.min { $0.validation.loss < $1.validation.loss })
    #expect(trainer.state.kept?.epoch == best.epoch)
    #expect(trainer.evaluate(trainer.data.validation) == best.validation)
  }

  /// A batch is a function of (seed, epoch, index), whatever was made before it.
  @Test func tensorsAreShuffledByTheSeed() {
    let samples = samples(50, seed: 4)
    let epoch = Array(samples.batches(of: 16, shuffled: 1, epoch: 2))
    #expect(epoch.map(\.count) == [16, 16, 16, 2])
    let late = Array(samples.batches(of: 16, shuffled: 1, epoch: 2, from: 2))
    for (a, b) in pairs(Array(epoch[2...]), late) {
      expectSameBits(a.images, b.images)
      expectSameBits(a.labels, b.labels)
    }
    for batch in epoch { expectSameBits(batch.labels, batch.images * batch.images) }
    let all = epoch.flatMap { $0.images.array(of: Float.self) }
    #expect(
      all != samples.inputs.array(of: Float.self) && all.sorted() == samples.inputs.array(of: Float.self).sorted())
    #expect(samples.batches(of: 50)[0].images.array(of: Float.self) == samples.inputs.array(of: Float.self))
    #expect(samples.fingerprint != self.samples(50, seed: 5).fingerprint)
  }

  @Test func namesOfMetricsAreColumns() async {
    for (name, title) in [("mae", "mae"), ("mean_iou", "mean IoU"), ("top5_error", "top5 error")] {
      #expect(Metric(name, goal: .falling).title == title)
    }
    let spaced = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Metric("Mean IoU", goal: .rising)
    }
    #expect(errorText(spaced).contains("Metric \"Mean IoU\": expected lowercase words"))
    let digit = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Metric("top_5", goal: .rising)
    }
    #expect(errorText(digit).contains("Metric \"top_5\""))
    let unknown = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Scores(loss: 1, metrics: ["mae": 2])["iou"]
    }
    #expect(errorText(unknown).contains("there is no metric \"iou\"; measured were loss, mae"))
  }
}
