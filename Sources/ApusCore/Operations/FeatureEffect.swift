/// What an operation does to the order in which its input lists features along the last axis; see `FeatureOrder`.
package enum FeatureEffect: Hashable, Sendable {
  /// Treats features apart, or all of them alike: what comes out has the order of what went in.
  case keeps
  /// The order of a flattened image is lost: features are moved, mixed, or left out.
  case moves
  /// The same elements in another shape.
  case reshapes
  /// Axes change places.
  case permutes(keepsChannels: Bool)
  /// Several tensors become one.
  case joins
  /// Has learned numbers, which must know the order.
  case weighs(Weights)

  package enum Weights: Sendable {
    /// A number per feature, and what comes out has the order of what went in.
    case eachFeature
    /// Every feature by a number for each output: what comes out has an order of its own.
    case allFeatures
    /// Channels of images, or groups of them: a flattened image is none.
    case blurs
  }
}
