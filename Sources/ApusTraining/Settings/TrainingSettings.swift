import ApusCore
import ApusData
import ApusLayers

/// What determines a training run, beside network and data: the same settings give the same model, bit for bit.
public struct TrainingSettings: Hashable, Sendable, Codable {
  /// Passes over the training set.
  public var epochs: Int
  /// Mini-batch size; the last batch of an epoch may be shorter.
  public var batchSize: Int
  /// Base learning rate, which the schedule scales.
  public var learningRate: Double
  /// How the learning rate changes over the run.
  package var schedule: LearningRateSchedule
  /// A name of `OptimizerCatalogue`.
  public var optimizer: String
  /// SGD's momentum μ: v ← μ·v + g, θ ← θ − η·v; Adam's β₁.
  package var momentum: Double
  /// L2 penalty λ, added to the gradient as λ·θ; decoupled in AdamW and sign-SGD.
  package var weightDecay: Double
  /// What the weight decay acts on: filters and matrices, or all parameters.
  package var decaying: DecayedParameters
  /// What is done to the gradients before each step.
  package var clipping: GradientClipping
  /// Random shifts of training images, in pixels each way; 0 for none.
  package var shift: Int
  /// Whether training images are mirrored left to right half of the time: not for digits.
  package var flips: Bool
  /// Side of the square that is cut out of training images, in pixels; 0 for none.
  package var cutout: Int
  /// Brightness, contrast and saturation of training images by factors in 1 ± this; 0 for none.
  package var jitter: Double
  /// Seed of initial values, order of the samples and augmentation.
  public var seed: UInt64
  /// Of convolutions, in training and evaluation.
  package var precision: Precision
  /// Patterns of parameters that stay as they are, see `Layer.freeze`.
  package var freeze: [String]
  /// Patterns of parameters that are trained although `freeze` names them.
  package var unfreeze: [String]
  /// Learning rates and weight decays of parts of the model.
  package var groups: [ParameterGroup]
  /// What is minimized: a name of `LossCatalogue`, or that of the `Loss` that a trainer was given.
  package var loss: String
  /// How much the samples of each class count in the loss.
  package var classWeights: ClassWeights
  /// Part of each label that cross-entropy spreads over all classes, from 0 to 1.
  package var labelSmoothing: Double
  /// What a network of the catalogue draws the weights of its convolutions and linear layers by: a name of `InitializerCatalogue`; `nil`
  /// for the network's own choice.
  package var initializer: String?
  /// Which epoch's parameters the trained model has.
  package var keeping: KeptEpoch

