import ApusCore
import ApusData
import ApusInterchange
import ApusLayers
import ApusSupport

extension TrainingRun {
  /// What a run's model was measured on, and how it did.
  public struct Measurement: Sendable {
    /// Of the model: its name in the catalogue.
    package var network: String
    /// Of the data.
    package var name: String
    /// Which of the data's images were measured, in words.
    package var images: String
    /// Their number, or that of the scenes composed of them.
    public var count = 0
    /// Name of the loss: the run's, or cross-entropy for a model without its run.
    package var loss = LossCatalogue.names[0]
    /// What was measured beside the loss.
    package var metrics: [Metric] = []
    /// Loss and metrics.
    public var scores = Scores(loss: .nan, metrics: [:])
    /// Each image's label and prediction, for a classifier.
    public var classification: ClassificationMetrics?
    /// Of several models whose predictions are averaged: how each did by itself.
    package var members: [Member] = []
    /// Of predictions that are averaged: how far what is averaged differs.
    package var spread: Spread?
    /// What else is to be known: differences from the data that the run began with that leave what is measured as it was.
    package var notes: [String] = []
  }

  /// One of several models whose predictions are averaged.
  package struct Member: Sendable {
    /// Of its run or file.
    package var path: String
    /// Mean cross-entropy per image.
    package var loss: Double
    /// From 0 to 1.
    package var accuracy: Double
  }

  /// How far predictions that are averaged differ; means over the images.
  package struct Spread: Sendable {
    /// −Σ p̄ log p̄ of the mean probabilities, in nats.
    package var entropy: Double
    /// Of the predicted class's probability, over all that is averaged.
    package var deviation: Double
  }

  /// Measures a run's model on the images that it held out for its test, or on other data.
  ///
  /// `path` is the folder of a run, or a model's file; one that lies alone, without its run, is measured on `data`.
  ///
  /// Of its own image files exactly those are measured that `split.csv` names, whatever came or went beside them. Of a folder of `data`
  /// the test part is measured, or all images where it has no parts. Images that the run trained on, or chose its epoch by, are left out,
  /// and this is told.
  ///
  /// - Parameter damaged: what is done about image files of `data` that cannot be read. Those of the run's own must be as they were.
  /// - Throws: `DataError` with the files' names where those that were held out are gone or have other contents, where data in fixed
  ///   files are not those that the run began with, or where nothing is left to measure.
  public static func evaluate(
    _ path: String, on data: DataSource? = nil, damaged: DamagedImages = .stop, reader: ImageFolder.Reader? = nil
  ) throws -> Measurement {
    let files = RunFiles(at: path)
    let record = File.exists(files.record) ? try RunRecord.read(files.record) : nil
    if let record, let scenes = record.scenes { return try evaluate(files, record, scenes, on: data) }
    let model = try TrainedModel.read(files.model)
    let source = try data ?? ownSource(files)
    var measured = Measurement(network: model.network, name: source.name, images: "")
    let split =
      data == nil
      ? try ownSplit(source, files, model, .one, reader, &measured)
      : try otherSplit(source, files, model, .one, damaged, reader, &measured)
    if let note = record?.unfinishedNote(files) { measured.notes.append(note) }
    let loss = try record?.loss() ?? .crossEntropy()
    let evaluation = try model.evaluated(on: split, loss: loss)
    let metrics = evaluation.metrics
    measured.count = metrics.labels.count
    measured.loss = record?.settings.lossText ?? loss.name
    measured.metrics = metrics.metrics
    measured.scores = Scores(loss: evaluation.loss, metrics: [Metric.accuracy.name: metrics.accuracy])
    measured.classification = metrics
    return measured
  }

  /// The images that a run of a classifier held out for its test, with the normalization of its training.
  package static func heldOut(_ path: String, of model: TrainedModel, reader: ImageFolder.Reader?) throws -> DataSplit {
    let files = RunFiles(at: path)
    var measured = Measurement(network: model.network, name: "", images: "")
    return try ownSplit(ownSource(files), files, model, .one, reader, &measured)
  }

  // MARK: Scenes

