/// A data set in the three parts of an honest experiment, disjoint: `train` is learned from, `validation` chooses the best model,
/// `test` is looked at once. All are normalised by the statistics of `train`.
public struct DataSplits: Sendable {
  public let train: DataSplit
  public let validation: DataSplit
  public let test: DataSplit
  /// Changes where a file does, for data of whose files nobody else keeps account.
  public internal(set) var fingerprint: String?
  /// What to know of how they were read, in words.
  public internal(set) var notes: [String] = []

  public init(train: DataSplit, validation: DataSplit, test: DataSplit) {
    self.train = train
    self.validation = validation
    self.test = test
  }

  public var classNames: [String] { train.dataset.classNames }
  public var normalization: Normalization { train.normalization }
  /// Height, width and channels of every image.
  public var imageShape: Shape { [train.dataset.height, train.dataset.width, train.dataset.channels] }

  /// The same images for a network that was made with another normalisation.
  ///
  /// - Throws: `DataError` where the channels differ.
  public func normalized(by normalization: Normalization) throws(DataError) -> DataSplits {
    if normalization.channels != train.dataset.channels {
      throw DataError(
        train.dataset.source, found: "images of \(train.dataset.channels) channels",
        expected: "\(normalization.channels), of which the normalisation has means and deviations")
    }
    func changed(_ split: DataSplit) -> DataSplit {
      DataSplit(
        split.dataset, indices: split.indices, normalization: normalization, augmentation: split.augmentation)
    }
    var splits = DataSplits(train: changed(train), validation: changed(validation), test: changed(test))
    (splits.fingerprint, splits.notes) = (fingerprint, notes)
    return splits
  }

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
