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
  /// The latest epoch is kept whose validation accuracy is the highest so far, or below it by no more than the standard error of
  /// the difference (after the one-standard-error rule, Breiman et al. 1984): among epochs that n validation images cannot tell
  /// apart, later ones have seen more and, under a falling learning rate, are less noisy. The highest of a few hundred images
  /// alone is mostly luck.
  package mutating func endEpoch(_ row: EpochMetrics, validationCount: Int) -> Bool {
    rows.append(row)
    epoch += 1
    step = 0
    lossSum = 0
    samples = 0
    epochSeconds = 0
    let highest = rows.reduce(0) { max($0, $1.validationAccuracy) }
    let tolerance = TrainingState.standardErrorOfDifference(highest, of: validationCount)
    guard row.validationAccuracy >= highest - tolerance else { return false }
    kept = row
    return true
  }

  /// √(2·p·(1 − p)/n), with p by Laplace's rule of succession, as an accuracy of 1 does not mean certainty.
  private static func standardErrorOfDifference(_ accuracy: Double, of count: Int) -> Double {
    let p = (accuracy * Double(count) + 1) / Double(count + 2)
    return (2 * p * (1 - p) / Double(count)).squareRoot()
  }
}
