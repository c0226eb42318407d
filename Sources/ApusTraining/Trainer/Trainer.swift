import ApusCore
import ApusData
import ApusLayers

/// The training engine, of any network, data, loss and metrics: epochs of steps of an optimizer, an evaluation after each, a checkpoint
/// at any step.
///
/// Synchronous, on the thread that calls `train`. Everything it computes is a function of model, data and settings: batch k of epoch e
/// depends on (seed, e, k), random masks on (seed, step), sums are taken in a fixed order. A trainer restored from a checkpoint goes on
/// as the one that wrote it would have.
///
/// ```swift
/// let trainer = try Trainer(model: LeNet5(inputSize: 32), data: Digits.load(), settings: TrainingSettings(epochs: 30))
/// try trainer.train()
/// print(evaluate(trainer.model, on: trainer.data.test.batches(of: 500)).accuracy)
/// ```
/// Of a task of one's own, loss and metrics are said:
///
/// ```swift
/// let trainer = try Trainer(
///   model: Net(), data: TrainingData(train: curve, validation: others, test: rest), loss: .meanSquaredError,
///   metrics: MeanMetric("mae", goal: .falling) { l1Loss($0, $1) }, settings: TrainingSettings(epochs: 30))
/// ```
public final class Trainer {
  /// The network that is trained. Once `train` has finished it has the values of the epoch that is kept.
  public let model: any Layer
  /// As they were given, and checked, with the name of the loss.
  package let settings: TrainingSettings
  /// What it is trained on and measured with.
  public let data: TrainingData
  /// What is minimized.
  package let loss: Loss
  /// What is measured beside the loss, with nothing counted.
  package let metrics: any Metrics
  /// What the scores of training samples are measured on: as many as there are validation samples, always the same.
  let trainingSample: any SampleSource
  package private(set) var optimizer: any Optimizer
  private let schedule: Schedule
  package var state = TrainingState()
  /// Parameters and buffers of the epoch that is kept so far.
  var kept: [(name: String, value: Tensor)] = []
  /// Steps between observations of the model; `nil` for none.
  var observeEvery: Int?
  /// What was observed so far.
  package var observations = ObservationLog()
  /// Steps done when the last checkpoint was written.
  var checkpointStep: Int?
  /// What the model does to a training batch.
  public let plan: Plan

  /// Whether all epochs were trained, or the observer asked to stop before.
  public enum Ending: Sendable { case finished, interrupted }

  /// Freezes what the settings say, and plans the model for the batch size, so that a shape error is thrown here and not in the middle of
  /// a step.
  ///
  /// - Parameters:
  ///   - loss: takes the place of the settings' loss.
  ///   - metrics: what is measured beside the loss, with nothing counted yet.
  ///   - settings: those of augmentation change nothing here: a source augments its samples itself.
  /// - Throws: `SettingsError`, `DataError` if a part of the data is empty or has samples of another shape, `PlanError` if the model does
  ///   not take them.
  public convenience init(
    model: any Layer, data: TrainingData, loss: Loss, metrics: any Metrics, settings: TrainingSettings
  ) throws {
    var settings = settings
    (settings.loss, settings.classWeights, settings.labelSmoothing) = (loss.name, .equal, 0)
    try self.init(model, data, loss, metrics, settings)
  }

  /// - Parameter settings: say what loss it is.
  init(
    _ model: any Layer, _ data: TrainingData, _ loss: Loss, _ metrics: any Metrics, _ settings: TrainingSettings
  ) throws {
    try settings.validate()
    try settings.freeze(model)
    try data.check()
    self.model = model
    self.data = data
    self.settings = settings
    self.loss = loss
    self.metrics = metrics
    trainingSample = data.train.sample(data.validation.count)
    let count = data.train.count
    plan = try model.plan(
      input: Shape([min(settings.batchSize, count)] + data.train.sampleShape), phase: .training, samples: count)
    optimizer = try OptimizerCatalogue.entry(settings.optimizer).make(model.parameters, settings)
    let stepsPerEpoch = Trainer.steps(of: count, by: settings.batchSize)
    schedule = settings.schedule.schedule(steps: settings.epochs * stepsPerEpoch, stepsPerEpoch: stepsPerEpoch)
    state.plateau = settings.schedule.plateau
  }

  /// Batches per epoch, the shorter last one included.
  package var stepsPerEpoch: Int { Trainer.steps(of: data.train.count, by: settings.batchSize) }

  private static func steps(of samples: Int, by batchSize: Int) -> Int { (samples + batchSize - 1) / batchSize }

  /// Learning rate of a step, counted from 0 over the whole run.
  package func learningRate(at step: Int) -> Double {
    schedule.rate(at: step, base: settings.learningRate) * (state.plateau?.factor ?? 1)
  }

  // MARK: Running

