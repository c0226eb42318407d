import ApusData

extension SceneSettings {
  /// Scenes that are measured on after each epoch, and at the end.
  package static let (validationCount, testCount) = (128, 256)
  /// Scenes of another size that are measured on at the end.
  static let otherCount = 32
  /// Series of scenes: the layouts of two series differ.
  private static let (validationSeries, testSeries) = (1, 2)
  /// Scenes are large beside the images that they are composed of.
  static let evaluationBatchSize = 16

  /// Scenes of the images.
  ///
  /// - Parameters:
  ///   - name: of the data, for people.
  ///   - seed: of the training scenes. Validation and test scenes are the same for every seed.
  ///   - isOfOne: scenes of one image each.
  package func data(
    of images: DataSplits, name: String, seed: UInt64, isOfOne: Bool = false
  ) throws(DataError) -> TrainingData {
    func part(_ split: DataSplit, _ count: Int, _ seed: UInt64, _ series: Int) throws(DataError) -> SceneSamples {
      SceneSamples(
        try ComposedScenes(split, height: height, width: width, seed: seed, series: series, isOfOne: isOfOne),
        count: count)
    }
    var data = TrainingData(
      name, train: try part(images.train, count, seed, 0),
      validation: try part(
        images.validation, SceneSettings.validationCount, DataSplits.splitSeed, SceneSettings.validationSeries),
      test: try part(images.test, SceneSettings.testCount, DataSplits.splitSeed, SceneSettings.testSeries),
      fingerprint: images.fingerprint)
    data.evaluationBatchSize = SceneSettings.evaluationBatchSize
    return data
  }

  /// Test scenes one and a half times as high and two and a half times as wide, and a pixel more: of odd numbers, as no stage divides
  /// them.
  func otherScenes(of images: DataSplit) throws(DataError) -> SceneSamples {
    SceneSamples(
      try ComposedScenes(
        images, height: height * 3 / 2 + 1, width: width * 5 / 2 + 1, seed: DataSplits.splitSeed,
        series: SceneSettings.testSeries), count: SceneSettings.otherCount)
  }
}
