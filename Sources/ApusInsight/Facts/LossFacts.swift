import ApusLayers

/// What the library knows about a loss: for catalogues and documentation.
package struct LossFacts: Hashable, Sendable {
  /// The function's name.
  package var name: String
  /// Of one number, before the reduction.
  package var equation: String
  /// Numbers of the lectures that teach it.
  package var lectures: [Int]
  /// Authors and year; `nil` if no paper is named.
  package var paper: String?
  /// The test that proves it, `Suite.name`.
  package var proof: String
}
