import ApusCore
import ApusData
import ApusFigures
import ApusSupport

/// Runs of a trainer that a program made itself: its own network, data, loss and metrics.
extension TrainingRun {
  /// Trains in a new folder, with checkpoints, record, metrics and report. If it fails before its first step it takes back what it made.
  ///
  /// ```swift
  /// let outcome = try TrainingRun.start(trainer, in: "runs/curve")
  /// ```
  ///
  /// - Parameters:
  ///   - checkpointEvery: steps between checkpoints; one is also written at each epoch's end and when the run is stopped.
  ///   - observeEvery: steps between observations of what the layers give and of their gradients; `nil` for none. See `Observation`.
  ///   - commandLine: for the record.
  ///   - pictures: of the report's page; ApusVision adds `.png`.
  public static func start(
    _ trainer: Trainer, in path: String, checkpointEvery: Int? = nil, observeEvery: Int? = nil,
    commandLine: [String] = CommandLine.arguments, pictures: PictureFormat = .bmp,
    observer: some TrainingObserver = SilentObserver()
  ) throws -> Outcome {
    var record = RunRecord(
      status: .starting, commandLine: commandLine, started: RunRecord.now, updated: RunRecord.now,
      settings: trainer.settings, checkpointEvery: checkpointEvery, networkName: "\(type(of: trainer.model))",
      dataSource: trainer.data.name, task: .own)
    record.observeEvery = observeEvery
    try RunLoop.checkSteps(record)
    if trainer.data.test.count == 0 {
      throw DataError(trainer.data.name, found: "no test samples", expected: "at least one")
    }
    if trainer.state.totalSteps > 0 {
      throw SettingsError(
        description: "the trainer has made \(trainer.state.totalSteps) steps, expected one that begins")
    }
    record.data = RunRecord.Data(trainer.data)
    record.network = RunRecord.Network(
      name: record.networkName, input: Array(trainer.data.train.sampleShape), classes: nil,
      parameters: trainer.model.parameters.scalarCount)
    let folder = try RunFolder.create(at: path)
    var loop = RunLoop(trainer, OwnTask(), record, pictures: pictures, in: folder)
    do {
      try loop.begin()
    } catch {
      folder.discard()
      throw error
    }
    return try loop.run(observer)
  }

  /// Goes on with a run that was interrupted, from its last checkpoint to the bits of one that was not. The trainer is a new one, made as
  /// that of `start` was.
  ///
  /// - Parameter pictures: of the report's page; ApusVision adds `.png`.
  /// - Throws: `FileError` if settings, loss, metrics or network are others than the run's, `DataError` if the data are, as far as their
  ///   fingerprints tell.
  public static func resume(
    _ trainer: Trainer, in path: String, pictures: PictureFormat = .bmp,
    observer: some TrainingObserver = SilentObserver()
  ) throws -> Outcome {
    let folder = try RunFolder.open(at: path)
    let record = try RunRecord.read(folder.files.record)
    func check(_ part: String, _ now: String, _ then: String) throws(FileError) {
      if now != then {
        throw FileError(folder.files.record, part: part, found: then, expected: "the trainer's, \(now)")
      }
    }
    try check("network", "\(type(of: trainer.model))", record.networkName)
    try check("loss", trainer.settings.loss, record.settings.loss)
    if trainer.settings != record.settings {
      throw FileError(folder.files.record, part: "settings", found: "others", expected: "those of the trainer")
    }
    if let before = record.data { try RunRecord.Data(trainer.data).check(isAs: before) }
    let checkpoint = folder.hasCheckpoint ? try Checkpoint.read(folder.files.checkpoint) : nil
    if let result = try finished(record, folder) { return .wasFinished(result) }
    var loop = RunLoop(trainer, OwnTask(), record, pictures: pictures, in: folder)
    try loop.resume(checkpoint, since: record, observer)
    return try loop.run(observer)
  }
}