  /// Trains to the end of the last epoch, or until the observer asks to stop; then puts the values of the epoch that is kept into the model.
  @discardableResult
  public func train(observer: some TrainingObserver = SilentObserver()) throws -> Ending {
    let ending = try run(observer: observer) { _ in }
    if ending == .finished { try loadKept() }
    return ending
  }

  /// Paths of the parameters that are to be trained and that no step so far reached; see `Optimizer.unreachedParameters`.
  public var unreachedParameters: [String] { optimizer.unreachedParameters }

  /// Says once which parameters the first epoch never reached.
  private func warnOfUnreached(_ observer: some TrainingObserver) {
    let unreached = unreachedParameters
    if unreached.isEmpty || state.rows.count != 1 { return }
    observer.warn(
      """
      no step of the first epoch reached \(unreached.count == 1 ? "the parameter" : "\(unreached.count) parameters:") \
      \(GradientReach.some(unreached)): the loss does not depend on \(unreached.count == 1 ? "it" : "them")
      """)
  }

  /// What the finished epochs showed.
  public var rows: [EpochMetrics] { state.rows }

  /// Trains to the end of the last epoch, or until the observer asks to stop.
  ///
  /// - Parameters:
  ///   - checkpointEvery: steps between checkpoints; one is also written at each epoch's end and when the run is stopped.
  ///   - save: writes a checkpoint.
  package func run(
    observer: some TrainingObserver, checkpointEvery: Int? = nil, save: (Trainer) throws -> Void
  ) throws -> Ending {
    var clock = StepClock(state)
    func saveCheckpoint() throws {
      try checkParameters()
      try save(self)
      checkpointStep = state.totalSteps
    }
    while state.epoch <= settings.epochs {
      clock.startEpoch(state)
      let batches = data.train.batches(
        of: settings.batchSize, shuffled: settings.seed, epoch: state.epoch, from: state.step)
      for batch in batches {
        try step(batch)
        if clock.isDue() { observer.trainingProgressed(progress(clock)) }
        let stops = observer.shouldStop
        let isEpochEnd = state.step == stepsPerEpoch
        guard stops || (!isEpochEnd && checkpointEvery.map { state.totalSteps % $0 == 0 } ?? false) else { continue }
        clock.pause(&state)
        try saveCheckpoint()
        if stops { return .interrupted }
        clock.resume()
      }
      clock.pause(&state)
      let row = try evaluateEpoch(clock)
      let isKept = state.endEpoch(row, metrics: metrics, samples: data.validation.count, keeping: settings.keeping)
      state.plateau?.observe(row.validation.loss)
      if isKept { kept = model.state() }
      warnOfUnreached(observer)
      try saveCheckpoint()
      observer.epochEnded(row, of: settings.epochs, isKept: isKept)
    }
    return .finished
  }

  package func step(_ batch: Batch) throws {
    let key = RandomKey(seed: settings.seed, step: UInt64(state.totalSteps))
    var value = 0.0
    let isObserved = observeEvery.map { state.totalSteps % $0 == 0 } ?? false
    let watch = isObserved ? try Observation(of: model) : nil
    optimizer.learningRate = learningRate(at: state.totalSteps)
    do {
      try optimizer.step { pass in
        var (result, overflow) = StateOverflow.watched {
          withPrecision(settings.precision) {
            // Of several passes the first is the step's own.
            if let watch, pass.updatesState { return watch { gradients(batch, key, pass) } }
            return gradients(batch, key, pass)
          }
        }
        if pass.updatesState {
          value = result.value.item()
          if !value.isFinite { throw divergence(value, batch, key) }
          if let overflow { throw divergence(overflow.what, origin: overflow.path) }
        }
        if pass.isApplied {
          try clip(&result.gradients)
        } else {
          try result.gradients.checkFinite()
        }
        return result.gradients
      }
    } catch let error as NonFiniteGradientError {
      throw divergence(error)
    }
    if let watch { observations.add(watch.values, step: state.totalSteps) }
    state.lossSum += value * Double(batch.count)
    state.samples += batch.count
    state.trainedImages += batch.count
    state.step += 1
    state.totalSteps += 1
  }

  private func gradients(_ batch: Batch, _ key: RandomKey, _ pass: GradientPass) -> (
    value: Tensor, gradients: Gradients
  ) {
    valueWithGradients(of: model, key: key, updatesState: pass.updatesState) { batchLoss(batch) }
  }

  /// What a batch is trained by.
  func batchLoss(_ batch: Batch) -> Tensor {
    trainingLoss(of: model, images: batch.images, labels: batch.labels) { loss($0, $1) }
  }

  private func clip(_ gradients: inout Gradients) throws {
    var clipper = GradientClipper(settings.clipping, norms: state.gradientNorms ?? [])
    try clipper.clip(&gradients)
    if !clipper.norms.isEmpty { state.gradientNorms = clipper.norms }
  }

  /// Puts in what a checkpoint's optimizer remembered.
  func loadOptimizer(_ state: [String: Tensor], from source: String) throws { try optimizer.load(state, from: source) }
}