  /// Measures on the test scenes of the run, or on such scenes composed of other images.
  private static func evaluate(
    _ files: RunFiles, _ record: RunRecord, _ scenes: SceneSettings, on other: DataSource?
  ) throws -> Measurement {
    guard let before = record.data else {
      throw FileError(files.record, found: "no data yet", expected: "those of a run that began to train")
    }
    let source = try other ?? DataSource(record.dataSource)
    let images = try source.load()
    let isLocalization = record.task == .localization
    let data = try scenes.data(
      of: images, name: source.name, seed: record.settings.seed, isOfOne: isLocalization)
    var described = RunRecord.Data(source, images)
    described.describe(data, of: images, hasBackground: !isLocalization)
    if other == nil { try described.check(isAs: before) }
    if described.classNames != before.classNames {
      throw DataError(
        source.description, found: "the classes \(NameList.text(images.classNames))",
        expected:
          "\(NameList.text(isLocalization ? before.classNames : Array(before.classNames.dropFirst()))), as the model has"
      )
    }
    let classes = before.classNames.count
    let batches = data.test.batches(of: data.evaluationBatchSize)
    let result: Evaluation<any Metrics>
    if isLocalization {
      guard let model = try LocalizationModel.readIfLocalization(files.model) else {
        throw FileError(
          files.model, part: "metadata", found: "no \(MetadataKey.localization)",
          expected: "the model of a run of boxes")
      }
      result = measure(
        model.model, on: batches, loss: .localization(classes: classes, ofClass: try record.loss()),
        metrics: LocalizationMetrics(classes: classes))
    } else {
      result = measure(
        try SegmentationModel.read(files.model).model, on: batches,
        loss: try record.loss(ignoring: ComposedScenes.ignored),
        metrics: SegmentationMetrics(classes: classes, ignoring: ComposedScenes.ignored))
    }
    return Measurement(
      network: record.networkName, name: source.name,
      images: "\(data.test.count.grouped) scenes of \(source.testPart)", count: data.test.count,
      loss: record.settings.lossText,
      metrics: result.metrics.metrics, scores: result.scores, notes: [record.unfinishedNote(files)].compactMap { $0 })
  }

  static func ownSource(_ files: RunFiles) throws -> DataSource {
    if !File.exists(files.record) {
      throw FileError(
        files.model, found: "a model without its run",
        expected: "the data to measure it on: `data` \(DataSource.forms)")
    }
    return try DataSource(RunRecord.read(files.record).dataSource)
  }

  // MARK: The run's own data

  static func ownSplit(
    _ source: DataSource, _ files: RunFiles, _ model: TrainedModel, _ views: Views, _ reader: ImageFolder.Reader?,
    _ measured: inout Measurement
  ) throws -> DataSplit {
    let record = try RunRecord.read(files.record)
    guard let before = record.data else {
      throw FileError(files.record, found: "no data yet", expected: "those of a run that began to train")
    }
    let options = views.options(
      record.imageFolder ?? ImageFolder.Options(input: model.input, crop: model.crop, reading: model.reading))
    measured.images = "the \(before.testSamples.grouped) that the run held out, \(source.testPart)"
    if before.split != nil, let folder = source.imageFolder {
      let recorded = try RunSplit.read(files.split, classes: before.classNames.count)
      guard let reader else { throw DataSource.noReader(source) }
      return try heldOut(recorded, in: folder, before, options, model.normalization, reader, &measured)
    }
    var data = try source.load(folder: options, reader: reader, division: .byPlace, order: before.classNames)
    data = try record.prepared(data)
    try RunRecord.Data(source, data).check(isAs: before)
    return data.test
  }

  private static func heldOut(
    _ recorded: [DataFile], in folder: String, _ before: RunRecord.Data, _ options: ImageFolder.Options,
    _ normalization: Normalization, _ reader: @escaping ImageFolder.Reader, _ measured: inout Measurement
  ) throws -> DataSplit {
    let test = recorded.filter { $0.part == .test }
    func refuse(_ changes: FolderChanges) throws(DataError) {
      if changes.isEmpty { return }
      throw DataError(
        folder, found: "of the \(test.count.grouped) images that the run held out, \(changes.text)",
        expected: "all of them as they were; `data` measures other images")
    }
    let changes = try FolderChanges(folder, since: recorded, before.skipped ?? [], options.reading)
    try refuse(changes.of { $0 == .test })
    try ImageFolder.checkMemory(test.count, options, ImageFolder.memoryLimit, folder)
    var options = options
    options.damaged = .stop
    let decoded = try ImageFolderDecoding(test.map { ($0.path, Int32($0.label)) }, in: folder, options, reader)
      .decoded(classNames: before.classNames, below: folder)
    var other = FolderChanges()
    other.changed = zip(test, decoded.contents).filter { $0.content != $1 }.map(\.0)
    try refuse(other)

    let rest = changes.of { $0 != .test }
    if !rest.isEmpty { measured.notes.append("\(folder): of the images that the run trained with, \(rest.text)") }
    var added = FolderChanges()
    added.added = changes.added
    if !added.isEmpty {
      measured.notes.append("\(folder): \(added.text): nothing that the run held out, and not measured")
    }
    return DataSplit(
      decoded.dataset, indices: Array(0..<Int32(decoded.dataset.count)), normalization: normalization)
  }

