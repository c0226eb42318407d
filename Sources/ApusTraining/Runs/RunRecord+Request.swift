import ApusData
import ApusNetworks

extension RunRecord {
  /// Looks into a file of initial weights for what the images are to be normalized by.
  package init(_ request: TrainingRun.Request) throws {
    self.init(
      status: .starting, commandLine: request.commandLine, started: RunRecord.now, updated: RunRecord.now,
      settings: request.settings, checkpointEvery: request.checkpointEvery, networkName: request.network,
      dataSource: request.data.description)
    if request.data.isImageFolder {
      imageFolder =
        try request.imageFolder ?? ImageFolder.Options(input: NetworkCatalogue.usualInput(of: request.network))
      if let channels = request.channels, imageFolder?.input.count == 3 { imageFolder?.input[2] = channels }
      try imageFolder?.validate()
    } else if request.imageFolder != nil {
      throw SettingsError(
        description: "`imageFolder` is given, expected data that are a folder of image files, not \(request.data)")
    }
    scenes = request.scenes ?? (request.localizes ? .forBoxes : nil)
    if let scenes {
      try scenes.validate()
      if request.channels != nil || request.normalization != nil || request.initialWeights != nil {
        throw SettingsError(
          description:
            "scenes have one channel and a normalization of their own, and networks for them begin with drawn weights")
      }
      if request.settings.augmentation != nil {
        throw SettingsError(description: "scenes are new in every epoch, expected no augmentation")
      }
    }
    if request.settings.initializer != nil && request.initialWeights != nil {
      throw SettingsError(
        description: "the initializer \(request.settings.initializer!) for values that are read from a file")
    }
    observeEvery = request.observeEvery
    task = request.localizes ? .localization : scenes == nil ? .classification : .segmentation
    if request.newHead && request.initialWeights == nil {
      throw SettingsError(description: "a new classifier without initial weights that it would replace")
    }
    if request.weightsPrefix != nil && request.initialWeights == nil {
      throw SettingsError(description: "a prefix of names without initial weights that have it")
    }
    channels = request.data.isImageFolder ? nil : request.channels
    initial = request.initialWeights.map {
      Initial(file: $0, newHead: request.newHead, prefix: request.weightsPrefix)
    }
    imageMap = request.normalization?.imageMap
    normalization = try NormalizationChoice.normalization(request.normalization, &initial, network: request.network)
  }

  /// Images as they were read, with the channels, the normalization and the draw of the run.
  func prepared(_ images: DataSplits) throws(DataError) -> DataSplits {
    var images = images
    if let channels { images = try images.withChannels(channels) }
    if let normalization { images = try images.normalized(by: normalization) }
    if imageMap != nil { images = try images.normalized(by: .none(channels: images.imageShape[2])) }
    if let bootstrap { images = images.bootstrapped(seed: bootstrap.seed) }
    return images
  }
}
