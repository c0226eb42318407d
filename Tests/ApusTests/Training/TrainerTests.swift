import Apus
import Foundation
import Testing

@Suite struct TrainerTests {
  @Test func learnsDigits() throws {
    let trainer = try lenetTrainer(shortSettings(epochs: 4))
    try trainer.train()
    #expect(trainer.rows.map(\.epoch) == [1, 2, 3, 4])
    #expect(trainer.rows.last!.trainLoss < 0.5 * trainer.rows.first!.trainLoss)
    let test = evaluate(trainer.model, on: digits.test.batches(of: 500))
    #expect(test.accuracy > 0.85)
    #expect(test.labels.count == digits.test.count)
  }

  @Test func givesTheSameBitsWithOneAndTwoThreads() throws {
    let before = Runtime.threadCount
    defer { Runtime.threadCount = before }
    let states = try [1, 2].map { threads in
      Runtime.threadCount = threads
      let trainer = try lenetTrainer(shortSettings())
      try trainer.train()
      return trainer.model.state()
    }
    expectSameState(states[0], states[1])
  }

  /// Before the first step, and by the name of the sample.
  @Test func aLabelWithoutAScoreIsAnError() throws {
    let error = try #require(throws: DataError.self) {
      _ = try Trainer(model: LeNet5(inputSize: 32, classes: 7), data: digits, settings: shortSettings())
    }
    let sample = try #require(digits.train.labels.firstIndex { $0 >= 7 })
    let label = digits.train.labels[sample]
    #expect(error.found == "label \(label) (\(label)) of sample \(digits.train.indices[sample])")
    #expect(error.expected == "0...6, as the model gives 7 scores: make it for 10 classes")
  }

  @Test func dependsOnTheSeed() throws {
    let models = try [UInt64(1), 2].map { seed in
      let trainer = try lenetTrainer(shortSettings(epochs: 1, seed: seed))
      try trainer.train()
      return trainer.model.state()[0].value.array(of: Float.self)
    }
    #expect(models[0] != models[1])
  }

  @Test func stopsBeforeTheUpdateWhereTheLossIsNotFinite() throws {
    let trainer = try lenetTrainer(shortSettings(learningRate: 1e6))
    let error = try #require(throws: DivergenceError.self) { try trainer.train() }
    #expect(error.epoch == 1 && error.step == trainer.state.totalSteps + 1)
    #expect(error.origin != nil && error.checkpointStep == nil)
    expectError("step \(error.step)", "epoch 1", "no checkpoint", "learning rate") { throw error }
  }

  @Test func namesTheParameterWhoseGradientIsNotFinite() throws {
    // √ has no slope at 0, while its value there is a number.
    struct Rooted: Layer {
      let linear = Linear(1024, 10)
      let offset = Parameter(.zeros([10]))
      func forward(_ x: consuming Tensor) -> Tensor {
        linear(x.reshaped([x.shape[0], 1024])) + offset.value.sqrt()
      }
    }
    let trainer = try Trainer(model: Rooted(), data: digits, settings: shortSettings())
    let error = try #require(throws: DivergenceError.self) { try trainer.train() }
    #expect(error.step == 1 && error.origin == "the gradient of offset")
    expectError("step 1", "a gradient is not finite", "in the gradient of offset") { throw error }
  }

  /// The loss and its gradients are finite, as the batch's own statistics are; the running variance would not be.
  @Test func stopsBeforeTheUpdateWhereARunningVarianceOverflows() throws {
    let model = Sequential {
      Flatten()
      Linear(1024, 4, initializer: .normal(deviation: 1e20))
      BatchNorm(4)
      Linear(4, 10)
    }
    let trainer = try Trainer(model: model, data: digits, settings: shortSettings())
    let before = model.state().map(\.value)
    let error = try #require(throws: DivergenceError.self) { try trainer.train() }
    #expect(error.step == 1 && error.what.contains("running variance") && error.origin?.contains("2") == true)
    for (now, then) in pairs(model.state(), before) { expectSameBits(now.value, then) }
  }

  @Test(arguments: ["constant", "step:1:0.5", "milestones:1:0.1", "exponential:0.5", "one-cycle:0.3", "plateau:0:0.5"])
  func schedulesGoThroughText(_ text: String) throws {
    let decay = try #require(LearningRateSchedule.Decay(text))
    #expect(decay.description == text)
    let schedule = LearningRateSchedule(decay: decay, warmup: 0.25)
    try TrainingSettings(epochs: 1, schedule: schedule).validate()
    let rates = (0..<40).map { schedule.schedule(steps: 40, stepsPerEpoch: 10).rate(at: $0, base: 2) }
    #expect(abs(rates[0] - 0.2) < 1e-12 && rates[9] == 2)
    switch text.prefix(4) {
    case "step", "expo": #expect(rates[19] == 2 && rates[20] == 1 && rates[30] == 0.5)
    case "mile": #expect(rates[19] == 2 && abs(rates[20] - 0.2) < 1e-12 && rates[39] == rates[20])
    case "one-": #expect(rates[10] < 0.1 && abs(rates[18] - 2) < 1e-12 && rates[39] < 1e-4)
    default: #expect(rates[39] == 2)
    }
    for wrong in ["step:0:x", "cosine:1", "plateau:1:2:3", "milestones", "", "constant:"] {
      #expect(LearningRateSchedule.Decay(wrong) == nil, "\(wrong)")
    }
  }

  @Test func savesNoParametersThatAreNotFinite() throws {
    let trainer = try lenetTrainer(shortSettings())
    let (path, parameter) = trainer.model.parameters[2]
    parameter.value = .full(parameter.shape, .infinity)
    expectError("parameter \(path)", "no checkpoint") { try trainer.checkParameters() }
  }

  @Test func tellsOfABatchNormOverOneValueBeforeTheFirstStep() throws {
    let model = Sequential {
      Flatten()
      Linear(1024, 4)
      BatchNorm(4)
      Linear(4, 10)
    }
    // 1293 samples in batches of 68 leave one.
    var settings = shortSettings()
    settings.batchSize = 68
    expectError("last batch of 1") { _ = try Trainer(model: model, data: digits, settings: settings) }
  }

  @Test func refusesSettingsOutOfRange() {
    var settings = shortSettings()
    settings.epochs = 0
    expectError("epochs is 0") { try settings.validate() }
    settings = shortSettings(learningRate: -1)
    expectError("learning rate is -1") { try settings.validate() }
    settings = shortSettings()
    settings.momentum = 1
    expectError("momentum is 1") { try settings.validate() }
    expectError("no optimizer \"adamm\"", "adam") { try TrainingSettings(epochs: 1, optimizer: "adamm").validate() }
    expectError("momentum is 0.5", "adagrad has none") {
      try TrainingSettings(epochs: 1, optimizer: "adagrad", momentum: 0.5).validate()
    }
    settings = shortSettings()
    settings.schedule.decay = .step(every: 0, factor: 0.1)
    expectError("step is 0") { try settings.validate() }
    settings.schedule.decay = .plateau(patience: 1, factor: 1.5)
    expectError("factor is 1.5") { try settings.validate() }
  }

  @Test func schedulesWarmUpAndCosine() {
    let schedule = LearningRateSchedule(decay: .cosine, warmup: 0.1).schedule(steps: 100, stepsPerEpoch: 10)
    let rates = (0..<100).map { schedule.rate(at: $0, base: 2) }
    #expect(abs(rates[0] - 0.2) < 1e-12 && abs(rates[9] - 2) < 1e-12)
    #expect(rates[10] == 2)
    #expect(abs(rates[55] - 1) < 1e-12)
    #expect(zip(rates[10...], rates[11...]).allSatisfy { $0 > $1 })
    #expect(rates[99] > 0 && rates[99] < 0.001)
    #expect(LearningRateSchedule.constant.schedule(steps: 10, stepsPerEpoch: 5).rate(at: 7, base: 3) == 3)
  }

  /// Steps so small that the loss stands still: each epoch after the first multiplies the rate by the factor.
  @Test func aPlateauLowersTheLearningRate() throws {
    var settings = shortSettings(epochs: 3, learningRate: 1e-12)
    settings.schedule.decay = .plateau(patience: 0, factor: 0.5)
    let trainer = try lenetTrainer(settings)
    try trainer.train()
    #expect(trainer.learningRate(at: trainer.state.totalSteps) == 0.25e-12)
  }

  @Test func keepsTheLatestOfEpochsThatValidationCannotTellApart() {
    func kept(_ accuracies: [Double], count: Int, keeping: KeptEpoch = .best) -> Int? {
      var state = TrainingState()
      for (index, accuracy) in accuracies.enumerated() {
        _ = state.endEpoch(
          EpochMetrics(
            epoch: index + 1, learningRate: 1, trainLoss: 1, train: Scores(loss: 1, metrics: ["accuracy": 1]),
            validation: Scores(loss: 1, metrics: ["accuracy": accuracy]), seconds: 1),
          metrics: ClassificationMetrics(), samples: count, keeping: keeping)
      }
      return state.kept?.epoch
    }
    // Around 100 % of 144 images the standard error of a difference is about one image and a half.
    #expect(kept([0.9, 1, 143.0 / 144, 142.0 / 144], count: 144) == 3)
    #expect(kept([0.9, 0.99, 0.98, 0.97], count: 5000) == 2)
    #expect(kept([0.9, 0.99, 0.989, 0.97], count: 5000) == 3)
    #expect(kept([0.9, 0.99, 0.99], count: 5000) == 3)
    #expect(kept([.nan, .nan], count: 5000) == 1)
    #expect(kept([0.9, 0.99, 0.98, 0.5], count: 5000, keeping: .last) == 4)
  }

  /// Of an error the smallest, and what is not worse than it: without a tolerance equal ones alone.
  @Test func keepsTheSmallestOfErrors() {
    func kept(_ errors: [Double]) -> Int? {
      var state = TrainingState()
      for (index, error) in errors.enumerated() {
        let scores = Scores(loss: 1, metrics: ["mae": error])
        _ = state.endEpoch(
          EpochMetrics(
            epoch: index + 1, learningRate: 1, trainLoss: 1, train: scores, validation: scores, seconds: 1),
          metrics: MeanMetric("mae", goal: .falling) { l1Loss($0, $1) }, samples: 100, keeping: .best)
      }
      return state.kept?.epoch
    }
    #expect(kept([0.5, 0.2, 0.3]) == 2)
    #expect(kept([0.2, 0.5, 0.2]) == 3)
    #expect(kept([0.2, .nan, 0.3]) == 1)
  }

  @Test func weightsMetricsBySamples() {
    // Two batches of 3 and 1 samples: means of the batches would weigh the last sample threefold.
    struct Identity: Layer {
      func forward(_ x: consuming Tensor) -> Tensor { x }
    }
    let logits: [[Float]] = [[2, 0], [2, 0], [2, 0], [0, 2]]
    let labels: [Int32] = [0, 0, 0, 0]
    let batches = [0..<3, 3..<4].map { range in
      Batch(
        images: Tensor(logits[range].flatMap { $0 }, shape: [range.count, 2]),
        labels: Tensor(Array(labels[range]), shape: [range.count]))
    }
    let evaluation = evaluate(Identity(), on: batches)
    let right = Double(log1p(exp(-2.0)))
    #expect(abs(evaluation.loss - (3 * right + (2 + right)) / 4) < 1e-6)
    #expect(evaluation.accuracy == 0.75)
    #expect(evaluation.confusion(classes: 2) == [[3, 1], [0, 0]])
    #expect(evaluation.mistakes == [3])
    // The surest first, equal ones in their order.
    var others = evaluation
    others.predictions = [1, 1, 0, 1]
    others.probabilities = [0.6, 0.9, 0.99, 0.6]
    #expect(others.mistakes == [1, 0, 3])
  }
}
