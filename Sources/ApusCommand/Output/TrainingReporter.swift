import Apus
import ArgumentParser

/// Shows a training run: a bar that is redrawn if standard output is a terminal, plain lines elsewhere, and a row per epoch.
final class TrainingReporter: TrainingObserver {
  private var barIsShown = false
  private var lastLine = ContinuousClock.now
  private var settings: TrainingSettings?
  private var highestLoss: (loss: Double, epoch: Int) = (-.infinity, 0)
  private var stepsPerEpoch = 0
  private var lastEpoch = 0
  private var table = EpochTable([.accuracy])
  private var metrics: [Metric] = [.accuracy]
  private var samples = "image"
  /// The subcommand that the run is one of.
  private let command: String

  /// The folder that goes on with the run, if not the run's own.
  private let resumed: String?

  init(_ command: String, resuming resumed: String? = nil) {
    self.command = command
    self.resumed = resumed
  }

  /// Also where nobody reads any more: training is then saved, as after Ctrl-C.
  var shouldStop: Bool { Interruption.signal != 0 || Terminal.readerHasLeft }

  func trainingBegins(_ record: RunRecord, plan: Plan) {
    settings = record.settings
    show(record)
    stepsPerEpoch = record.data.map { ($0.trainingSamples - 1) / record.settings.batchSize + 1 } ?? 0
    if let data = record.data {
      Terminal.printLine(
        "\(record.networkName): \(plan.parameters.grouped) parameters; \(data.name): \(data.trainingSamples.grouped) training, "
          + "\(data.validationSamples.grouped) validation, \(data.testSamples.grouped) test \(samples)s")
    }
    if let machine = record.machines.last {
      let from = machine.firstStep > 0 ? ", from step \(machine.firstStep.grouped)" : ""
      Terminal.printLine(
        "\(machine.threads) threads, \(machine.instructionSet) kernels, seed \(record.settings.seed)\(from)")
    }
    if let initial = record.initial {
      Terminal.printLine("initial values: \(initial.summary(classes: record.network?.classes ?? 0))")
      for note in initial.notes ?? [] { Terminal.printLine("  \(note)") }
    }
    if let map = record.imageMap { Terminal.printLine("images normalized by \(map.title)") }
    if let draw = record.bootstrap {
      Terminal.printLine("training images drawn with replacement, by seed \(draw.seed)")
    }
    if record.normalization != nil, let data = record.data {
      let values = zip(data.mean, data.deviation).map { "\($0) ± \($1)" }.joined(separator: ", ")
      Terminal.printLine("images normalized by \(values), not by their own mean and standard deviation")
    }
    if let frozen = record.frozen { Terminal.printLine("frozen: \(frozen.summary(of: plan.parameters))") }
    if !record.settings.isPlainCrossEntropy { Terminal.printLine("loss: \(record.settings.lossText)") }
    if let initializer = record.settings.initializer { Terminal.printLine("weights drawn by \(initializer)") }
    let groups = record.settings.groups.map { " \($0)" }.joined()
    Terminal.printLine("\(record.settings.optimizer), \(decay(record))" + (groups.isEmpty ? "" : "; groups:\(groups)"))
    Terminal.printLine(table.head)
  }

  /// How its numbers are shown.
  private func show(_ record: RunRecord) {
    metrics = record.metrics ?? [.accuracy]
    table = EpochTable(metrics)
    samples = record.scenes == nil ? "image" : "scene"
  }

  /// Said aloud, since other libraries have another default.
  private func decay(_ record: RunRecord) -> String {
    guard let decay = record.weightDecay, !decay.decayed.isEmpty else { return "no weight decay" }
    let on =
      "weight decay \(Float(record.settings.weightDecay)) on \(decay.decayed.count) of "
      + "\(decay.decayed.count + decay.spared.count) parameters"
    return decay.spared.isEmpty ? on : on + ", none on \(decay.spared.count) biases, scales and shifts (--decaying all)"
  }

  func trainingProgressed(_ progress: TrainingProgress) {
    let rate = Int(progress.imagesPerSecond).grouped
    let left = ProgressLine.duration(progress.secondsLeft)
    let loss = progress.loss.compact(decimals: 4, width: 8)
    if Terminal.isInteractive {
      let parts = ["loss \(loss)", "\(left) left", "\(rate) \(samples)s/s"]
      let line = ProgressLine.text(
        label: "epoch \(progress.epoch)/\(progress.epochs)", fraction: progress.fraction, parts, width: Terminal.width)
      Terminal.print("\r\u{1B}[2K" + line)
      barIsShown = true
    } else if ContinuousClock.now - lastLine > .seconds(10) {
      lastLine = .now
      Terminal.printLine(
        "epoch \(progress.epoch)/\(progress.epochs), step \(progress.step)/\(progress.stepsPerEpoch): "
          + "loss \(loss), \(rate) \(samples)s/s, \(left) left")
    }
  }

