/// What one epoch showed: a row of `metrics.csv`.
public struct EpochMetrics: Hashable, Sendable, Codable {
  /// Counted from 1.
  public var epoch: Int
  /// Learning rate of the epoch's last step.
  public var learningRate: Double
  /// Mean over the epoch's samples of the loss that was trained on: with augmentation, while the parameters move.
  public var trainLoss: Double
  /// On a fixed part of the training samples after the epoch, in inference mode, without augmentation. Its loss is the training loss
  /// as a validation loss is to be compared with it.
  public var train: Scores
  /// On the validation samples, after the epoch, in inference mode.
  public var validation: Scores
  /// Wall time of the epoch with its evaluations, in seconds.
  public var seconds: Double

  package init(
    epoch: Int, learningRate: Double, trainLoss: Double, train: Scores, validation: Scores, seconds: Double
  ) {
    self.epoch = epoch
    self.learningRate = learningRate
    self.trainLoss = trainLoss
    self.train = train
    self.validation = validation
    self.seconds = seconds
  }

  /// The whole of `metrics.csv`.
  static func csv(_ rows: [EpochMetrics], _ metrics: [Metric]) -> String {
    let names = metrics.map(\.name)
    let parts = ["train", "validation"].map { part in names.map { "\(part)_\($0)" } }
    let header =
      ["epoch", "learning_rate", "train_loss", "evaluated_train_loss"] + parts[0] + ["validation_loss"] + parts[1]
      + ["seconds"]
    let lines = rows.map { row in
      let numbers =
        [row.trainLoss, row.train.loss] + names.map { row.train[$0] } + [row.validation.loss]
        + names.map { row.validation[$0] }
      return ["\(row.epoch)", "\(Float(row.learningRate))"] + numbers.map { $0.formatted(decimals: 6) }
        + [row.seconds.formatted(decimals: 3)]
    }
    return ([header] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
