import Apus

/// Shows a training run: a bar that is redrawn where standard output is a terminal, plain lines elsewhere, and a row an epoch.
final class TrainingReporter: TrainingObserver {
  private var barIsShown = false
  private var lastLine = ContinuousClock.now
  private var epochs = 0

  /// Also where nobody reads any more: training is then saved, as after Ctrl-C.
  var shouldStop: Bool { Interruption.signal != 0 || Terminal.readerHasLeft }

  func trainingBegins(_ record: RunRecord, plan: Plan) {
    epochs = record.settings.epochs
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
      Terminal.printLine("images normalised by \(values), not by their own mean and deviation")
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
      let label = "epoch \(progress.epoch)/\(progress.epochs) "
      let numbers = " loss \(loss)  \(rate) images/s  \(left) left"
      let room = min(30, Terminal.width - label.count - numbers.count - 3)
      let bar = room >= 5 ? Table.bar(progress.fraction, width: room) : ""
      // A line that wraps could not be redrawn.
      Terminal.print("\r\u{1B}[2K" + (label + bar + numbers).prefix(max(Terminal.width - 1, 1)))
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
      Terminal.printLine("\(folder): the run is finished already, nothing is left to do")
      tell(result)
    case .interrupted(let steps):
      Terminal.printLine("interrupted after step \(steps.grouped) and saved; go on with: apus train --resume \(folder)")
    }
  }

  func clearBar() {
    if barIsShown { Terminal.print("\r\u{1B}[2K") }
    barIsShown = false
  }

  private func tell(_ result: RunRecord.Result) {
    if let reason = result.didNotLearn {
      Terminal.printLine("the run did not learn: \(reason); try another --learning-rate, and look at images and labels")
    }
    Terminal.printLine("test accuracy \((100 * result.testAccuracy).formatted(decimals: 1)) %")
  }

  private func duration(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    let minutes = seconds / 60
    return minutes < 60 ? "\(minutes) min \(seconds % 60) s" : "\(minutes / 60) h \(minutes % 60) min"
  }
}
