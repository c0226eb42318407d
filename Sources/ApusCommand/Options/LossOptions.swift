import Apus
import ArgumentParser

/// Options of what is minimized, and of what weights begin with.
struct LossOptions: ParsableArguments {
  @Option(
    help: "Loss: \(LossCatalogue.names.joined(separator: ", ")). (default: \(LossCatalogue.names[0]))",
    transform: OptionValue.loss)
  var loss: String?

  @Option(
    help: """
      What each class counts in the loss: equal, balanced (each class counts the same in all) or a number per class, as 1,2.5,1. \
      (default: equal)
      """, transform: OptionValue.classWeights)
  var classWeights: ClassWeights?

  @Option(
    parsing: .unconditional,
    help: "Part of each label that cross-entropy spreads over all classes. (default: 0)",
    transform: OptionValue.number("from 0 to 1") { $0 >= 0 && $0 <= 1 })
  var labelSmoothing: Double?

  @Option(
    help: """
      Initial weights of convolutions and linear layers: \(InitializerCatalogue.names.joined(separator: ", ")). (default: the \
      network's own)
      """, transform: OptionValue.initializer)
  var initializer: String?

  /// The options given, for a run that keeps its settings.
  var given: [(String, Any?)] {
    [
      ("--loss", loss), ("--class-weights", classWeights), ("--label-smoothing", labelSmoothing),
      ("--initializer", initializer),
    ]
  }

  func complete(_ settings: inout TrainingSettings) {
    if let loss { settings.loss = loss }
    if let classWeights { settings.classWeights = classWeights }
    if let labelSmoothing { settings.labelSmoothing = labelSmoothing }
    settings.initializer = initializer
  }
}
