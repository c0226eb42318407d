import ApusCore
import ApusData
import ApusLayers

extension Trainer {
  /// A trainer of a classifier of images: by the settings' loss, with their augmentation in the training split, and with the accuracy beside
  /// the loss.
  ///
  /// - Throws: `SettingsError`, `DataError` if the parts do not fit each other or the model, `PlanError` if the model does not fit the images
  ///   or gives no scores `[N, classes]`.
  public convenience init(model: any Layer, data: DataSplits, settings: TrainingSettings) throws {
    try self.init(model: model, data: data, name: data.train.dataset.source, settings: settings)
  }

  package convenience init(model: any Layer, data: DataSplits, name: String, settings: TrainingSettings) throws {
    try settings.validate()
    try data.check()
    var train = data.train
    train.augmentation = settings.augmentation
    try self.init(
      model,
      TrainingData(name, train: train, validation: data.validation, test: data.test, fingerprint: data.fingerprint),
      LossCatalogue.loss(settings, labels: train.labels, classes: data.classNames.count), ClassificationMetrics(),
      settings)
    if plan.outputShape.count != 2 {
      throw PlanError(
        path: "", operation: "\(type(of: model))",
        problem: """
          gives \(plan.outputShape), expected [N, classes]: a network with scores for every pixel is not a classifier; \
          a trainer of `scenes` takes one
          """)
    }
    try Trainer.checkLabels(data, outputs: plan.outputShape[1])
  }

  /// Every label of the data needs a score. A loss would stop the program at the first that has none; here it is an error, before the
  /// first step, that names the sample.
  ///
  /// So it is with a class that no sample has, which could not be predicted.
  ///
  /// - Parameter outputs: how many scores the model gives.
  static func checkLabels(_ data: DataSplits, outputs: Int) throws(DataError) {
    for split in [data.train, data.validation, data.test] {
      guard let place = split.labels.firstIndex(where: { $0 >= outputs }) else { continue }
      let (dataset, sample) = (split.dataset, Int(split.indices[place]))
      let label = Int(dataset.labels[sample])
      throw DataError(
        dataset.source, found: "label \(label) (\(dataset.classNames[label])) of sample \(sample)",
        expected: """
          0...\(outputs - 1), as the model gives \(outputs) scores: make it for \(dataset.classNames.count) classes
          """)
    }
    if data.classNames.count > outputs {
      throw DataError(
        data.train.dataset.source, found: "\(data.classNames.count) classes",
        expected: "at most \(outputs), as the model gives scores")
    }
  }
}
