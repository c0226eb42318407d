import ApusData

/// What determines a training of the small fully convolutional network on composed scenes: the same settings give the same bits.
public struct SegmentationSettings: Hashable, Sendable, Codable {
  /// Number of times that `scenes` new scenes are trained on, each followed by an evaluation.
  public var epochs = 20
  /// Training scenes an epoch; every epoch has new ones.
  public var scenes = 1536
  /// Scenes a step; the last batch of an epoch may be shorter.
  public var batchSize = 16
  /// Height of the scenes that are trained on, in pixels: 16 to 1024.
  public var height = 64
  /// Their width, in pixels: 16 to 1024.
  public var width = 64
  /// Peak of AdamW's learning rate, which rises over the first twentieth of the steps and falls along half a cosine.
  public var learningRate = 0.015
  /// AdamW's decoupled weight decay λ.
  public var weightDecay = 0.01
  /// Seed of initial values and training scenes. Validation and test scenes are the same for every seed.
  public var seed: UInt64 = 1

  /// The settings that the command has by default. Values that are set later are checked by `validate()`.
  public init() {}

  /// Throws where a number makes no sense.
  public func validate() throws(SettingsError) {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String)
      throws(SettingsError)
    {
      if !holds { throw SettingsError(description: "\(name) is \(value), expected \(allowed)") }
    }
    try check((1...100_000).contains(epochs), "the number of epochs", epochs, "1 to 100000")
    try check((1...10_000_000).contains(scenes), "the number of scenes", scenes, "1 to 10000000")
    try check((1...4096).contains(batchSize), "the batch size", batchSize, "1 to 4096")
    for (name, size) in [("the scenes' height", height), ("the scenes' width", width)] {
      try check(
        (ComposedScenes.smallestSize...1024).contains(size), name, size, "\(ComposedScenes.smallestSize) to 1024")
    }
    try check(learningRate > 0 && learningRate.isFinite, "the learning rate", learningRate, "a number above 0")
    try check(weightDecay >= 0 && weightDecay.isFinite, "the weight decay", weightDecay, "a number of at least 0")
  }
}

/// What one epoch of a segmentation's training showed.
public struct SegmentationEpoch: Hashable, Sendable {
  /// Counted from 1.
  public var epoch: Int
  /// Mean cross-entropy of the epoch's steps, while the parameters move.
  public var trainLoss: Double
  /// On validation scenes, after the epoch.
  public var pixelAccuracy: Double
  /// Mean intersection over union on validation scenes, after the epoch.
  public var meanIntersectionOverUnion: Double
  /// Wall time with the evaluation.
  public var seconds: Double
}
