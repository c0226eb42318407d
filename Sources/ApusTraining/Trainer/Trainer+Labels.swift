import ApusData

extension Trainer {
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
