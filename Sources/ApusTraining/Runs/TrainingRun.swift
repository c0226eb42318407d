import ApusCore
import ApusData
import ApusFigures
import ApusInterchange
import ApusLayers
import ApusNetworks
import ApusSupport

/// A training run in a folder: started once, continued as often as it is interrupted, with the same result.
public enum TrainingRun {
  /// What a run is to do: network, data, settings, and where initial values come from.
  public struct Request: Sendable {
    /// A name of `NetworkCatalogue`, or one that was registered there.
    package var network: String
    /// The images, with their division into training, validation and test.
    package var data: DataSource
    /// Epochs, optimizer, augmentation and the rest of what determines the result.
    package var settings: TrainingSettings
    /// Steps between checkpoints; one is also written at each epoch's end and when the run is stopped.
    package var checkpointEvery: Int?
    /// Steps between observations of what the layers give and of their gradients; `nil` for none. See `Observation`.
    public var observeEvery: Int?
    /// For the record.
    package var commandLine: [String]
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
    /// Scenes to compose of the images, for a network with scores for every pixel.
    public var scenes: SceneSettings?
    /// Scenes of one image each, whose class and box are found by a classifier with a second head. By default an epoch has 4,096 of
    /// 32×32 pixels.
    public var localizes = false

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

  /// Starts a run in a new folder. If it fails before its first step it takes back what it made.
  ///
  /// - Parameters:
  ///   - reader: of image files, for data that are some.
  ///   - pictures: what pictures are written as; ApusVision adds `.png`.
  public static func start(
    _ request: Request, in path: String, reader: ImageFolder.Reader? = nil, pictures: PictureFormat = .bmp,
    observer: some TrainingObserver = SilentObserver()
  ) throws -> Outcome {
    let record = try checked(request)
    let folder = try RunFolder.create(
      at: path, others: otherFiles(record.task, pictures))
    return try begin(record, classes: request.classes, in: folder, reader, pictures, observer)
  }

  /// Names of the files that a task writes beside those of every run.
  private static func otherFiles(_ task: RunRecord.Task?, _ pictures: PictureFormat) -> [String] {
    switch task {
    case .segmentation: SegmentationTask.otherFiles(pictures)
    case .localization: [LocalizationTask.boxesName]
    case .classification, .own, nil: []
    }
  }

  /// The record of a run that can be tried.
  static func checked(_ request: Request) throws -> RunRecord {
    try request.settings.validate()
    try NetworkCatalogue.check(request.network)
    let record = try RunRecord(request)
    try RunLoop.checkSteps(record)
    return record
  }

  /// Starts a run in its folder, which is taken back if it fails before its first step.
  static func begin(
    _ record: RunRecord, classes: Int?, in folder: RunFolder, _ reader: ImageFolder.Reader?, _ pictures: PictureFormat,
    _ observer: some TrainingObserver
  ) throws -> Outcome {
    var loop: RunLoop
    do {
      try record.write(to: folder.place(folder.files.record))
      loop = try prepare(record, reader, pictures, initializes: true, in: folder, observer)
      try checkClasses(loop.record, classes)
      try checkBatchSize(loop.record)
      try loop.begin()
    } catch {
      folder.discard()
      throw error
    }
    return try loop.run(observer)
  }

  /// Continues a run from its last checkpoint, or from the start if none was written. `reader` and `pictures` are as those of `start`.
  public static func resume(
    _ path: String, reader: ImageFolder.Reader? = nil, pictures: PictureFormat = .bmp,
    observer: some TrainingObserver = SilentObserver()
  ) throws -> Outcome {
    let folder = try RunFolder.open(at: path)
    let record = try RunRecord.read(folder.files.record)
    if record.task == .own {
      throw FileError(
        folder.files.record, part: "task", found: "one of a program's own (\(record.networkName))",
        expected: "TrainingRun.resume(trainer, in:) in that program")
    }
    try NetworkCatalogue.check(record.networkName, namedIn: folder.files.record, part: "networkName")
    let checkpoint = folder.hasCheckpoint ? try Checkpoint.read(folder.files.checkpoint) : nil
    if let result = try finished(record, folder) { return .wasFinished(result) }
    var loop = try prepare(record, reader, pictures, initializes: checkpoint == nil, in: folder, observer)
    try loop.resume(checkpoint, since: record, observer)
    return try loop.run(observer)
  }

  /// The result of a run that was finished before, and whose model can be read.
  static func finished(_ record: RunRecord, _ folder: RunFolder) throws -> RunRecord.Result? {
    guard record.status == .finished, let result = record.result else { return nil }
    _ = try Safetensors.read(folder.files.model)
    return result
  }

