import ApusCore
import ApusData
import ApusLayers
import ApusSupport

extension TrainingRun {
  /// How often a model looks at each image, and how.
  package enum Views: Hashable, Sendable {
    /// Once, in inference.
    case one
    /// At its ten crops; see `TenCrop`. Of image files the crops are taken from the whole scaled image, of which the run took the center;
    /// of other images from the image with as many black pixels around it as the run shifted its training images by.
    case tenCrop
    /// So often, with dropout's masks drawn anew each time; see `Phase.monteCarlo`. Gal & Ghahramani 2016.
    case monteCarlo(Int)

    /// As image files are to be read.
    package func options(_ options: ImageFolder.Options) -> ImageFolder.Options {
      guard case .tenCrop = self, options.crop < 1 else { return options }
      var whole = options
      for axis in 0..<2 { whole.input[axis] = Int((Double(options.input[axis]) / options.crop).rounded()) }
      whole.crop = 1
      return whole
    }
  }

  /// Measures the mean of what several models make of the images that they held out for their test, or of other data, as probabilities:
  /// an ensemble; or of one, by several views of each image. One model that looks once is measured as by itself.
  ///
  /// The loss is the cross-entropy of the mean probabilities, whatever loss the runs were trained by.
  ///
  /// - Parameter paths: runs, or models' files, one or more.
  /// - Throws: `DataError` where members were trained on other data or other classes than the first, or take other images; and as the
  ///   measurement of one. `SettingsError` if there are no views: without dropout, or without larger images.
  package static func evaluate(
    _ paths: [String], on data: DataSource? = nil, views: Views = .one, damaged: DamagedImages = .stop,
    reader: ImageFolder.Reader? = nil
  ) throws -> Measurement {
    if paths.count == 1 && views == .one {
      return try evaluate(paths[0], on: data, damaged: damaged, reader: reader)
    }
    let members = try paths.map { try EnsembleMember($0) }
    guard let first = members.first else { fatalError("evaluate: no model") }
    for member in members.dropFirst() { try member.check(isAs: first) }
    let source = try data ?? ownSource(first.files)
    let networks = members.map(\.model.network)
    let names = Set(networks).count == 1 ? [networks[0]] : networks
    var measured = Measurement(network: names.joined(separator: " + "), name: source.name, images: "")
    let split = try first.split(
      data == nil
        ? ownSplit(source, first.files, first.model, views, reader, &measured)
        : otherSplit(source, first.files, first.model, views, damaged, reader, &measured), for: views)
    measured.notes += members.compactMap { $0.record?.unfinishedNote($0.files) }

    var all = AveragedPredictions(classes: first.model.classNames.count)
    for member in members {
      let own = try member.predictions(on: split, views)
      let evaluation = own.evaluation
      measured.members.append(Member(path: member.path, loss: evaluation.loss, accuracy: evaluation.accuracy))
      all.add(own)
    }
    let evaluation = all.evaluation
    measured.count = all.labels.count
    measured.metrics = evaluation.metrics.metrics
    measured.scores = Scores(loss: evaluation.loss, metrics: [Metric.accuracy.name: evaluation.accuracy])
    measured.classification = evaluation.metrics
    measured.spread = Spread(entropy: all.entropy, deviation: all.deviation)
    return measured
  }
}

/// A model whose predictions are averaged with those of others.
private struct EnsembleMember {
  let path: String
  let files: RunFiles
  let record: RunRecord?
  let model: TrainedModel

  init(_ path: String) throws {
    self.path = path
    files = RunFiles(at: path)
    record = File.exists(files.record) ? try RunRecord.read(files.record) : nil
    if record?.scenes != nil {
      throw DataError(
        path, found: "a run of scenes", expected: "classifiers of images, whose probabilities have a mean")
    }
    model = try TrainedModel.read(files.model)
  }

