import Apus
import Foundation
import Testing

@Suite struct CheckpointTests {
  /// First step of the run, middle, last step of an epoch, first of the next, last of all.
  @Test(arguments: [1, 10, 20, 21, 22, 35, 41])
  func continuesBitForBit(after steps: Int) throws {
    let whole = try lenetTrainer(shortSettings())
    try whole.train()

    let folder = try TemporaryFolder()
    let file = folder.path + "/last.safetensors"
    let first = try lenetTrainer(shortSettings())
    let ending = try first.run(observer: StopAfter(steps: steps)) { try $0.checkpoint().write(to: file) }
    #expect(ending == .interrupted && first.state.totalSteps == steps)

    let second = try lenetTrainer(shortSettings())
    try second.restore(Checkpoint.read(file), from: file)
    #expect(second.state == first.state)
    try second.train()
    #expect(timeless(second.rows) == timeless(whole.rows))
    expectSameState(second.model.state(), whole.model.state())
    expectSameState(second.checkpoint().optimizer, whole.checkpoint().optimizer)
  }

  /// Every optimizer's state is in the checkpoint, and what schedule and clipping remember.
  @Test(arguments: OptimizerCatalogue.names)
  func continuesBitForBitWithEachOptimizer(_ name: String) throws {
    func trainer() throws -> Trainer {
      let settings = TrainingSettings(
        epochs: 2, schedule: LearningRateSchedule(decay: .plateau(patience: 0, factor: 0.5), warmup: 0.1),
        optimizer: name, weightDecay: 1e-3, clipping: .medianMultiple(1.1))
      let model = Random.withSeed(1) {
        Sequential {
          MaxPool2D(4)
          Conv2D(1, 4, kernel: 3)
          BatchNorm(4)
          Flatten()
          Dropout(dropProbability: 0.1)
          Linear(144, 10)
        }
      }
      return try Trainer(model: model, data: digits, settings: settings)
    }
    let whole = try trainer()
    try whole.train()
    let folder = try TemporaryFolder()
    let file = folder.path + "/last.safetensors"
    for steps in [13, 21, 30] {
      let first = try trainer()
      let ending = try first.run(observer: StopAfter(steps: steps)) { try $0.checkpoint().write(to: file) }
      #expect(ending == .interrupted)
      let second = try trainer()
      try second.restore(Checkpoint.read(file), from: file)
      try second.train()
      #expect(timeless(second.rows) == timeless(whole.rows))
      #expect(second.state.gradientNorms == whole.state.gradientNorms && second.state.gradientNorms != nil)
      #expect(second.state.plateau == whole.state.plateau && second.state.plateau?.best != nil)
      expectSameState(second.model.state(), whole.model.state())
      expectSameState(second.checkpoint().optimizer, whole.checkpoint().optimizer)
    }
  }

  /// A run of before there were optimizers to choose from: SGD, and weight decay on everything.
  @Test func oldSettingsMeanWhatTheyMeant() throws {
    let json = """
      {"epochs": 3, "batchSize": 64, "learningRate": 0.02, "schedule": {"decay": "cosine", "warmup": 0.05}, \
      "momentum": 0.9, "weightDecay": 0.0005, "shift": 2, "seed": 1, "precision": "standard"}
      """
    let settings = try JSONDecoder().decode(TrainingSettings.self, from: Data(json.utf8))
    #expect(settings == TrainingSettings(epochs: 3, decaying: .all))
    #expect(try JSONDecoder().decode(TrainingSettings.self, from: JSONEncoder().encode(settings)) == settings)
  }

  /// A row of before there were other metrics than the accuracy.
  @Test func oldRowsAreRead() throws {
    let json = """
      {"epoch": 2, "learningRate": 0.01, "trainLoss": 0.5, "trainAccuracy": 0.75, "validationLoss": 0.25, \
      "validationAccuracy": 0.875, "seconds": 3}
      """
    let row = try JSONDecoder().decode(EpochMetrics.self, from: Data(json.utf8))
    #expect(row.train["accuracy"] == 0.75 && row.train.loss.isNaN)
    #expect(row.validation == Scores(loss: 0.25, metrics: ["accuracy": 0.875]) && row.trainLoss == 0.5)
    #expect(row.epoch == 2 && row.learningRate == 0.01 && row.seconds == 3)
  }

