import ApusSupport

/// The losses of classifiers that are known by name, for the command and its runs: those that take logits and labels.
public enum LossCatalogue {
  private static let entries: [(name: String, make: @Sendable (Options) -> Loss)] = [
    (
      "cross-entropy",
      { .crossEntropy(classWeights: $0.weights, labelSmoothing: $0.labelSmoothing, ignoring: $0.ignored) }
    ),
    ("focal", { .focal(classWeights: $0.weights, ignoring: $0.ignored) }),
    ("hinge", { .hinge(classWeights: $0.weights, ignoring: $0.ignored) }),
  ]

  struct Options {
    var weights: [Double]?
    var labelSmoothing: Double
    var ignored: Int?
  }

  /// All names, in the order of the catalogue: cross-entropy is what is taken by default.
  public static var names: [String] { entries.map(\.name) }

  /// The loss that settings ask for.
  ///
  /// - Parameters:
  ///   - labels: of all training samples, for balanced weights.
  ///   - ignored: a label that counts for nothing.
  /// - Throws: `SettingsError` if there is no such loss, or an option does not fit it.
  static func loss(
    _ settings: TrainingSettings, labels: [Int32], classes: Int, ignoring ignored: Int? = nil
  ) throws(SettingsError) -> Loss {
    guard let entry = entries.first(where: { $0.name == settings.loss }) else {
      let nearest = EditDistance.nearest(to: settings.loss, in: names).map { "; the nearest known is \($0)" } ?? ""
      throw SettingsError(description: "there is no loss \"\(settings.loss)\"\(nearest)")
    }
    if settings.labelSmoothing != 0 && entry.name != names[0] {
      throw SettingsError(
        description: "the label smoothing is \(settings.labelSmoothing), expected 0, as the loss \(entry.name) has none"
      )
    }
    return entry.make(
      Options(
        weights: try settings.classWeights.values(for: labels, classes: classes),
        labelSmoothing: settings.labelSmoothing, ignored: ignored))
  }
}
