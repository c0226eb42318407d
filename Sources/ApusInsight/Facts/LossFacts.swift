import ApusLayers

/// What the library knows about a loss: for catalogues and documentation.
public struct LossFacts: Hashable, Sendable {
  /// The function's name.
  public var name: String
  /// Of one number, before the reduction.
  public var equation: String
  /// The lecture decks that teach it.
  public var decks: [String]
  /// Authors and year; `nil` if no paper is named.
  public var paper: String?
  /// The test that proves it, `Suite.name`.
  package var proof: String

  /// Every loss. A new one is a file in Sources/ApusLayers/Losses, its facts in `LossFacts+All.swift`, and a line here.
  public static let all: [LossFacts] = [
    .crossEntropy,
    .negativeLogLikelihood,
    .focal,
    .binaryCrossEntropy,
    .binaryFocal,
    .hinge,
    .squaredError,
    .absoluteError,
    .smoothL1,
    .marginRanking,
    .triplet,
    .ridge,
  ]
}
