/// A data set in the three parts of an honest experiment, disjoint: `train` is learned from, `validation` chooses the best model,
/// `test` is looked at once. All are normalised by the statistics of `train`.
public struct DataSplits: Sendable {
  public let train: DataSplit
  public let validation: DataSplit
  public let test: DataSplit

  public init(train: DataSplit, validation: DataSplit, test: DataSplit) {
    self.train = train
    self.validation = validation
    self.test = test
  }

  public var classNames: [String] { train.dataset.classNames }
  public var normalization: Normalization { train.normalization }
  /// Height, width and channels of every image.
  public var imageShape: Shape { [train.dataset.height, train.dataset.width, train.dataset.channels] }

  /// Seed of every built-in split. It is no parameter: whatever a training run's seed, all are measured on the same images.
  static let splitSeed: UInt64 = 1

  /// Draws `validationCount` samples with the classes' shares from `indices` of `training`; the rest is trained on.
  init(
    training: ImageDataset, indices: [Int32], validationCount: Int, test: (dataset: ImageDataset, indices: [Int32]),
    augmentation: Augmentation
  ) {
    // Another seed than the test part's: the same one would give both parts the same order within a class.
    let (validation, train) = StratifiedDraw.draw(
      validationCount, of: indices, labels: training.labels, classCount: training.classNames.count,
      seed: DataSplits.splitSeed + 1)
    let normalization = Normalization(of: training, at: train)
    self.init(
      train: DataSplit(training, indices: train, normalization: normalization, augmentation: augmentation),
      validation: DataSplit(training, indices: validation, normalization: normalization),
      test: DataSplit(test.dataset, indices: test.indices, normalization: normalization))
  }
}