  /// Learning rate, momentum and weight decay are the optimizer's usual ones where they are not given.
  ///
  /// - Parameters:
  ///   - epochs: passes over the training set.
  ///   - batchSize: mini-batch size; the last batch of an epoch may be shorter.
  ///   - learningRate: base learning rate, which the schedule scales.
  ///   - schedule: how the learning rate changes over the run.
  ///   - optimizer: a name of `OptimizerCatalogue`.
  ///   - momentum: SGD's momentum μ: v ← μ·v + g, θ ← θ − η·v; Adam's β₁.
  ///   - weightDecay: L2 penalty λ, added to the gradient as λ·θ; decoupled in AdamW and sign-SGD.
  ///   - decaying: what the weight decay acts on: filters and matrices, or all parameters.
  ///   - clipping: what is done to the gradients before each step.
  ///   - shift: random shifts of training images, in pixels each way; 0 for none.
  ///   - flips: whether training images are mirrored left to right half of the time: not for digits.
  ///   - cutout: side of the square that is cut out of training images, in pixels; 0 for none.
  ///   - jitter: brightness, contrast and saturation of training images by factors in 1 ± this; 0 for none.
  ///   - seed: that of initial values, order of the samples and augmentation.
  ///   - precision: of convolutions, in training and evaluation.
  ///   - freeze: patterns of parameters that stay as they are, see `Layer.freeze`.
  ///   - unfreeze: patterns of parameters that are trained although `freeze` names them.
  ///   - groups: learning rates and weight decays of parts of the model.
  ///   - loss: what is minimized: a name of `LossCatalogue`, or that of the `Loss` that a trainer was given.
  ///   - classWeights: how much the samples of each class count in the loss.
  ///   - labelSmoothing: part of each label that cross-entropy spreads over all classes, from 0 to 1.
  ///   - initializer: what a network of the catalogue draws the weights of its convolutions and linear layers by: a name of
  ///     `InitializerCatalogue`; `nil` for the network's own choice.
  ///   - keeping: which epoch's parameters the trained model has.
  public init(
    epochs: Int, batchSize: Int = 64, learningRate: Double? = nil, schedule: LearningRateSchedule = .cosine,
    optimizer: String = "sgd", momentum: Double? = nil, weightDecay: Double? = nil,
    decaying: DecayedParameters = .weights, clipping: GradientClipping = .none, shift: Int = 2, flips: Bool = false,
    cutout: Int = 0, jitter: Double = 0, seed: UInt64 = 1, precision: Precision = .standard, freeze: [String] = [],
    unfreeze: [String] = [], groups: [ParameterGroup] = [], loss: String = LossCatalogue.names[0],
    classWeights: ClassWeights = .equal, labelSmoothing: Double = 0, initializer: String? = nil,
    keeping: KeptEpoch = .best
  ) {
    // An unknown name is refused by `validate`.
    let usual = OptimizerCatalogue[optimizer] ?? OptimizerCatalogue.entries[0]
    self.epochs = epochs
    self.batchSize = batchSize
    self.learningRate = learningRate ?? usual.learningRate
    self.schedule = schedule
    self.optimizer = optimizer
    self.momentum = momentum ?? usual.momentum ?? 0
    self.weightDecay = weightDecay ?? usual.weightDecay
    self.decaying = decaying
    self.clipping = clipping
    self.shift = shift
    self.flips = flips
    self.cutout = cutout
    self.jitter = jitter
    self.seed = seed
    self.precision = precision
    self.freeze = freeze
    self.unfreeze = unfreeze
    self.groups = groups
    self.loss = loss
    self.classWeights = classWeights
    self.labelSmoothing = labelSmoothing
    self.initializer = initializer
    self.keeping = keeping
  }

  /// What the command takes where nothing else is asked for.
  package static let defaults = TrainingSettings(epochs: 10)

  /// Throws where a value makes no sense, and says what is allowed.
  package func validate() throws(SettingsError) {
    func check(_ holds: Bool, _ name: String, _ value: some CustomStringConvertible, _ allowed: String)
      throws(SettingsError)
    {
      if !holds { throw SettingsError(description: "\(name) is \(value), expected \(allowed)") }
    }
    try check((1...1_000_000).contains(epochs), "the number of epochs", epochs, "1 to 1000000")
    try check((1...1 << 30).contains(batchSize), "the batch size", batchSize, "1 to \(1 << 30)")
    try check(learningRate.isFinite && learningRate > 0, "the learning rate", learningRate, "a number above 0")
    if try OptimizerCatalogue.entry(optimizer).momentum == nil {
      try check(momentum == 0, "the momentum", momentum, "0, as \(optimizer) has none")
    }
    try check(momentum >= 0 && momentum < 1, "the momentum", momentum, "a number from 0 to below 1")
    try check(weightDecay.isFinite && weightDecay >= 0, "the weight decay", weightDecay, "a number from 0")
    try schedule.validate()
    try check((0...65536).contains(shift), "the shift", shift, "0 to 65536 pixels")
    try check((0...65536).contains(cutout), "the cutout", cutout, "0 to 65536 pixels")
    try check(jitter >= 0 && jitter <= 1, "the color jitter", jitter, "a number from 0 to 1")
    try check(labelSmoothing >= 0 && labelSmoothing <= 1, "the label smoothing", labelSmoothing, "a number from 0 to 1")
    if let initializer { _ = try InitializerCatalogue.initializer(initializer) }
    try check(
      precision != .float64, "the precision", precision.rawValue,
      "standard, strict or bfloat16: float64 is for diagnoses, by withPrecision(.float64)")
  }

