import ApusCore
import ApusSupport

/// Other parts of a split's samples: folds for cross-validation, and draws with replacement for bagging.
extension DataSplit {
  /// k pairs of training and validation parts: each sample is in the validation part of exactly one, classes keep their shares, and
  /// every pair is normalized by its own training part. A pure function of (seed, k).
  public func folds(_ k: Int, seed: UInt64 = 1) -> [(train: DataSplit, validation: DataSplit)] {
    if k < 2 || k > count { fatalError("\(k) folds of \(count) samples: from 2 to as many as there are samples") }
    var rest = indices
    var parts: [[Int32]] = []
    for fold in 0..<k - 1 {
      let (drawn, others) = StratifiedDraw.draw(
        rest.count / (k - fold), of: rest, labels: dataset.labels, classCount: dataset.classNames.count,
        seed: seed &+ UInt64(fold))
      parts.append(drawn)
      rest = others
    }
    parts.append(rest)
    return parts.indices.map { fold in
      let training = parts.enumerated().filter { $0.offset != fold }.flatMap(\.element).sorted()
      let normalization = Normalization(of: dataset, at: training)
      return (
        DataSplit(dataset, indices: training, normalization: normalization, augmentation: augmentation),
        DataSplit(dataset, indices: parts[fold], normalization: normalization)
      )
    }
  }

  /// As many samples drawn with replacement, for one member of a bagged ensemble. Breiman 1996, "Bagging predictors".
  public func bootstrap(seed: UInt64) -> DataSplit {
    let words = Random.bits(seed: seed, stream: RandomDomain.split | 0xFFFF, count: count)
    let drawn = words.map { indices[Int((UInt64($0) * UInt64(count)) >> 32)] }.sorted()
    return DataSplit(dataset, indices: drawn, normalization: normalization, augmentation: augmentation)
  }
}

extension DataSplits {
  /// The same with a bootstrap draw of the training images; what is measured on stays.
  package func bootstrapped(seed: UInt64) -> DataSplits {
    var splits = DataSplits(train: train.bootstrap(seed: seed), validation: validation, test: test)
    (splits.fingerprint, splits.files, splits.skipped, splits.notes) = (fingerprint, files, skipped, notes)
    return splits
  }
}
