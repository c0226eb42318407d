/// What determines a training run, beside network and data: the same settings give the same model, bit for bit.
public struct TrainingSettings: Hashable, Sendable, Codable {
  /// Passes over the training set.
  public var epochs: Int
  /// Samples a step; the last batch of an epoch may be shorter.
  public var batchSize: Int
  /// Base learning rate, which the schedule scales.
  public var learningRate: Double
  public var schedule: LearningRateSchedule
  /// SGD's momentum μ: v ← μ·v + g, θ ← θ − η·v.
  public var momentum: Double
  /// L2 penalty λ, added to the gradient as λ·θ.
  public var weightDecay: Double
  /// Random shifts of training images, in pixels each way; 0 for none.
  public var shift: Int
  /// Seed of initial values, order of the samples and augmentation.
  public var seed: UInt64
  /// Of convolutions, in training and evaluation.
  public var precision: Precision

  public init(
    epochs: Int, batchSize: Int = 64, learningRate: Double = 0.02, schedule: LearningRateSchedule = .cosine,
    momentum: Double = 0.9, weightDecay: Double = 5e-4, shift: Int = 2, seed: UInt64 = 1,
    precision: Precision = .standard
  ) {
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.schedule = schedule
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.shift = shift
    self.seed = seed
    self.precision = precision
  }

  /// What the command takes where nothing else is asked for.
  public static let defaults = TrainingSettings(epochs: 10)

  /// Throws where a value makes no sense, and says what is allowed.
  public func validate() throws(SettingsError) {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String)
      throws(SettingsError)
    {
      if !holds { throw SettingsError(description: "\(name) is \(value), expected \(allowed)") }
    }
    try check(epochs >= 1, "the number of epochs", epochs, "at least 1")
    try check(batchSize >= 1, "the batch size", batchSize, "at least 1")
    try check(learningRate.isFinite && learningRate > 0, "the learning rate", learningRate, "a number above 0")
    try check(momentum >= 0 && momentum < 1, "the momentum", momentum, "a number from 0 to below 1")
    try check(weightDecay.isFinite && weightDecay >= 0, "the weight decay", weightDecay, "a number from 0")
    try check(schedule.warmup >= 0 && schedule.warmup < 1, "the warm-up", schedule.warmup, "a part from 0 to below 1")
    try check(shift >= 0, "the shift", shift, "at least 0 pixels")
  }
}

/// A setting outside its range.
public struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}