  // MARK: Other data

  static func otherSplit(
    _ source: DataSource, _ files: RunFiles, _ model: TrainedModel, _ views: Views, _ damaged: DamagedImages,
    _ reader: ImageFolder.Reader?, _ measured: inout Measurement
  ) throws -> DataSplit {
    guard let folder = source.imageFolder else {
      let test = try source.load().withGrayRepeated(for: model.input).test
      measured.images = "\(test.count.grouped), \(source.testPart)"
      return test
    }
    guard let reader else { throw DataSource.noReader(source) }
    let options = views.options(
      ImageFolder.Options(input: model.input, crop: model.crop, reading: model.reading, damaged: damaged))
    let folders = try FolderEntry.all(of: folder).filter(\.isFolder).map(\.name)
    let hasParts = folders.contains("train")
    let part = hasParts ? folder + "/test" : folder
    if hasParts && !folders.contains("test") {
      throw DataError(
        folder, found: "a folder train and no folder test",
        expected: "one, or the part to measure: folder:\(folder)/val")
    }
    let listing = try ImageFolderListing(part, classes: model.classNames, options.reading)
    measured.notes += listing.notes
    try ImageFolder.checkMemory(listing.files.count, options, ImageFolder.memoryLimit, folder)
    let decoded = try ImageFolderDecoding(listing.files, in: part, options, reader)
      .decoded(classNames: model.classNames, below: part)
    try DamagedImages.check(decoded.skipped, of: listing.files.count, part)
    if let note = DamagedImages.note(decoded.skipped, of: listing.files.count, part) { measured.notes.append(note) }
    let (dataset, contents) = (decoded.dataset, decoded.contents)
    measured.images =
      hasParts
      ? "all \(dataset.count.grouped) of its test folder"
      : "all \(dataset.count.grouped) of the folder, which has no parts train and test"

    var indices = Array(0..<Int32(dataset.count))
    let used = try contentsUsed(files, source, &measured)
    indices.removeAll { used.contains(contents[Int($0)]) }
    let left = dataset.count - indices.count
    if left > 0 {
      measured.images +=
        ", without \(left.grouped) that the run trained on or chose its epoch by: \(indices.count.grouped)"
    }
    if indices.isEmpty {
      throw DataError(
        part, found: "\(dataset.count.grouped) images, all of which the run trained on or chose its epoch by",
        expected: "others: evaluate without `data` measures what it held out")
    }
    return DataSplit(dataset, indices: indices, normalization: model.normalization)
  }

  /// What is in the files that the run trained on or chose its epoch by, as far as it recorded them.
  private static func contentsUsed(
    _ files: RunFiles, _ source: DataSource, _ measured: inout Measurement
  ) throws -> Set<DataFile.Content> {
    // A model may stand alone: then nothing is known of what it was trained on.
    guard File.exists(files.record) else { return [] }
    let record = try RunRecord.read(files.record)
    let isImageFolder = try DataSource(record.dataSource).isImageFolder
    guard let data = record.data, isImageFolder else { return [] }
    guard data.split != nil else {
      measured.notes.append(
        "the run was made before parts were recorded: images that it trained on are measured too, if there are any")
      return []
    }
    let recorded = try RunSplit.read(files.split, classes: data.classNames.count)
    return Set(recorded.filter { $0.part != .test }.map(\.content))
  }
}

extension RunRecord {
  /// The loss that the run was trained with.
  fileprivate func loss(ignoring ignored: Int? = nil) throws(SettingsError) -> Loss {
    var settings = settings
    settings.classWeights = classWeights.map { .values($0) } ?? .equal
    return try LossCatalogue.loss(
      settings, labels: [], classes: data?.classNames.count ?? classWeights?.count ?? 0, ignoring: ignored)
  }

  func unfinishedNote(_ files: RunFiles) -> String? {
    if status != .crashed { return nil }
    return "\(files.folder): the run ended without finishing, and this is its model so far; resuming it goes on"
  }
}
