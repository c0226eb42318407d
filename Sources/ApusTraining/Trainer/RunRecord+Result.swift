import ApusSupport

extension RunRecord {
  /// What came out of a finished run. In `run.json` the scores are named by part and metric: `test_loss`, `test_accuracy`,
  /// `validation_mean_iou`.
  public struct Result: Sendable {
    /// Of the model that was kept, on the test samples.
    public var test: Scores
    /// After the kept epoch, on the validation samples.
    public var validation: Scores
    /// Epoch of the model that was kept.
    public var keptEpoch: Int
    /// Samples trained on a second: the time of the steps with waiting for data, without evaluation and writing of files.
    package var imagesPerSecond: Double
    /// Seconds that `imagesPerSecond` is taken over, all parts of the run together.
    package var trainingSeconds: Double
    /// Why the run is taken to have learned nothing, in words; `nil` where it learned, or where that cannot be told.
    package var didNotLearn: String?
    /// How the pixels of each class were found, for a network with scores for every pixel.
    package var classes: [ClassResult]?
    /// The same network on scenes of another size than those that it was trained on.
    package var otherSize: OtherSize?
  }

  /// How the pixels of one class were found on test scenes.
  package struct ClassResult: Hashable, Sendable, Codable {
    /// The class's name.
    package var name: String
    /// Number of the class's pixels.
    package var pixels: Int
    /// Part of them that is predicted as it; `nil` if there are none.
    package var accuracy: Double?
    /// Intersection over union; `nil` if no pixel is of the class or predicted as it.
    package var intersectionOverUnion: Double?
  }

  /// How a network did on scenes of another size.
  package struct OtherSize: Hashable, Sendable, Codable {
    /// In pixels.
    package var height: Int
    /// In pixels.
    package var width: Int
    /// By the metrics' names.
    package var metrics: [String: Double]
  }
}

extension RunRecord.Result {
  package init(_ state: TrainingState, _ test: Scores) {
    guard let kept = state.kept else { fatalError("the result of a run without a finished epoch") }
    self.init(
      test: test, validation: kept.validation, keptEpoch: kept.epoch, imagesPerSecond: state.imagesPerSecond,
      trainingSeconds: state.trainingSeconds)
  }
}

// MARK: JSON

extension RunRecord.Result: Codable {
  private enum Keys: String, CodingKey {
    case keptEpoch, imagesPerSecond, trainingSeconds, didNotLearn, classes, otherSize
  }

  /// `test_mean_iou`. The coders of `run.json` change it to `testMeanIou` when they read.
  private struct ScoreKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
    init(_ part: String, _ name: String) { stringValue = "\(part)_\(name)" }

    /// The score's name, if it is one of the part.
    func name(in part: String) -> String? {
      guard stringValue.hasPrefix(part), let first = stringValue.dropFirst(part.count).first, first.isUppercase else {
        return nil
      }
      return stringValue.dropFirst(part.count).reduce(into: "") { name, letter in
        if letter.isUppercase && !name.isEmpty { name += "_" }
        name += letter.lowercased()
      }
    }
  }

  /// Reads what `encode` wrote, through a decoder that turns snake case into camel case.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Keys.self)
    let all = try decoder.container(keyedBy: ScoreKey.self)
    func scores(_ part: String) throws -> Scores {
      var found: [String: Double] = [:]
      for key in all.allKeys {
        if let name = key.name(in: part) { found[name] = try all.decode(Double.self, forKey: key) }
      }
      guard let loss = found.removeValue(forKey: "loss") else {
        throw DecodingError.keyNotFound(
          ScoreKey(part, "loss"),
          .init(codingPath: decoder.codingPath, debugDescription: "no loss of the \(part) samples"))
      }
      return Scores(loss: loss, metrics: found)
    }
    self.init(
      test: try scores("test"), validation: try scores("validation"),
      keptEpoch: try values.decode(Int.self, forKey: .keptEpoch),
      imagesPerSecond: try values.decode(Double.self, forKey: .imagesPerSecond),
      trainingSeconds: try values.decode(Double.self, forKey: .trainingSeconds),
      didNotLearn: try values.decodeIfPresent(String.self, forKey: .didNotLearn),
      classes: try values.decodeIfPresent([RunRecord.ClassResult].self, forKey: .classes),
      otherSize: try values.decodeIfPresent(RunRecord.OtherSize.self, forKey: .otherSize))
  }

  /// Writes the scores beside the other numbers.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Keys.self)
    try values.encode(keptEpoch, forKey: .keptEpoch)
    try values.encode(imagesPerSecond, forKey: .imagesPerSecond)
    try values.encode(trainingSeconds, forKey: .trainingSeconds)
    try values.encodeIfPresent(didNotLearn, forKey: .didNotLearn)
    try values.encodeIfPresent(classes, forKey: .classes)
    try values.encodeIfPresent(otherSize, forKey: .otherSize)
    var all = encoder.container(keyedBy: ScoreKey.self)
    for (part, scores) in [("test", test), ("validation", validation)] {
      try all.encode(scores.loss, forKey: ScoreKey(part, "loss"))
      for (name, value) in scores.metrics { try all.encode(value, forKey: ScoreKey(part, name)) }
    }
  }
}
