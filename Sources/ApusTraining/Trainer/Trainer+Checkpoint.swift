import ApusCore
import ApusData
import ApusLayers
import ApusSupport

extension Trainer {
  /// Everything that a trainer with the same model, data and settings continues from.
  package func checkpoint() -> Checkpoint {
    Checkpoint(settings: settings, state: state, model: model.state(), optimizer: optimizer.state(), kept: kept)
  }

  /// Goes back to where a checkpoint was written. `source` is the file's name for errors; on an error nothing is changed.
  package func restore(_ checkpoint: Checkpoint, from source: String) throws {
    let state = checkpoint.state
    if checkpoint.settings != settings {
      throw FileError(source, part: "settings", found: "those of another run", expected: "those of run.json")
    }
    let names = Set(metrics.metrics.map(\.name))
    if let row = state.rows.first(where: { Set($0.validation.metrics.keys) != names }) {
      throw FileError(
        source, part: "metrics", found: row.validation.metrics.keys.sorted().joined(separator: ", "),
        expected: "those of the trainer: \(metrics.metrics.map(\.name).joined(separator: ", "))")
    }
    let isInside =
      state.epoch >= 1 && state.epoch <= settings.epochs + 1 && state.step >= 0 && state.step <= stepsPerEpoch
    if !isInside || state.totalSteps != (state.epoch - 1) * stepsPerEpoch + state.step
      || state.rows.count != state.epoch - 1 || (state.kept == nil) != state.rows.isEmpty
    {
      throw FileError(
        source, part: "position",
        found: "epoch \(state.epoch), step \(state.step) of \(state.totalSteps), \(state.rows.count) rows",
        expected: "a place in \(settings.epochs) epochs of \(stepsPerEpoch) steps")
    }
    let current = model.state()
    do {
      // Only to see that it fits.
      if state.kept != nil { try model.load(checkpoint.kept.byName, from: source) }
      try model.load(checkpoint.model.byName, from: source)
      try loadOptimizer(checkpoint.optimizer.byName, from: source)
    } catch {
      try model.load(current.byName, from: source)
      throw error
    }
    self.state = state
    kept = checkpoint.kept
    checkpointStep = state.totalSteps
  }

  /// Puts the parameters and buffers of the epoch that is kept into the model.
  func loadKept() throws { try model.load(kept.byName, from: "the epoch that is kept") }

  // MARK: Values that are no numbers

  /// A checkpoint must be one that training can go on from.
  package func checkParameters() throws {
    for (path, parameter) in model.parameters where !parameter.value.isFinite {
      throw DivergenceError(
        step: state.totalSteps, epoch: state.epoch, what: "its update gave values that are not finite",
        origin: "parameter \(path)", learningRate: settings.learningRate, checkpointStep: checkpointStep)
    }
  }

  /// Looks for where it began, by running the same batch again with the same key and parameters.
  func divergence(_ loss: Double, _ batch: Batch, _ key: RandomKey) -> DivergenceError {
    let origin = diagnoseNonFinite(of: model, key: key) {
      batchLoss(batch)
    }
    return DivergenceError(
      step: state.totalSteps + 1, epoch: state.epoch, what: "the loss is \(loss.isNaN ? "nan" : "\(loss)")",
      origin: origin,
      learningRate: settings.learningRate, checkpointStep: checkpointStep)
  }

  func divergence(_ what: String, origin: String?) -> DivergenceError {
    DivergenceError(
      step: state.totalSteps + 1, epoch: state.epoch, what: what, origin: origin, learningRate: settings.learningRate,
      checkpointStep: checkpointStep)
  }

  func divergence(_ error: NonFiniteGradientError) -> DivergenceError {
    DivergenceError(
      step: state.totalSteps + 1, epoch: state.epoch, what: "a gradient is not finite",
      origin: error.path.map { "the gradient of \($0)" },
      learningRate: settings.learningRate, checkpointStep: checkpointStep)
  }

  // MARK: Between the steps

  /// Loss and metrics on some samples, in inference mode and with the precision of training.
  public func evaluate(_ samples: some SampleSource) -> Scores { evaluation(of: samples).scores }

  package func evaluation(of samples: any SampleSource) -> Evaluation<any Metrics> {
    withPrecision(settings.precision) {
      measure(model, on: samples.batches(of: data.evaluationBatchSize), loss: loss, metrics: metrics)
    }
  }

  func evaluateEpoch(_ clock: StepClock) throws -> EpochMetrics {
    let train = evaluation(of: trainingSample).scores
    let validation = evaluation(of: data.validation).scores
    if !validation.loss.isFinite {
      throw DivergenceError(
        step: state.totalSteps, epoch: state.epoch, what: "the validation loss is not finite", origin: nil,
        learningRate: settings.learningRate, checkpointStep: checkpointStep)
    }
    return EpochMetrics(
      epoch: state.epoch, learningRate: learningRate(at: state.totalSteps - 1),
      trainLoss: state.lossSum / Double(state.samples), train: train, validation: validation,
      seconds: clock.epochSeconds)
  }

  func progress(_ clock: StepClock) -> TrainingProgress {
    let rate = clock.imagesPerSecond(state)
    let imagesLeft = settings.epochs * data.train.count - state.trainedImages
    return TrainingProgress(
      epoch: state.epoch, epochs: settings.epochs, step: state.step, stepsPerEpoch: stepsPerEpoch,
      loss: state.lossSum / Double(state.samples), imagesPerSecond: rate,
      secondsLeft: rate > 0 ? Double(imagesLeft) / rate : 0)
  }
}
