/// What one epoch showed: a row of `metrics.csv`.
public struct EpochMetrics: Hashable, Sendable, Codable {
  /// Counted from 1.
  public var epoch: Int
  /// Learning rate of the epoch's last step.
  public var learningRate: Double
  /// Mean over the epoch's samples of the loss that was trained on: with augmentation, while the parameters move.
  public var trainLoss: Double
  /// Part of a fixed part of the training set that is classified rightly after the epoch, in inference mode, without augmentation.
  public var trainAccuracy: Double
  /// Mean cross-entropy per sample of the validation split, after the epoch, in inference mode.
  public var validationLoss: Double
  /// Part of the validation split that is classified rightly, from 0 to 1, after the epoch, in inference mode.
  public var validationAccuracy: Double
  /// Wall time of the epoch with its evaluations, in seconds.
  public var seconds: Double

  package init(
    epoch: Int, learningRate: Double, trainLoss: Double, trainAccuracy: Double, validationLoss: Double,
    validationAccuracy: Double, seconds: Double
  ) {
    self.epoch = epoch
    self.learningRate = learningRate
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.seconds = seconds
  }

  static let csvHeader =
    "epoch,learning_rate,train_loss,train_accuracy,validation_loss,validation_accuracy,seconds"

  var csvRow: String {
    [
      "\(epoch)", "\(Float(learningRate))", trainLoss.formatted(decimals: 6), trainAccuracy.formatted(decimals: 6),
      validationLoss.formatted(decimals: 6), validationAccuracy.formatted(decimals: 6), seconds.formatted(decimals: 3),
    ].joined(separator: ",")
  }

  /// The whole of `metrics.csv`.
  static func csv(_ rows: [EpochMetrics]) -> String {
    ([csvHeader] + rows.map(\.csvRow)).map { $0 + "\n" }.joined()
  }
}
