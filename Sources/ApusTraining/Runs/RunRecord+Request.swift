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
        description: "--input, --crop, --alpha, --orientation and --damaged are for folders of image files, "
          + "which these data are not: \(request.data)")
    }
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
    normalization = try NormalizationChoice.normalization(request.normalization, &initial, network: request.network)
  }
}
