import ApusCore
import ApusData
import ApusInterchange
import ApusLayers
import ApusNetworks
import ApusSupport

/// A training run in a folder: started once, continued as often as it is interrupted, with the same result.
public enum TrainingRun {
  /// What a run is to do: network, data, settings, and where initial values come from.
  public struct Request: Sendable {
    /// A name of `NetworkCatalogue`, or one that was registered there.
    public var network: String
    /// The images, with their division into training, validation and test.
    public var data: DataSource
    /// Epochs, optimizer, augmentation and the rest of what determines the result.
    public var settings: TrainingSettings
    /// Steps between checkpoints; one is also written at each epoch's end and when the run is stopped.
    public var checkpointEvery: Int?
    /// For the record.
    public var commandLine: [String]
    /// How image files of `data` become images of one size; the network's usual one where it is `nil`.
    public var imageFolder: ImageFolder.Options?
    /// What images are normalized by; see `NormalizationChoice`.
    public var normalization: NormalizationChoice?
    /// The number of classes that the data must have.
    public var classes: Int?
    /// A file of weights that training begins with, in place of values drawn from the seed.
    public var initialWeights: String?
    /// Where in that file the weights are; see `WeightsFile.prefix`.
    public var weightsPrefix: String?
    /// Draws the classifier from the seed even if the file's would fit.
    public var newHead = false
    /// Channels of the images: 3 repeats that of gray ones. The data's own by default.
    public var channels: Int?

    /// By default checkpoints are written at the ends of epochs only, and initial values are drawn from the settings' seed.
    public init(
      network: String, data: DataSource, settings: TrainingSettings, checkpointEvery: Int? = nil,
      commandLine: [String] = []
    ) {
      self.network = network
      self.data = data
      self.settings = settings
      self.checkpointEvery = checkpointEvery
      self.commandLine = commandLine
    }
  }

  /// How `start` or `resume` ended, unless it threw.
  public enum Outcome: Sendable {
    case finished(RunRecord.Result)
    /// The run was finished before; nothing was changed.
    case wasFinished(RunRecord.Result)
    /// Stopped by the observer after that many steps; a checkpoint was written.
    case interrupted(steps: Int)
  }

  /// Starts a run in a new folder. Where it fails before its first step it takes back what it made.
  ///
  /// - Parameter reader: of image files, for data that are some.
  public static func start(
    _ request: Request, in path: String, reader: ImageFolder.Reader? = nil, observer: some TrainingObserver
  ) throws -> Outcome {
    try request.settings.validate()
    try NetworkCatalogue.check(request.network)
    var record = try RunRecord(request)
    let folder = try RunFolder.create(at: path)
    let trainer: Trainer
    do {
      try record.write(to: folder.place(folder.files.record))
      trainer = try prepare(&record, reader, initializes: true, in: folder, observer)
      try checkClasses(record, request.classes)
      try checkBatchSize(record)
      try begin(&record, trainer, in: folder)
    } catch {
      folder.discard()
      throw error
    }
    return try run(trainer, &record, in: folder, observer)
  }

  /// Continues a run from its last checkpoint, or from the start where none was written.
  public static func resume(
    _ path: String, reader: ImageFolder.Reader? = nil, observer: some TrainingObserver
  ) throws -> Outcome {
    let folder = try RunFolder.open(at: path)
    var record = try RunRecord.read(folder.files.record)
    try NetworkCatalogue.check(record.networkName, namedIn: folder.files.record, part: "networkName")
    let checkpoint = folder.hasCheckpoint ? try Checkpoint.read(folder.files.checkpoint) : nil
    if record.status == .finished, let result = record.result {
      _ = try Safetensors.read(folder.files.model)
      return .wasFinished(result)
    }
    let before = record
    let trainer = try prepare(&record, reader, initializes: checkpoint == nil, in: folder, observer)
    if let checkpoint { try trainer.restore(checkpoint, from: folder.files.checkpoint) }
    try begin(&record, trainer, in: folder)
    warnOfDifferences(before, record, observer)
    if checkpoint != nil { try writeDerived(trainer, record, in: folder, afterResume: true) }
    return try run(trainer, &record, in: folder, observer)
  }

  // MARK: Before the first step

  /// Reads the data, makes and plans the network, and completes the record. `initializes`: no checkpoint will do so.
  private static func prepare(
    _ record: inout RunRecord, _ reader: ImageFolder.Reader?, initializes: Bool, in folder: RunFolder,
    _ observer: some TrainingObserver
  ) throws -> Trainer {
    let source = try DataSource(record.dataSource)
    let division = try division(record, folder)
    var data = try source.load(
      folder: record.imageFolder, reader: reader, division: division, order: record.data?.classNames)
    for note in data.notes { observer.warn(note) }
    if let channels = record.channels { data = try data.withChannels(channels) }
    let weights = initializes ? try record.initial?.read() : nil
    if let weights { try NetworkCatalogue.check(weights.file, fit: record.networkName, channels: data.imageShape[2]) }
    if let normalization = record.normalization { data = try data.normalized(by: normalization) }
    // The data of a run that goes on must be those that it began with.
    let described = RunRecord.Data(source, data)
    if let before = record.data { try described.check(isAs: before) }
    if data.test.count == 0 { throw DataError(source.description, found: "no test images", expected: "at least one") }
    if let text = Learning.oneClass(data) { observer.warn(text) }
    let model = try NetworkCatalogue.make(
      record.networkName, input: data.imageShape, classes: data.classNames.count, seed: record.settings.seed)
    if let weights, let initial = record.initial {
      record.initial = try initial.load(weights, into: model, record.networkName, data)
    }
    let trainer = try Trainer(model: model, data: data, settings: record.settings)
    let frozen = model.frozenParts
    record.frozen = frozen.parameters.isEmpty ? nil : frozen
    record.data = described
    record.network = RunRecord.Network(
      name: record.networkName, input: Array(data.imageShape), classes: data.classNames.count,
      parameters: model.parameters.scalarCount)
    record.weightDecay = RunRecord.WeightDecay(trainer.optimizer.parameterSettings, of: model.parameters)
    record.implementations = Dictionary(
      trainer.plan.rows.filter { !$0.choices.isEmpty }.map { ($0.path, names($0.choices)) }
    ) { first, _ in first }
    if case .byPath = division, !data.files.isEmpty {
      try AtomicFile.write(RunSplit.csv(data.files), to: folder.place(folder.files.split))
    }
    return trainer
  }

