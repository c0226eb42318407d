/// Means and variances of each batch norm's inputs over many batches, merged by Chan's formula in double precision:
///
/// δ = mean_b − mean_a;  mean = mean_a + δ · n_b / n;  M2 = M2_a + M2_b + δ² · n_a · n_b / n
package final class WholeSetStatistics {
  private struct Entry {
    let runningMean: Buffer
    let runningVariance: Buffer
    var count = 0.0
    var mean: [Double]
    var m2: [Double]
  }

  private var entries: [ObjectIdentifier: Entry] = [:]

  /// `variance`: biased, over `count` values.
  package func add(mean: Tensor, variance: Tensor, count: Int, for runningMean: Buffer, _ runningVariance: Buffer) {
    let key = ObjectIdentifier(runningMean)
    let zeros = [Double](repeating: 0, count: mean.elementCount)
    var entry =
      entries[key] ?? Entry(runningMean: runningMean, runningVariance: runningVariance, mean: zeros, m2: zeros)
    let (means, variances) = (
      mean.cast(to: .float64).array(of: Double.self), variance.cast(to: .float64).array(of: Double.self)
    )
    let added = Double(count)
    let total = entry.count + added
    for channel in means.indices {
      let delta = means[channel] - entry.mean[channel]
      entry.mean[channel] += delta * added / total
      entry.m2[channel] += variances[channel] * added + delta * delta * entry.count * added / total
    }
    entry.count = total
    entries[key] = entry
  }

  /// Sets the running statistics: the mean, and the unbiased variance, as training's running one is.
  func commit() {
    for entry in entries.values {
      let shape = entry.runningMean.shape
      entry.runningMean.value = Tensor(entry.mean.map { Float($0) }, shape: shape)
      entry.runningVariance.value = Tensor(entry.m2.map { Float($0 / (entry.count - 1)) }, shape: shape)
    }
  }
}

extension Model {
  /// Replaces the running statistics of every batch norm by the mean and variance of its inputs over all batches together: what the
  /// lectures call the statistics of the whole training set. Exact: batches are merged, not averaged, whatever their sizes.
  ///
  /// The model runs as in training without dropout: each batch norm normalizes by the batch, so later ones see what they see in
  /// training. Frozen buffers are left alone, and their layers normalize by them. Nothing changes where an error is thrown.
  /// Every batch needs more than one value a channel.
  ///
  /// ```swift
  /// model.recomputeStatistics(over: train.batches(of: 256)) { _ = model($0.images) }
  /// ```
  public func recomputeStatistics<Batches: Sequence>(
    over batches: Batches, _ run: (Batches.Element) throws -> Void
  ) rethrows {
    let statistics = WholeSetStatistics()
    for batch in batches {
      let scope = Scope(
        mode: .plain, phase: Phase(dropout: false, batchStatistics: true, updatesState: false),
        key: RandomKey(seed: 0, step: 0))
      scope.statistics = statistics
      try scope.run { try run(batch) }
    }
    statistics.commit()
  }

}

extension Layer {
  /// As above over batches of inputs.
  public func recomputeStatistics<Batches: Sequence>(over batches: Batches) where Batches.Element == Tensor {
    recomputeStatistics(over: batches) { _ = self($0).body.storage }
  }
}
