/// A loss or a parameter that is no longer a finite number. The update of the step was not made.
public struct DivergenceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Steps of the whole run are counted from 1, as epochs are.
  package var step: Int
  /// Counted from 1.
  package var epoch: Int
  /// What is not finite, with its value: "the loss is nan".
  package var what: String
  /// The first layer, or the first parameter, whose values are not finite; `nil` where none is.
  package var origin: String?
  /// The base learning rate of the settings.
  package var learningRate: Double
  /// Step of the last checkpoint.
  package var checkpointStep: Int?

  /// One line with step, epoch, cause and place, the last checkpoint, and the advice to try a lower learning rate.
  public var description: String {
    let kept = checkpointStep.map { "the checkpoint of step \($0) is kept" } ?? "no checkpoint had been written yet"
    return """
      training diverged at step \(step) (epoch \(epoch)): \(what)\
      \(origin.map { "; the first values that are not finite are in \($0)" } ?? ""); \(kept); \
      try a learning rate well below \(Float(learningRate))
      """
  }
}