  // MARK: Before the first step

  /// Reads the data, makes and plans the network, and completes the record. `initializes`: no checkpoint will do so.
  private static func prepare(
    _ record: RunRecord, _ reader: ImageFolder.Reader?, _ pictures: PictureFormat, initializes: Bool,
    in folder: RunFolder, _ observer: some TrainingObserver
  ) throws -> RunLoop {
    var record = record
    let source = try DataSource(record.dataSource)
    let division = try division(record, folder)
    var images = try source.load(
      folder: record.imageFolder, reader: reader, division: division, order: classOrder(record))
    for note in images.notes { observer.warn(note) }
    let weights = initializes ? try record.initial?.read() : nil
    if let map = weights?.origin?.imageMap {
      throw SettingsError(
        description: """
          the initial weights are those of a run whose images are normalized by \(map.title): expected one with a mean and a \
          deviation per channel
          """)
    }
    // Before the normalization, which does not know where it comes from.
    if let weights {
      let channels = record.channels ?? images.imageShape[2]
      try NetworkCatalogue.check(weights.file, fit: record.networkName, channels: channels)
    }
    images = try record.prepared(images)
    if images.test.count == 0 { throw DataError(source.description, found: "no test images", expected: "at least one") }

    let scenes = try record.scenes.map {
      try $0.data(of: images, name: source.name, seed: record.settings.seed, isOfOne: record.task == .localization)
    }
    var described = RunRecord.Data(source, images)
    if let scenes { described.describe(scenes, of: images, hasBackground: record.task == .segmentation) }
    // The data of a run that goes on must be those that it began with.
    if let before = record.data { try described.check(isAs: before) }
    if scenes == nil, let text = Learning.oneClass(images) { observer.warn(text) }
    let classNames = described.classNames
    let input = scenes?.train.sampleShape ?? images.imageShape
    var model = try make(record, input: input, classes: classNames.count)
    if let weights, let initial = record.initial {
      record.initial = try initial.load(weights, into: model, record.networkName, images)
    }
    if let map = record.imageMap {
      // A checkpoint has the numbers.
      model = model.mapped(
        by: initializes ? try map.layer(of: images.train) : try map.layer(for: input, source: source.description))
    }
    let trainer: Trainer
    let task: any RunTask
    if let scenes, let settings = record.scenes {
      if record.task == .localization {
        trainer = try Trainer(locating: model, scenes: scenes, classes: classNames.count, settings: record.settings)
        task = LocalizationTask(settings: settings, network: record.networkName, classNames: classNames)
      } else {
        trainer = try Trainer(model: model, scenes: scenes, classes: classNames.count, settings: record.settings)
        task = SegmentationTask(
          images: images, settings: settings, network: record.networkName, classNames: classNames)
      }
    } else {
      trainer = try Trainer(model: model, data: images, name: source.name, settings: record.settings)
      task = ClassificationTask(
        data: images, network: record.networkName, images: record.imageFolder, map: record.imageMap)
    }
    record.data = described
    record.classWeights = try record.settings.classWeights.values(for: images.train.labels, classes: classNames.count)
    record.network = RunRecord.Network(
      name: record.networkName, input: Array(input), classes: classNames.count,
      parameters: model.parameters.scalarCount)
    if case .byPath = division, !images.files.isEmpty {
      try AtomicFile.write(RunSplit.csv(images.files), to: folder.place(folder.files.split))
    }
    return RunLoop(trainer, task, record, pictures: pictures, in: folder)
  }

  /// A network of the catalogue, drawn from the run's seed by the run's initializer.
  private static func make(_ record: RunRecord, input: Shape, classes: Int) throws -> any Layer {
    func make() throws -> any Layer {
      record.task == .localization
        ? try NetworkCatalogue.localizer(
          record.networkName, input: input, classes: classes, seed: record.settings.seed)
        : try NetworkCatalogue.make(record.networkName, input: input, classes: classes, seed: record.settings.seed)
    }
    guard let name = record.settings.initializer else { return try make() }
    return try Initializer.ofWeights(InitializerCatalogue.initializer(name), make)
  }

  /// The classes of the images as the run recorded them; those of pixels have the background before them.
  private static func classOrder(_ record: RunRecord) -> [String]? {
    record.data.map { record.task == .segmentation ? Array($0.classNames.dropFirst()) : $0.classNames }
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
      expected: "\(classes), as `classes` says")
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
}