  func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool) {
    clearBar()
    lastLine = .now
    lastEpoch = row.epoch
    if !(row.trainLoss <= highestLoss.loss) { highestLoss = (row.trainLoss, row.epoch) }
    Terminal.printLine(table.row(row))
  }

  func warn(_ text: String) {
    clearBar()
    Terminal.printError("warning: \(text)")
  }

  /// Runs the command's training: a signal ends it after a step that is saved, and the exit code tells it.
  ///
  /// - Parameters:
  ///   - folder: of the run.
  ///   - isNew: whether the run begins, or is resumed.
  @discardableResult
  func watch(
    _ folder: String, isNew: Bool, _ train: (TrainingReporter) throws -> TrainingRun.Outcome
  ) throws -> TrainingRun.Outcome {
    Interruption.watch()
    Terminal.outliveReader()
    let outcome: TrainingRun.Outcome
    do {
      outcome = try train(self)
    } catch is InterruptedError {
      throw interruptedEarly(isNew ? nil : folder)
    }
    tell(outcome, folder)
    if case .interrupted = outcome, Interruption.signal != 0 { throw ExitCode(128 + Interruption.signal) }
    return outcome
  }

  /// The last lines of the command.
  private func tell(_ outcome: TrainingRun.Outcome, _ folder: String) {
    clearBar()
    switch outcome {
    case .finished(let result):
      Terminal.printLine(
        "\(Int(result.imagesPerSecond).grouped) \(samples)s/s in training; the model kept is that of epoch \(result.keptEpoch); "
          + "page: \(folder)/report.html")
      tell(result, folder)
    case .wasFinished(let result):
      tellComplete(folder)
      tell(result, folder)
    case .interrupted(let steps):
      let text =
        "interrupted after step \(steps.grouped) and saved; resume with: apus \(command) --resume \(resumed ?? folder)"
      // Of `| tee log` and Ctrl-C the reader is gone too; of `| head` nobody waits for the line.
      if !Terminal.readerHasLeft {
        Terminal.printLine(text)
      } else if !Interruption.isLostReader {
        Terminal.printError(text)
      }
    }
  }

  private func clearBar() {
    if barIsShown { Terminal.print("\r\u{1B}[2K") }
    barIsShown = false
  }

  /// A signal that came before the first step.
  ///
  /// - Parameter resumed: the folder of a run that was to be resumed; a new one was taken back.
  private func interruptedEarly(_ resumed: String?) -> ExitCode {
    clearBar()
    Terminal.printError(
      "interrupted before the first step; "
        + (resumed.map { "\($0) is as it was" } ?? "nothing was written"))
    return ExitCode(128 + Interruption.signal)
  }

  private func tellComplete(_ folder: String) {
    guard let record = try? RunRecord.read(RunFiles(folder).record) else { return }
    show(record)
    let epochs = record.settings.epochs.grouped
    var text = "\(folder): the run is complete (\(epochs) of \(epochs) epochs)"
    if record.scenes == nil {
      text +=
        "; to train on from its model: apus train \(record.networkName) --data \(record.dataSource) --init \(folder) "
        + "--epochs 10 --out NEW-FOLDER"
    }
    Terminal.printLine(text)
  }

  private func tell(_ result: RunRecord.Result, _ folder: String) {
    if let classes = result.classes { tell(classes, result.otherSize, folder) }
    if let reason = result.didNotLearn {
      Terminal.printLine("the run did not learn: \(reason); \(advice)")
    }
    let scores = metrics.map { "\($0.title) \($0.text(result.test[$0.name]))" }
    Terminal.printLine("test " + (scores.isEmpty ? "loss \(result.test.loss)" : scores.joined(separator: ", ")))
  }

  /// Of a network with scores for every pixel.
  private func tell(_ classes: [RunRecord.ClassResult], _ other: RunRecord.OtherSize?, _ folder: String) {
    func percent(_ part: Double?) -> String { part.map { $0.percent(decimals: 1) } ?? "" }
    let rows = classes.map { [$0.name, $0.pixels.grouped, percent($0.accuracy), percent($0.intersectionOverUnion)] }
    Terminal.printLine(Table.text([["class", "test pixels", "accuracy", "IoU"]] + rows, textColumns: 1))
    Terminal.printLine("pictures: \(folder)/scenes.png, \(folder)/other-size.png")
    if let other, let metric = metrics.first, let value = other.metrics[metric.name] {
      Terminal.printLine(
        "\(other.height)×\(other.width) pixels: \(metric.title) \(metric.text(value))")
    }
  }

  /// What to try where nothing was learned. A loss in two digits is beyond that of any guess among classes that there are.
  private var advice: String {
    guard let rate = settings?.learningRate, !(highestLoss.loss < 20), highestLoss.epoch > 0 else {
      // With few images an epoch is a step or two, and no rate makes up for that.
      let steps = stepsPerEpoch * lastEpoch
      return steps > 0 && steps < 100
        ? "it took only \(steps) step\(steps == 1 ? "" : "s"): try more --epochs or a smaller --batch-size"
        : "try another --learning-rate, and look at images and labels"
    }
    return "the loss rose to \(highestLoss.loss.compact(decimals: 1, width: 9)) in epoch \(highestLoss.epoch): try "
      + "--learning-rate \(Float(rate / 10))"
  }
}
