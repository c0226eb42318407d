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

extension EpochMetrics {
  private enum FormerKeys: String, CodingKey { case trainAccuracy, validationLoss, validationAccuracy }

  /// Reads a row of a checkpoint. One that was written before there were other metrics than the accuracy has no loss of the training
  /// samples: it is NaN.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let train: Scores
    let validation: Scores
    if values.contains(.train) {
      train = try values.decode(Scores.self, forKey: .train)
      validation = try values.decode(Scores.self, forKey: .validation)
    } else {
      let former = try decoder.container(keyedBy: FormerKeys.self)
      func scores(_ loss: Double, _ accuracy: FormerKeys) throws -> Scores {
        Scores(loss: loss, metrics: [Metric.accuracy.name: try former.decode(Double.self, forKey: accuracy)])
      }
      train = try scores(.nan, .trainAccuracy)
      validation = try scores(try former.decode(Double.self, forKey: .validationLoss), .validationAccuracy)
    }
    self.init(
      epoch: try values.decode(Int.self, forKey: .epoch),
      learningRate: try values.decode(Double.self, forKey: .learningRate),
      trainLoss: try values.decode(Double.self, forKey: .trainLoss), train: train, validation: validation,
      seconds: try values.decode(Double.self, forKey: .seconds))
  }
}
