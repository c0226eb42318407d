import ApusCore
import ApusFigures
import ApusInterchange
import ApusSupport

/// A run of any task in its folder: the trainer's checkpoints, what is derived from them, the record and the page.
struct RunLoop {
  let trainer: Trainer
  let task: any RunTask
  let folder: RunFolder
  let pictures: PictureFormat
  private(set) var record: RunRecord

  init(
    _ trainer: Trainer, _ task: any RunTask, _ record: RunRecord, pictures: PictureFormat, in folder: RunFolder
  ) {
    self.trainer = trainer
    self.task = task
    self.folder = folder
    self.pictures = pictures
    self.record = record
    self.record.metrics = trainer.metrics.metrics
    trainer.observeEvery = record.observeEvery
    // A loss that a program gave is known by now.
    self.record.settings = trainer.settings
    let frozen = trainer.model.frozenParts
    self.record.frozen = frozen.parameters.isEmpty ? nil : frozen
    self.record.weightDecay = RunRecord.WeightDecay(trainer.optimizer.parameterSettings, of: trainer.model.parameters)
    self.record.implementations = Dictionary(
      trainer.plan.rows.filter { !$0.choices.isEmpty }.map { ($0.path, RunLoop.names($0.choices)) }
    ) { first, _ in first }
  }

  private static func names(_ choices: [KernelChoice]) -> String {
    let names = choices.map(\.chosen.implementation)
    return Set(names).count == 1 ? names[0] : names.joined(separator: ", ")
  }

  /// Steps between checkpoints or observations that a program gives.
  static func checkSteps(_ record: RunRecord) throws(SettingsError) {
    for (name, steps) in [("checkpoints", record.checkpointEvery), ("observations", record.observeEvery)] {
      guard let steps, steps < 1 else { continue }
      throw SettingsError(description: "the steps between \(name) are \(steps), expected 1 or more")
    }
  }

  /// Notes that the run has begun, or goes on.
  mutating func begin() throws {
    record.machines.append(.current(firstStep: trainer.state.totalSteps))
    record.status = .running
    record.failure = nil
    try writeRecord()
  }

  /// Goes on from the folder's checkpoint, if there is one.
  mutating func resume(_ checkpoint: Checkpoint?, since before: RunRecord, _ observer: some TrainingObserver) throws {
    if let checkpoint {
      try trainer.restore(checkpoint, from: folder.files.checkpoint)
      if record.observeEvery != nil, folder.place(folder.files.observations).exists {
        trainer.observations = try ObservationLog(contentsOf: folder.files.observations)
        trainer.observations.keep(before: trainer.state.totalSteps)
      }
    }
    try begin()
    warnOfDifferences(before, observer)
    if checkpoint != nil { try writeDerived(afterResume: true) }
  }

  /// What changes bits, or may, between two parts of a run.
  private func warnOfDifferences(_ before: RunRecord, _ observer: some TrainingObserver) {
    // Older records have the forward passes of convolutions alone.
    let now = record.implementations ?? [:]
    let isOther = before.implementations?.contains { path, name in
      now[path] != name && now[path]?.prefix { $0 != "," } != name[...]
    }
    if isOther ?? false {
      observer.warn("the run began with other implementations of its layers: the bits will differ")
    }
    guard let before = before.machines.last, let now = record.machines.last else { return }
    if before.instructionSet != now.instructionSet {
      observer.warn(
        "the run began with \(before.instructionSet) kernels and continues with \(now.instructionSet): the bits will differ"
      )
    }
    if before.build != now.build {
      observer.warn(
        "the run began with build \"\(before.build)\" and continues with \"\(now.build)\": the bits may differ")
    }
  }

  // MARK: Training

  mutating func run(_ observer: some TrainingObserver) throws -> TrainingRun.Outcome {
    do {
      observer.trainingBegins(record, plan: trainer.plan)
      let ending = try trainer.run(observer: observer, checkpointEvery: record.checkpointEvery) { trainer in
        // Before the checkpoint: what lies behind it is left out when the run goes on.
        if record.observeEvery != nil {
          try AtomicFile.write(trainer.observations.csv, to: folder.place(folder.files.observations))
        }
        try trainer.checkpoint().write(to: folder.place(folder.files.checkpoint))
        if trainer.state.step == 0, trainer.state.rows.count == 1, !trainer.unreachedParameters.isEmpty {
          record.unreached = trainer.unreachedParameters
          try writeRecord()
        }
        if trainer.state.step == 0 { try writeDerived() }
      }
      if ending == .interrupted {
        record.status = .interrupted
        try writeRecord()
        return .interrupted(steps: trainer.state.totalSteps)
      }
      return .finished(try finish())
    } catch {
      record.status = .failed
      record.failure = "\(error)"
      // The error that ended the run is the one to tell, also where this cannot be written.
      try? writeRecord()
      throw error
    }
  }

  private func writeRecord() throws { try record.write(to: folder.place(folder.files.record)) }

  /// Model and metrics, which follow from the checkpoint and are written after it. The model only where the last epoch is kept,
  /// or where what is on disk may be from after the checkpoint.
  private func writeDerived(afterResume: Bool = false) throws {
    if let kept = trainer.state.kept, afterResume || kept.epoch == trainer.state.rows.last?.epoch {
      try Safetensors.write(trainer.kept, metadata: task.modelMetadata, to: folder.place(folder.files.model))
    }
    let csv = EpochMetrics.csv(trainer.state.rows, trainer.metrics.metrics)
    try AtomicFile.write(csv, to: folder.place(folder.files.metrics))
  }

  /// Measures the model that is kept on the test samples, once, and writes result and report.
  private mutating func finish() throws -> RunRecord.Result {
    try trainer.loadKept()
    let test = trainer.evaluation(of: trainer.data.test)
    var result = RunRecord.Result(trainer.state, test.scores)
    let details = try task.details(trainer, record, test: test.metrics, pictures: pictures, in: folder, &result)
    record.result = result
    record.status = .finished
    record.updated = RunRecord.now
    let page = Report(
      record, rows: trainer.rows, observations: trainer.observations, model: trainer.model, pictures: pictures, details)
    try AtomicFile.write(page.html(), to: folder.place(folder.files.report))
    try writeRecord()
    return result
  }
}