  @Test func isTheSameBytesForTheSameState() throws {
    let folder = try TemporaryFolder()
    let trainer = try lenetTrainer(shortSettings(epochs: 1))
    try trainer.train()
    for name in ["a", "b"] { try trainer.checkpoint().write(to: folder.path + "/" + name) }
    #expect(try bytes(of: folder.path + "/a") == bytes(of: folder.path + "/b"))
  }

  @Test func keepsEveryBitOfSums() throws {
    let folder = try TemporaryFolder()
    var checkpoint = try lenetTrainer(shortSettings()).checkpoint()
    let bits = Random.bits(seed: 3, stream: 1, count: 2000).map { UInt64($0) }
    for (high, low) in zip(bits, bits.dropFirst()) {
      let value = Double(bitPattern: high << 32 | low)
      guard value.isFinite else { continue }
      checkpoint.state.rows.append(
        EpochMetrics(
          epoch: 1, learningRate: value, trainLoss: -value,
          train: Scores(loss: value.nextUp.nextUp, metrics: ["accuracy": value]),
          validation: Scores(loss: value.nextUp, metrics: ["accuracy": 0]), seconds: value.nextDown))
    }
    checkpoint.state.lossSum = 0.1 + 0.2
    try checkpoint.write(to: folder.path + "/file")
    #expect(try Checkpoint.read(folder.path + "/file").state == checkpoint.state)
  }

  @Test func refusesDamageAndChangesNothing() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/last.safetensors"
    let trainer = try lenetTrainer(shortSettings(epochs: 1))
    try trainer.train()
    let good = trainer.checkpoint()
    try good.write(to: file)

    let truncated = try folder.file("cut.safetensors", Array(bytes(of: file).dropLast(1000)))
    expectError("cut.safetensors") { _ = try Checkpoint.read(truncated) }
    try Safetensors.write(good.model, to: folder.path + "/plain")
    expectError("plain", "apus.training") { _ = try Checkpoint.read(folder.path + "/plain") }
    try Safetensors.write([], metadata: ["apus.training": "{\"format\":1}"], to: folder.path + "/empty")
    expectError("empty", "settings") { _ = try Checkpoint.read(folder.path + "/empty") }

    func expectRefused(_ words: String, _ change: (inout Checkpoint) -> Void) throws {
      var wrong = good
      change(&wrong)
      let fresh = try lenetTrainer(shortSettings(epochs: 1))
      let before = fresh.checkpoint()
      expectError("file", words) { try fresh.restore(wrong, from: "file") }
      expectSameState(fresh.model.state(), before.model)
      #expect(fresh.state == before.state)
    }
    try expectRefused("settings") { $0.settings.epochs = 7 }
    try expectRefused("settings") { $0.settings.loss = "hinge" }
    try expectRefused("metrics") { $0.state.rows[0].validation.metrics = ["mean_iou": 1] }
    try expectRefused("position") { $0.state.step = 5 }
    try expectRefused("position") { $0.state.epoch = 9 }
    try expectRefused("features.0.weight") { $0.model.removeAll { $0.name == "features.0.weight" } }
    try expectRefused("features.0.bias") { $0.kept.removeAll { $0.name == "features.0.bias" } }
    try expectRefused("classifier.5.bias") { checkpoint in
      let index = checkpoint.model.firstIndex { $0.name == "classifier.5.bias" }!
      checkpoint.model[index].value = .zeros([11])
    }
    try expectRefused("velocity.classifier.5.bias") { checkpoint in
      let index = checkpoint.optimizer.firstIndex { $0.name == "velocity.classifier.5.bias" }!
      checkpoint.optimizer[index].value = .zeros([11])
    }
  }
}