  /// Throws where the two cannot look at the same images, or mean other things by their scores.
  func check(isAs first: EnsembleMember) throws {
    func compare(_ own: String, _ other: String) throws(DataError) {
      if own != other { throw DataError(path, found: own, expected: "\(other), as \(first.path) has") }
    }
    func text(_ names: [String]) -> String { "the classes \(NameList.text(names))" }
    if model.classNames != first.model.classNames, text(model.classNames) == text(first.model.classNames) {
      throw DataError(path, found: "classes in another order", expected: "those of \(first.path)")
    }
    try compare(text(model.classNames), text(first.model.classNames))
    try compare("images of shape \(model.input)", "images of shape \(first.model.input)")
    if model.crop != first.model.crop || model.reading != first.model.reading {
      throw DataError(path, found: "image files that are read in another way", expected: "that of \(first.path)")
    }
    guard let record, let other = first.record, let own = record.data, let others = other.data else { return }
    try compare("a run on \(record.dataSource)", "a run on \(other.dataSource)")
    if own.fingerprint != others.fingerprint {
      throw DataError(
        path, found: "data with the fingerprint \(own.fingerprint ?? "not recorded")",
        expected: "\(others.fingerprint ?? "not recorded"), as \(first.path) has")
    }
    if own.split == nil || others.split == nil { return }
    func heldOut(_ files: RunFiles) throws -> [DataFile] {
      try RunSplit.read(files.split, classes: own.classNames.count).filter { $0.part == .test }
    }
    if try heldOut(files) != heldOut(first.files) {
      throw DataError(path, found: "other images held out for the test", expected: "those of \(first.path)")
    }
  }

  /// The images as the views need them.
  func split(_ split: DataSplit, for views: TrainingRun.Views) throws -> DataSplit {
    let shape = split.sampleShape
    guard case .tenCrop = views, shape == model.input else { return split }
    guard let margin = record?.settings.shift, margin > 0 else {
      throw SettingsError(
        description: """
          ten crops of images of \(shape), as large as the network takes them, from a run that shifted none in training: \
          expected larger images
          """)
    }
    return DataSplit(split.dataset.padded(by: margin), indices: split.indices, normalization: split.normalization)
  }

  /// What the model makes of the images, normalized as its own.
  func predictions(on split: DataSplit, _ views: TrainingRun.Views) throws -> AveragedPredictions {
    // `evaluated` has the texts for images and classes that do not fit.
    var predictions = AveragedPredictions(classes: model.classNames.count)
    switch views {
    case .one:
      let batches = try model.normalized(split).batches(of: TrainingData.usualEvaluationBatchSize)
      predictions.add(
        pass: pass(over: batches) { network, images, _ in withPhase(.inference, of: network) { network(images) } })
    case .tenCrop:
      let (height, width) = (model.input[0], model.input[1])
      let own = DataSplit(split.dataset, indices: split.indices, normalization: model.normalization)
      let batches = own.batches(of: TrainingData.usualEvaluationBatchSize / TenCrop.count)
      predictions.add(
        pass: pass(over: batches) { network, images, _ in
          let crops = TenCrop.views(of: images, height: height, width: width)
          return withPhase(.inference, of: network) { network(crops) }
        }, views: TenCrop.count)
    case .monteCarlo(let count):
      let batches = try model.normalized(split).batches(of: TrainingData.usualEvaluationBatchSize)
      try checkDropout(batches[0].images)
      for number in 0..<count {
        predictions.add(
          pass: pass(over: batches) { network, images, index in
            masked(network, images, step: number * batches.batchCount + index)
          })
      }
    }
    return predictions
  }

  private func pass(
    over batches: BatchSequence, _ logits: @escaping (any Layer, Tensor, Int) -> Tensor
  ) -> some Sequence<(logits: Tensor, labels: [Int])> {
    batches.enumerated().lazy.map { index, batch in
      (logits(model.model, batch.images, index), batch.labels.array(of: Int32.self).map(Int.init))
    }
  }

  private func masked(_ network: any Layer, _ images: Tensor, step: Int) -> Tensor {
    let key = RandomKey(seed: record?.settings.seed ?? 0, step: UInt64(step))
    return withPhase(.monteCarlo, key: key, of: network) { network(images) }
  }

  private func checkDropout(_ images: Tensor) throws {
    let few = images.slice(axis: 0, range: 0..<min(8, images.shape[0]))
    let (one, other) = (masked(model.model, few, step: 0), masked(model.model, few, step: 1))
    if one.array(of: Float.self) == other.array(of: Float.self) {
      throw SettingsError(
        description:
          "\(path): Monte-Carlo passes of \(model.network), expected a network with dropout: all are the same")
    }
  }
}
