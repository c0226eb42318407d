import ApusCore

/// What a training run tells while it works, and what it asks: all calls come on the thread that trains.
public protocol TrainingObserver: AnyObject {
  /// Data were read and the model is planned; training begins or continues.
  func trainingBegins(_ record: RunRecord, plan: Plan)
  /// At most ten times a second.
  func trainingProgressed(_ progress: TrainingProgress)
  /// An epoch was trained and evaluated, and, in a run with a folder, its checkpoint is written. `isKept`: its model is the one
  /// to keep so far.
  func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool)
  /// A circumstance that the user should know, one line.
  func warn(_ text: String)
  /// Asked after every step: true ends the run with a checkpoint.
  var shouldStop: Bool { get }
}

extension TrainingObserver {
  /// Does nothing.
  public func trainingBegins(_ record: RunRecord, plan: Plan) {}
  /// Does nothing.
  public func trainingProgressed(_ progress: TrainingProgress) {}
  /// Does nothing.
  public func epochEnded(_ row: EpochMetrics, of epochs: Int, isKept: Bool) {}
  /// Does nothing: warnings are lost unless an observer takes them.
  public func warn(_ text: String) {}
  /// Never asks to stop.
  public var shouldStop: Bool { false }
}

/// An observer that says nothing and stops nothing.
public final class SilentObserver: TrainingObserver {
  /// The observer of a run that nobody watches.
  public init() {}
}

/// Where training is.
public struct TrainingProgress: Hashable, Sendable {
  /// The epoch that is being trained, counted from 1.
  public var epoch: Int
  /// Epochs of the whole run.
  public var epochs: Int
  /// Steps done in the epoch.
  public var step: Int
  /// Steps of a whole epoch.
  public var stepsPerEpoch: Int
  /// Mean loss of the epoch so far.
  public var loss: Double
  /// Since this process began to train.
  public var imagesPerSecond: Double
  /// Estimate for the rest of the run, from the time of its steps.
  public var secondsLeft: Double

  /// Part of the epoch that is done.
  public var fraction: Double { Double(step) / Double(stepsPerEpoch) }
}
