/// How far a training run is, beside the tensors: what a checkpoint keeps as JSON.
struct TrainingState: Hashable, Sendable, Codable {
  /// The epoch that is being trained, counted from 1; one more than their number when all are done.
  var epoch = 1
  /// Steps done in that epoch.
  var step = 0
  /// Steps done in all.
  var totalSteps = 0
  /// Sum over the epoch's samples so far of their loss, and their number.
  var lossSum = 0.0
  var samples = 0
  /// Wall time of the epoch so far.
  var epochSeconds = 0.0
  /// Of all epochs: wall time of the steps, waiting for data included, evaluation and files not; and images trained on in it.
  var trainingSeconds = 0.0
  var trainedImages = 0
  var rows: [EpochMetrics] = []
  /// Row of the best epoch so far.
  var best: EpochMetrics?

  var imagesPerSecond: Double { trainingSeconds > 0 ? Double(trainedImages) / trainingSeconds : 0 }

  /// Ends the epoch: its row joins the others, and is the best one if its validation accuracy is the highest so far; of equal ones
  /// the lower validation loss wins, then the earlier epoch. Returns whether it is.
  mutating func endEpoch(_ row: EpochMetrics) -> Bool {
    rows.append(row)
    epoch += 1
    step = 0
    lossSum = 0
    samples = 0
    epochSeconds = 0
    if let best, !TrainingState.precedes(row, best) { return false }
    best = row
    return true
  }

  private static func precedes(_ a: EpochMetrics, _ b: EpochMetrics) -> Bool {
    a.validationAccuracy != b.validationAccuracy
      ? a.validationAccuracy > b.validationAccuracy : a.validationLoss < b.validationLoss
  }
}