  /// Freezes what is to be frozen of a model that is trained with these settings.
  ///
  /// - Throws: `PathError` where a pattern matches nothing, `SettingsError` where nothing is left to train.
  func freeze(_ model: any Model) throws {
    if !freeze.isEmpty { _ = try model.setFrozen(true, matching: freeze) }
    if !unfreeze.isEmpty { _ = try model.setFrozen(false, matching: unfreeze) }
    let parameters = model.parameters
    for group in groups where !group.matches(anyOf: parameters) {
      throw PathError.noMatch(group.pattern, of: parameters.map(\.path))
    }
    if !parameters.contains(where: \.parameter.isTrainable) {
      throw SettingsError(description: "all of the \(parameters.count) parameters are frozen: nothing is left to train")
    }
  }

  /// The loss with what else the settings say of it, for people.
  package var lossText: String {
    var text = loss
    if classWeights != .equal { text += ", class weights \(classWeights)" }
    if labelSmoothing != 0 { text += ", label smoothing \(labelSmoothing)" }
    return text
  }

  /// Whether the loss is cross-entropy as it is.
  package var isPlainCrossEntropy: Bool { lossText == LossCatalogue.names[0] }

  /// What is done to training images; `nil` for nothing.
  var augmentation: Augmentation? {
    if shift == 0 && !flips && cutout == 0 && jitter == 0 { return nil }
    return Augmentation(
      maximumShift: shift, flipsHorizontally: flips,
      colorJitter: jitter == 0 ? nil : .init(brightness: jitter, contrast: jitter, saturation: jitter), cutout: cutout)
  }
}

/// Which epoch's parameters a trained model has.
public enum KeptEpoch: String, Hashable, Sendable, Codable, CaseIterable {
  /// The best by validation; of those that the validation samples cannot tell apart, the latest.
  case best
  /// The last.
  case last
}

extension TrainingSettings {
  /// A run that began before there was a choice goes on as it began: SGD, weight decay on all parameters, no clipping.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      epochs: try values.decode(Int.self, forKey: .epochs), batchSize: try values.decode(Int.self, forKey: .batchSize),
      learningRate: try values.decode(Double.self, forKey: .learningRate),
      schedule: try values.decode(LearningRateSchedule.self, forKey: .schedule),
      optimizer: try values.decodeIfPresent(String.self, forKey: .optimizer) ?? "sgd",
      momentum: try values.decode(Double.self, forKey: .momentum),
      weightDecay: try values.decode(Double.self, forKey: .weightDecay),
      decaying: try values.decodeIfPresent(DecayedParameters.self, forKey: .decaying) ?? .all,
      clipping: try values.decodeIfPresent(GradientClipping.self, forKey: .clipping) ?? .none,
      shift: try values.decode(Int.self, forKey: .shift),
      flips: try values.decodeIfPresent(Bool.self, forKey: .flips) ?? false,
      cutout: try values.decodeIfPresent(Int.self, forKey: .cutout) ?? 0,
      jitter: try values.decodeIfPresent(Double.self, forKey: .jitter) ?? 0,
      seed: try values.decode(UInt64.self, forKey: .seed),
      precision: try values.decode(Precision.self, forKey: .precision),
      freeze: try values.decodeIfPresent([String].self, forKey: .freeze) ?? [],
      unfreeze: try values.decodeIfPresent([String].self, forKey: .unfreeze) ?? [],
      groups: try values.decodeIfPresent([ParameterGroup].self, forKey: .groups) ?? [],
      loss: try values.decodeIfPresent(String.self, forKey: .loss) ?? LossCatalogue.names[0],
      classWeights: try values.decodeIfPresent(ClassWeights.self, forKey: .classWeights) ?? .equal,
      labelSmoothing: try values.decodeIfPresent(Double.self, forKey: .labelSmoothing) ?? 0,
      initializer: try values.decodeIfPresent(String.self, forKey: .initializer),
      keeping: try values.decodeIfPresent(KeptEpoch.self, forKey: .keeping) ?? .best)
  }
}
