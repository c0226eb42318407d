/// What an operation does to the features that its input lists along the last axis; see `FeatureOrder`.
package enum FeatureEffect: Hashable, Sendable {
  /// It treats features apart, or all of them alike: the result has them in the input's order.
  case keeps
  /// The same, with numbers of its own for each feature, which lie in that order. `hasBuffers`: also without parameters.
  case scales(hasBuffers: Bool)
  /// A matrix whose rows lie in that order makes new features of all of them.
  case consumes
  /// Where they go is told by the operation itself, from the shapes.
  case reshapes
  /// It moves them, joins them, or reads neighbors: nothing is known of their order.
  case mixes
}
