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

  /// Also where nobody reads any more: training is then saved, as after Ctrl-C.
  var shouldStop: Bool { Interruption.signal != 0 || Terminal.readerHasLeft }

  func trainingBegins(_ record: RunRecord, plan: Plan) {
    settings = record.settings
    stepsPerEpoch = record.data.map { ($0.trainingSamples - 1) / record.settings.batchSize + 1 } ?? 0
    if let data = record.data {
      Terminal.printLine(
        "\(record.networkName): \(plan.parameters.grouped) parameters; \(data.name): \(data.trainingSamples.grouped) training, "
          + "\(data.validationSamples.grouped) validation, \(data.testSamples.grouped) test images")
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
    if record.normalization != nil, let data = record.data {
      let values = zip(data.mean, data.deviation).map { "\($0) ± \($1)" }.joined(separator: ", ")
      Terminal.printLine("images normalized by \(values), not by their own mean and standard deviation")
    }
    if let frozen = record.frozen { Terminal.printLine("frozen: \(frozen.summary(of: plan.parameters))") }
    let groups = record.settings.groups.map { " \($0)" }.joined()
    Terminal.printLine("\(record.settings.optimizer), \(decay(record))" + (groups.isEmpty ? "" : "; groups:\(groups)"))
    Terminal.printLine(Table.head)
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
    let left = duration(progress.secondsLeft)
    let loss = progress.loss.compact(decimals: 4, width: 8)
    if Terminal.isInteractive {
      let parts = ["loss \(loss)", "\(left) left", "\(rate) images/s"]
      let line = ProgressLine.text(
        label: "epoch \(progress.epoch)/\(progress.epochs)", fraction: progress.fraction, parts, width: Terminal.width)
      Terminal.print("\r\u{1B}[2K" + line)
      barIsShown = true
    } else if ContinuousClock.now - lastLine > .seconds(10) {
      lastLine = .now
      Terminal.printLine(
        "epoch \(progress.epoch)/\(progress.epochs), step \(progress.step)/\(progress.stepsPerEpoch): "
          + "loss \(loss), \(rate) images/s, \(left) left")
    }
  }

  func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool) {
    clearBar()
    lastLine = .now
    lastEpoch = row.epoch
    if !(row.trainLoss <= highestLoss.loss) { highestLoss = (row.trainLoss, row.epoch) }
    Terminal.printLine(Table.row(row))
  }

  func warn(_ text: String) {
    clearBar()
    Terminal.printError("warning: \(text)")
  }

  /// The last lines of the command.
  func tell(_ outcome: TrainingRun.Outcome, _ folder: String) {
    clearBar()
    switch outcome {
    case .finished(let result):
      Terminal.printLine(
        "\(Int(result.imagesPerSecond).grouped) images/s in training; the model kept is that of epoch \(result.keptEpoch); "
          + "page: \(folder)/report.html")
      tell(result)
    case .wasFinished(let result):
      tellComplete(folder)
      tell(result)
    case .interrupted(let steps):
      let text = "interrupted after step \(steps.grouped) and saved; resume with: apus train --resume \(folder)"
      // Of `| tee log` and Ctrl-C the reader is gone too; of `| head` nobody waits for the line.
      if !Terminal.readerHasLeft {
        Terminal.printLine(text)
      } else if !Interruption.isLostReader {
        Terminal.printError(text)
      }
    }
  }

  func clearBar() {
    if barIsShown { Terminal.print("\r\u{1B}[2K") }
    barIsShown = false
  }

  /// A signal that came before the first step.
  ///
  /// - Parameter resumed: the folder of a run that was to be resumed; a new one was taken back.
  func interruptedEarly(_ resumed: String?) -> ExitCode {
    clearBar()
    Terminal.printError(
      "interrupted before the first step; "
        + (resumed.map { "\($0) is as it was" } ?? "nothing was written"))
    return ExitCode(128 + Interruption.signal)
  }

  private func tellComplete(_ folder: String) {
    guard let record = try? RunRecord.read(RunFiles(folder).record) else { return }
    let epochs = record.settings.epochs.grouped
    Terminal.printLine(
      "\(folder): the run is complete (\(epochs) of \(epochs) epochs); to train on from its model: apus train "
        + "\(record.networkName) --data \(record.dataSource) --init \(folder) --epochs 10 --out NEW-FOLDER")
  }

  private func tell(_ result: RunRecord.Result) {
    if let reason = result.didNotLearn {
      Terminal.printLine("the run did not learn: \(reason); \(advice)")
    }
    Terminal.printLine("test accuracy \(result.testAccuracy.percent(decimals: 1))")
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

  private func duration(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    let minutes = seconds / 60
    return minutes < 60 ? "\(minutes) min \(seconds % 60) s" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
