import ApusData

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether a run learned anything, as far as its numbers tell, by rules that have nothing to tune.
package enum Learning {
  /// Why a run is taken to have learned nothing; `nil` where it learned, and where that cannot be told.
  ///
  /// - Its validation accuracy never rose above the share of the most frequent class by more than chance. With n validation images and
  ///   the share p, one accuracy has the standard error s = √(p (1 − p)/n), and the best of E epochs is by chance up to about
  ///   s · √(2 ln E) above p (the expected largest of E normal numbers is below that), at least s. Where even a perfect accuracy would be
  ///   within that, nothing is said.
  /// - Neither the training nor the validation loss of any epoch was below that of naming each class with its share of the training
  ///   images, the entropy Σ −q ln q. Only where the loss is cross-entropy as it is, without weights or smoothing.
  package static func failure(_ rows: [EpochMetrics], _ data: DataSplits, isPlain: Bool) -> String? {
    let shares = shares(data.train)
    func accuracy(_ row: EpochMetrics) -> Double { row.validation[Metric.accuracy.name] }
    // Of one class there is nothing to tell apart.
    guard let best = rows.max(by: { accuracy($0) < accuracy($1) }), shares.count > 1 else {
      return nil
    }
    let entropy = shares.values.reduce(0) { $0 - $1 * log($1) }
    let most = Learning.shares(data.validation).values.max() ?? 1
    let error = (most * (1 - most) / Double(data.validation.count)).squareRoot()
    let chance = error * max(1, (2 * log(Double(rows.count))).squareRoot())
    func percent(_ part: Double) -> String { part.percent(decimals: 1) }
    var reasons: [String] = []
    if most + chance < 1 && accuracy(best) <= most + chance {
      reasons.append(
        """
        its best validation accuracy, \(percent(accuracy(best))) in epoch \(best.epoch), is no more than naming the most \
        frequent class gives (\(percent(most)), by chance up to \(percent(most + chance)))
        """)
    }
    let (train, validation) = (rows.map(\.trainLoss).min() ?? .nan, rows.map(\.validation.loss).min() ?? .nan)
    if isPlain && !(train < entropy) && !(validation < entropy) {
      reasons.append(
        """
        no loss was below that of guessing by the classes' shares (\(entropy.formatted(decimals: 4)); at best \
        \(train.compact(decimals: 4, width: 8)) in training, \(validation.compact(decimals: 4, width: 8)) in validation)
        """)
    }
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }

  /// Said before the training where all of its images are of one class.
  package static func oneClass(_ data: DataSplits) -> String? {
    guard let label = data.train.labels.first, shares(data.train).count == 1 else { return nil }
    return """
      all \(data.train.count.grouped) training images are of the class \(data.classNames[Int(label)]): there is nothing to tell apart
      """
  }

  /// The classes that there are, with their parts of the images.
  private static func shares(_ split: DataSplit) -> [Int32: Double] {
    split.labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }.mapValues { (count: Double) in
      count / Double(split.count)
    }
  }
}
