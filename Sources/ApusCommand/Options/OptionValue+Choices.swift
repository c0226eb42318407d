import Apus
import ArgumentParser

/// The options that take one of several words, each list with what is meant where nothing else is said.
extension OptionValue {
  /// One of the cases of an enumeration; `usual` is the default.
  static func oneOf<Value: RawRepresentable & Sendable>(
    _ cases: [Value], default usual: Value
  ) -> @Sendable (String) throws -> Value where Value.RawValue == String {
    choice(
      cases.map { ($0.rawValue, $0.rawValue == usual.rawValue ? "\($0.rawValue) (default)" : $0.rawValue) },
      { text in cases.first { $0.rawValue == text } })
  }

  static let precisions = Precision.allCases.filter { $0 != .float64 }  // float64 is for diagnoses
  static let precision = oneOf(precisions, default: TrainingSettings.defaults.precision)
  static let decayed = oneOf(DecayedParameters.allCases, default: TrainingSettings.defaults.decaying)
  static let alpha = oneOf(ImageReading.Alpha.allCases, default: .drop)
  static let orientation = oneOf(ImageReading.Orientation.allCases, default: .apply)
  static let damaged = oneOf(DamagedImages.allCases, default: .stop)
  static let task = oneOf(SceneOptions.Task.allCases, default: .classify)
  static let layout = oneOf(WeightsFile.Layout.allCases, default: .pytorch)

  /// Also by the British spelling, which some kinds had.
  static let kind: @Sendable (String) throws -> Catalogue.Kind = choice(
    Catalogue.Kind.allCases.map { ($0.rawValue, $0.rawValue) },
    { Catalogue.Kind(rawValue: $0.replacing("isation", with: "ization")) })

  static let lecture: @Sendable (String) throws -> Int = choice(
    Lecture.titles.enumerated().map { ("\($0.offset)", "\($0.offset) (\($0.element))") }, Lecture.number)

  static let optimizer: @Sendable (String) throws -> String = choice(
    OptimizerCatalogue.names.map {
      ($0, $0 == TrainingSettings.defaults.optimizer ? "\($0) (default)" : $0)
    },
    { OptimizerCatalogue[$0]?.name })

  /// One of several names, the first of which is the default.
  private static func name(_ names: [String]) -> @Sendable (String) throws -> String {
    choice(
      names.enumerated().map { ($0.element, $0.offset == 0 ? "\($0.element) (default)" : $0.element) },
      { names.contains($0) ? $0 : nil })
  }

  static let loss = name(LossCatalogue.names)
  static let initializer: @Sendable (String) throws -> String = choice(
    InitializerCatalogue.names.map { ($0, $0) }, { InitializerCatalogue.names.contains($0) ? $0 : nil })

  static let classWeights: @Sendable (String) throws -> ClassWeights = choice(
    [
      ("equal", "equal (default)"), ("balanced", "balanced"),
      ("numbers", "a number of at least 0 per class, as 1,2.5,1"),
    ],
    { ClassWeights($0) })

  static let schedule: @Sendable (String) throws -> LearningRateSchedule.Decay = choice(
    [
      ("constant", "constant"), ("cosine", "cosine (default)"),
      ("step", "step:EPOCHS:FACTOR (every 30 epochs, × 0.1)"),
      ("milestones", "milestones:EPOCH,EPOCH:FACTOR (× 0.1)"), ("exponential", "exponential:FACTOR (× 0.95 per epoch)"),
      ("one-cycle", "one-cycle:RISE (0.3 of the steps)"), ("plateau", "plateau:PATIENCE:FACTOR (10 epochs, × 0.1)"),
    ],
    { LearningRateSchedule.Decay($0) })

  static let clipping: @Sendable (String) throws -> GradientClipping = choice(
    [
      ("none", "none (default)"), ("value", "value:LIMIT"), ("norm", "norm:LIMIT"), ("adaptive", "adaptive:PART"),
      ("median", "median:MULTIPLE, each above 0"),
    ],
    { GradientClipping($0) })

  static let normalization: @Sendable (String) throws -> NormalizationChoice = choice(
    NormalizationChoice.allCases.map { choice in
      (
        choice.rawValue,
        choice.rawValue + (choice == .data ? " (default; with --init, what the weights were trained with)" : "")
      )
    },
    { NormalizationChoice(rawValue: $0) })

  static let group: @Sendable (String) throws -> ParameterGroup = { text in
    guard let group = ParameterGroup(text: text) else {
      throw Refusal(
        description: "expected PATTERN:SETTING,SETTING with lr=FACTOR, wd=DECAY or train=false, as layer4.*:lr=0.1,wd=0"
      )
    }
    return group
  }

  static let size: @Sendable (String) throws -> ImageSize = { text in
    guard let size = ImageSize(text) else {
      throw Refusal(
        description:
          "expected HEIGHTxWIDTHxCHANNELS, HEIGHTxWIDTH or one number for a square, each 1 to 65,536, as 224x224x3")
    }
    if let meant = size.meant { throw Refusal(description: "expected HEIGHTxWIDTHxCHANNELS; did you mean \(meant)?") }
    return size
  }
}

/// `224`, `224x224` or `224x224x3`.
struct ImageSize {
  private let sizes: [Int]

  init?(_ text: String) {
    let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0.map((1...65536).contains) ?? false }) else { return nil }
    sizes = parts.compactMap { $0 }
  }

  /// With the channels last, where they were taken to be first, as PyTorch has them: `3x224x224`. No image of 1 or 3 rows has that many
  /// channels.
  var meant: String? {
    guard sizes.count == 3, sizes[0] == 1 || sizes[0] == 3, sizes[1] >= 8, sizes[2] >= 8 else { return nil }
    return "\(sizes[1])x\(sizes[2])x\(sizes[0])"
  }

  /// The number of channels is `channels` where the text does not say it.
  func shape(channels: Int) -> Shape {
    [sizes[0], sizes.count > 1 ? sizes[1] : sizes[0], sizes.count > 2 ? sizes[2] : channels]
  }
}
