import ApusCore
import ApusSupport

/// A data set in the three parts of an honest experiment, disjoint: `train` is learned from, `validation` chooses the best model,
/// `test` is looked at once. All are normalized by the statistics of `train`.
public struct DataSplits: Sendable {
  /// The part that is learned from.
  public let train: DataSplit
  /// The part that is measured after each epoch, to choose the model that is kept.
  public let validation: DataSplit
  /// The part that is measured once, at the end.
  public let test: DataSplit
  /// Changes where an image, a label or an image file's name does.
  package var fingerprint: String?
  /// Of image files: each one's part.
  package var files: [DataFile] = []
  /// Image files that were left out, with the reasons.
  public package(set) var skipped: [SkippedImage] = []
  /// What to know of how they were read, in words.
  package var notes: [String] = []

  /// Parts that were made elsewhere. They are not compared: it is `Trainer` that refuses other image sizes or numbers of classes.
  public init(train: DataSplit, validation: DataSplit, test: DataSplit) {
    self.train = train
    self.validation = validation
    self.test = test
  }

  /// The classes' names, in the order of the labels.
  public var classNames: [String] { train.dataset.classNames }
  /// The training split's, which the other parts have too.
  public var normalization: Normalization { train.normalization }
  /// Height, width and channels of every image.
  public var imageShape: Shape { [train.dataset.height, train.dataset.width, train.dataset.channels] }

  /// The same images for a network that was made with another normalization.
  ///
  /// - Throws: `DataError` if the channels differ.
  public func normalized(by normalization: Normalization) throws(DataError) -> DataSplits {
    if normalization.channels != train.dataset.channels {
      throw DataError(
        train.dataset.source, found: "images of \(train.dataset.channels) channels",
        expected: "\(normalization.channels), of which the normalization has means and deviations")
    }
    func changed(_ split: DataSplit) -> DataSplit {
      DataSplit(
        split.dataset, indices: split.indices, normalization: normalization, augmentation: split.augmentation)
    }
    var splits = DataSplits(train: changed(train), validation: changed(validation), test: changed(test))
    (splits.fingerprint, splits.files, splits.skipped, splits.notes) = (fingerprint, files, skipped, notes)
    return splits
  }

  /// Seed of every built-in split. It is not a parameter: whatever a training run's seed, all are measured on the same images.
  package static let splitSeed: UInt64 = 1

  /// Draws `validationCount` samples with the classes' shares from `indices` of `training`; the rest is trained on. The parts are drawn
  /// by places in the files, which are always the same: the fingerprint tells where they are not.
  ///
  /// - Throws: `DataError` if no sample is left for training or for validation.
  init(
    training: ImageDataset, indices: [Int32], validationCount: Int, test: (dataset: ImageDataset, indices: [Int32]),
    augmentation: Augmentation
  ) throws(DataError) {
    // Of fewer than ten images a tenth is none.
    let validationCount = max(1, validationCount)
    if indices.count <= validationCount {
      throw DataError(
        training.source, found: "\(indices.count) training image\(indices.count == 1 ? "" : "s")",
        expected: "at least \(validationCount + 1): \(validationCount) of them for validation")
    }
    // Another seed than the test part's: the same one would give both parts the same order within a class.
    let (validation, train) = StratifiedDraw.draw(
      validationCount, of: indices, labels: training.labels, classCount: training.classNames.count,
      seed: DataSplits.splitSeed + 1)
    let normalization = Normalization(of: training, at: train)
    self.init(
      train: DataSplit(training, indices: train, normalization: normalization, augmentation: augmentation),
      validation: DataSplit(training, indices: validation, normalization: normalization),
      test: DataSplit(test.dataset, indices: test.indices, normalization: normalization))
    var fingerprint = Fingerprint()
    for dataset in [training, test.dataset] { dataset.add(to: &fingerprint) }
    self.fingerprint = fingerprint.text
  }

  /// Throws if a part that training needs is empty, or if the parts differ in their classes or images.
  package func check() throws(DataError) {
    for (part, split) in [("training", train), ("validation", validation)] where split.count == 0 {
      throw DataError(split.dataset.source, found: "no \(part) images", expected: "at least one")
    }
    for split in [validation, test] {
      let shape: Shape = [split.dataset.height, split.dataset.width, split.dataset.channels]
      if shape != imageShape || split.dataset.classNames.count != classNames.count {
        throw DataError(
          split.dataset.source, found: "\(split.dataset.classNames.count) classes of images \(shape)",
          expected: "\(classNames.count) of \(imageShape), as the training images have")
      }
    }
  }
}