  /// Of image files: as the run recorded it, or as it was done when nothing was recorded.
  private static func division(_ record: RunRecord, _ folder: RunFolder) throws -> ImageFolder.Division {
    guard let data = record.data else { return .byPath }
    if data.split == nil { return .byPlace }
    let files = try RunSplit.read(folder.files.split, classes: data.classNames.count)
    return .recorded(files, skipped: data.skipped ?? [])
  }

  private static func checkClasses(_ record: RunRecord, _ classes: Int?) throws(DataError) {
    guard let classes, let data = record.data, classes != data.classNames.count else { return }
    let names = data.classNames.prefix(5).joined(separator: ", ") + (data.classNames.count > 5 ? ", …" : "")
    throw DataError(
      record.dataSource, found: "\(data.classNames.count) classes (\(names))",
      expected: "\(classes), as --classes says")
  }

  /// A larger batch than all images is a slip of the hand; the default may be larger than a small folder.
  private static func checkBatchSize(_ record: RunRecord) throws(SettingsError) {
    guard let images = record.data?.trainingSamples else { return }
    let size = record.settings.batchSize
    if size > max(images, TrainingSettings.defaults.batchSize) {
      throw SettingsError(
        description: "the batch size is \(size.grouped), expected at most the \(images.grouped) training images")
    }
  }

  private static func begin(_ record: inout RunRecord, _ trainer: Trainer, in folder: RunFolder) throws {
    record.machines.append(.current(firstStep: trainer.state.totalSteps))
    record.status = .running
    record.failure = nil
    try record.write(to: folder.place(folder.files.record))
  }

  private static func names(_ choices: [KernelChoice]) -> String {
    let names = choices.map(\.chosen.implementation)
    return Set(names).count == 1 ? names[0] : names.joined(separator: ", ")
  }

  /// What changes bits, or may, between two parts of a run.
  private static func warnOfDifferences(_ before: RunRecord, _ now: RunRecord, _ observer: some TrainingObserver) {
    if let former = before.implementations, former != now.implementations {
      observer.warn("the run began with other implementations of its layers: the bits will differ")
    }
    guard let before = before.machines.last, let now = now.machines.last else { return }
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

  private static func run(
    _ trainer: Trainer, _ record: inout RunRecord, in folder: RunFolder, _ observer: some TrainingObserver
  ) throws -> Outcome {
    do {
      observer.trainingBegins(record, plan: trainer.plan)
      let ending = try trainer.run(observer: observer, checkpointEvery: record.checkpointEvery) { trainer in
        try trainer.checkpoint().write(to: folder.place(folder.files.checkpoint))
        if trainer.state.step == 0, trainer.state.rows.count == 1, !trainer.unreachedParameters.isEmpty {
          record.unreached = trainer.unreachedParameters
          try record.write(to: folder.place(folder.files.record))
        }
        if trainer.state.step == 0 { try writeDerived(trainer, record, in: folder) }
      }
      if ending == .interrupted {
        record.status = .interrupted
        try record.write(to: folder.place(folder.files.record))
        return .interrupted(steps: trainer.state.totalSteps)
      }
      let result = try finish(trainer, &record, in: folder)
      return .finished(result)
    } catch {
      record.status = .failed
      record.failure = "\(error)"
      // The error that ended the run is the one to tell, even if this cannot be written.
      try? record.write(to: folder.place(folder.files.record))
      throw error
    }
  }

  /// Model and metrics, which follow from the checkpoint and are written after it. The model only if the last epoch is kept,
  /// or where what is on disk may be from after the checkpoint.
  private static func writeDerived(
    _ trainer: Trainer, _ record: RunRecord, in folder: RunFolder, afterResume: Bool = false
  ) throws {
    if let kept = trainer.state.kept, afterResume || kept.epoch == trainer.state.rows.last?.epoch {
      try TrainedModel.write(
        trainer, network: record.networkName, images: record.imageFolder, to: folder.place(folder.files.model))
    }
    try AtomicFile.write(EpochMetrics.csv(trainer.state.rows), to: folder.place(folder.files.metrics))
  }

  /// Measures the model that is kept on the test split, once, and writes result and report.
  private static func finish(
    _ trainer: Trainer, _ record: inout RunRecord, in folder: RunFolder
  ) throws -> RunRecord.Result {
    try trainer.loadKept()
    let test = trainer.evaluation(of: trainer.data.test)
    var result = RunRecord.Result(trainer.state, test)
    result.didNotLearn = Learning.failure(trainer.state.rows, trainer.data)
    record.result = result
    record.status = .finished
    record.updated = RunRecord.now
    try AtomicFile.write(Report(record, trainer, test).html, to: folder.place(folder.files.report))
    try record.write(to: folder.place(folder.files.record))
    return result
  }
}
