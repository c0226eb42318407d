import ApusCore
import ApusLayers

/// A loss as a value: what is minimized, and what it is called in records and reports.
///
/// ```swift
/// let loss = Loss("smooth L1") { smoothL1Loss($0, $1) }
/// ```
public struct Loss: Sendable {
  /// Recorded by a run, which is resumed only with a loss of the same name: of two that differ it tells the difference.
  public let name: String
  private let value: @Sendable (Tensor, Tensor) -> Tensor

  /// - Parameter value: a scalar of the network's outputs and the batch's labels or targets, the mean over the batch.
  public init(_ name: String, _ value: @escaping @Sendable (_ outputs: Tensor, _ labels: Tensor) -> Tensor) {
    self.name = name
    self.value = value
  }

  /// The loss of a batch.
  public func callAsFunction(_ outputs: Tensor, _ labels: Tensor) -> Tensor { value(outputs, labels) }

  /// `crossEntropy(logits:labels:)`: of classes, or of the classes of pixels.
  ///
  /// - Parameters:
  ///   - classWeights: a number of at least 0 per class, to weigh rare ones up.
  ///   - labelSmoothing: part of each label that is spread over all classes, from 0 to 1.
  ///   - ignored: a label that counts for nothing.
  public static func crossEntropy(
    classWeights: [Double]? = nil, labelSmoothing: Double = 0, ignoring ignored: Int? = nil
  ) -> Loss {
    let weights = classWeights.map { Tensor($0.map(Float.init)) }
    let smoothing = labelSmoothing == 0 ? nil : "label smoothing \(labelSmoothing)"
    return Loss(name("cross-entropy", classWeights, smoothing)) {
      ApusLayers.crossEntropy(
        logits: $0, labels: $1, classWeights: weights, labelSmoothing: labelSmoothing, ignoring: ignored)
    }
  }

  /// `focalLoss(logits:labels:)`.
  public static func focal(
    gamma: Double = 2, classWeights: [Double]? = nil, ignoring ignored: Int? = nil
  ) -> Loss {
    let weights = classWeights.map { Tensor($0.map(Float.init)) }
    return Loss(name("focal", classWeights, gamma == 2 ? nil : "gamma \(gamma)")) {
      focalLoss(logits: $0, labels: $1, gamma: gamma, alpha: weights, ignoring: ignored)
    }
  }

  /// `hingeLoss(scores:labels:)`.
  public static func hinge(
    margin: Double = 1, classWeights: [Double]? = nil, ignoring ignored: Int? = nil
  ) -> Loss {
    let weights = classWeights.map { Tensor($0.map(Float.init)) }
    return Loss(name("hinge", classWeights, margin == 1 ? nil : "margin \(margin)")) {
      hingeLoss(scores: $0, labels: $1, margin: margin, classWeights: weights, ignoring: ignored)
    }
  }

  /// `mseLoss(_:_:)`: of numbers, the mean over all elements.
  public static let meanSquaredError = Loss("mean squared error") { mseLoss($0, $1) }

  /// `l1Loss(_:_:)`: of numbers, the mean over all elements.
  public static let meanAbsoluteError = Loss("mean absolute error") { l1Loss($0, $1) }

  private static func name(_ name: String, _ weights: [Double]?, _ option: String?) -> String {
    let weights = weights.map { "class weights " + $0.map { "\($0)" }.joined(separator: ",") }
    return ([name] + [weights, option].compactMap { $0 }).joined(separator: ", ")
  }
}
