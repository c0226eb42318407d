import ApusCore

extension DataSplits {
  /// The same images with so many channels: a gray one is repeated, for weights that were made for colored images.
  ///
  /// - Throws: `DataError` if the images are not gray and have another number of channels.
  package func withChannels(_ count: Int) throws(DataError) -> DataSplits {
    if count == train.dataset.channels { return self }
    let training = try train.dataset.withChannels(count)
    func changed(_ split: DataSplit) throws(DataError) -> DataSplit {
      // Training and validation are parts of one data set.
      let isTraining = split.dataset.source == train.dataset.source && split.dataset.count == train.dataset.count
      let normalization = Normalization(
        mean: Array(repeating: split.normalization.mean[0], count: count),
        deviation: Array(repeating: split.normalization.deviation[0], count: count))
      return DataSplit(
        isTraining ? training : try split.dataset.withChannels(count), indices: split.indices,
        normalization: normalization, augmentation: split.augmentation)
    }
    var splits = DataSplits(train: try changed(train), validation: try changed(validation), test: try changed(test))
    (splits.fingerprint, splits.files, splits.skipped, splits.notes) = (fingerprint, files, skipped, notes)
    return splits
  }
}

extension DataSplits {
  /// As the images of a model of this input `[H, W, C]` are: a run on gray images may have repeated them.
  package func withGrayRepeated(for input: Shape) throws(DataError) -> DataSplits {
    train.dataset.channels == 1 && input[2] == 3 ? try withChannels(3) : self
  }
}

extension ImageDataset {
  /// See `DataSplits.withChannels`.
  func withChannels(_ count: Int) throws(DataError) -> ImageDataset {
    if count == channels { return self }
    if channels != 1 {
      throw DataError(source, found: "images of \(channels) channels", expected: "gray ones to make \(count) of")
    }
    return ImageDataset(self, images: Tensor.concatenated(Array(repeating: images, count: count), axis: 3))
  }
}
