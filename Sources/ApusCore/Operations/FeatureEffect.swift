/// What an operation does to the order in which its inputs' axes list positions, channels and features; see `FeatureAxes`.
package enum FeatureEffect: Hashable, Sendable {
  /// Element by element, or along axes that stay in place: what comes out is ordered as what went in.
  case keeps
  /// Not known beyond the shapes: an axis of one meaning keeps it, one that holds flattened features loses their order.
  case moves
  /// Windows over images [N, H, W, C]: new positions, and channels as they were.
  case windows
  /// The same elements in another shape.
  case reshapes
  /// The result's axis i is the input's axis permutation[i].
  case permutes([Int])
  /// Several tensors become one along an axis.
  case joins(axis: Int)
  /// Axes end: they are left out, or have size 1.
  case reduces(axes: [Int], keepsAxes: Bool)
  /// Rows of the first input by columns of the second.
  case multiplies
  /// Has learned numbers, which must know the order.
  case weighs(Weights)

  package enum Weights: Sendable {
    /// A number per feature, and what comes out has the order of what went in.
    case eachFeature
    /// The same, for what PyTorch takes with channels in front of positions, batches of signals included.
    case eachChannel
    /// Every feature by a number for each output: what comes out has an order of its own.
    case allFeatures
    /// The channels of images in windows: a flattened image is none.
    case filters
  }
}
