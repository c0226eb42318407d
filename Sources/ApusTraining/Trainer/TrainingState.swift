import ApusLayers

/// How far a training run is, beside the tensors: what a checkpoint keeps as JSON.
package struct TrainingState: Hashable, Sendable, Codable {
  /// The epoch that is being trained, counted from 1; one more than their number when all are done.
  package var epoch = 1
  /// Steps done in that epoch.
  package var step = 0
  /// Steps done in all.
  package var totalSteps = 0
  /// Sum over the epoch's samples so far of their loss, and their number.
  package var lossSum = 0.0
  package var samples = 0
  /// Wall time of the epoch so far.
  package var epochSeconds = 0.0
  /// Of all epochs: wall time of the steps, waiting for data included, evaluation and files not; and images trained on in it.
  package var trainingSeconds = 0.0
  package var trainedImages = 0
  package var rows: [EpochMetrics] = []
  /// Row of the epoch whose model is kept.
  package var kept: EpochMetrics?
  /// Of a schedule that watches the validation loss.
  package var plateau: Plateau?
  /// What a `GradientClipper` remembers; `nil` before its first step, and where it needs nothing.
  package var gradientNorms: [Double]?

  package init() {}

  package var imagesPerSecond: Double { trainingSeconds > 0 ? Double(trainedImages) / trainingSeconds : 0 }

  /// Ends the epoch. Returns whether its model is the one to keep.
  ///
  /// Of the best it is the latest whose first metric, or loss where there is none, is the best so far, or no further from it than the
  /// metrics' tolerance.
  package mutating func endEpoch(
    _ row: EpochMetrics, metrics: any Metrics, samples: Int, keeping: KeptEpoch
  ) -> Bool {
    rows.append(row)
    epoch += 1
    step = 0
    lossSum = 0
    self.samples = 0
    epochSeconds = 0
    if keeping == .best, kept != nil, !isAmongBest(row, metrics, samples) { return false }
    kept = row
    return true
  }

  private func isAmongBest(_ row: EpochMetrics, _ metrics: any Metrics, _ samples: Int) -> Bool {
    guard let metric = metrics.metrics.first else {
      return rows.allSatisfy { row.validation.loss <= $0.validation.loss }
    }
    let values = rows.map { $0.validation[metric.name] }
    let value = row.validation[metric.name]
    switch metric.goal {
    case .rising:
      let best = values.reduce(-.infinity) { max($0, $1) }
      return value >= best - metrics.tolerance(of: best, samples: samples)
    case .falling:
      let best = values.reduce(.infinity) { min($0, $1) }
      return value <= best + metrics.tolerance(of: best, samples: samples)
    }
  }
}
