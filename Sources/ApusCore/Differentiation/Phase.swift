/// How layers behave that differ between training and use: three switches.
///
/// A layer trains exactly while gradients are taken: `valueWithGradients` runs in `.training`, everything else in `.inference`.
public struct Phase: Hashable, Sendable {
  /// Dropout draws masks.
  package var dropout: Bool
  /// Batch norm normalizes by the batch's statistics instead of the running ones.
  package var batchStatistics: Bool
  /// State updates (running statistics) are collected and committed when the scope returns normally.
  package var updatesState: Bool

  /// Any combination of the three switches; those in common use have names below.
  package init(dropout: Bool, batchStatistics: Bool, updatesState: Bool) {
    self.dropout = dropout
    self.batchStatistics = batchStatistics
    self.updatesState = updatesState
  }

  /// What `valueWithGradients` runs in: dropout, the batch's statistics, and updates of the running ones.
  public static let training = Phase(dropout: true, batchStatistics: true, updatesState: true)
  /// What everything else runs in: no dropout, running statistics, no updates.
  public static let inference = Phase(dropout: false, batchStatistics: false, updatesState: false)
  /// Dropout on, running statistics: samples from the approximate posterior (Gal & Ghahramani 2016).
  public static let monteCarlo = Phase(dropout: true, batchStatistics: false, updatesState: false)
  /// Recomputes running statistics without training.
  public static let statistics = Phase(dropout: false, batchStatistics: true, updatesState: true)
}

/// What random masks are keyed by, beside the ordinal of the random operation in its scope and the element.
public struct RandomKey: Hashable, Sendable {
  /// Two runs with different seeds draw different masks.
  package var seed: UInt64
  /// Number of the training step, so that each step draws new masks.
  package var step: UInt64

  /// The same seed and step always give the same masks, on any machine and with any number of threads.
  public init(seed: UInt64, step: UInt64) {
    self.seed = seed
    self.step = step
  }

  /// The key of a pass that was given none: of the surrounding `Random.withSeed`, and of no other pass in it.
  static var next: RandomKey {
    let source = RandomSource.current
    return RandomKey(seed: source.seed, step: source.nextPass())
  }
}
