import ApusCore

/// A residual connection: y = body(x) + shortcut(x). He et al. 2016, "Deep residual learning for image recognition".
///
/// Without a shortcut it is the identity, for a body that keeps its input's shape ("same size"); where the shape changes the shortcut
/// is a projection, a 1×1 convolution with the body's stride ("different size"). A body that returns 0 makes the layer the shortcut.
///
/// ```swift
/// Residual {
///   Conv2D(64, 64, kernel: 3, padding: 1)
///   ReLU()
///   Conv2D(64, 64, kernel: 3, padding: 1)
/// }
/// ```
public struct Residual: Layer {
  /// F in y = F(x) + shortcut(x).
  package let body: Sequential
  /// `nil`: the identity.
  package let shortcut: Sequential?

  /// With the identity as shortcut: the body must keep the shape of its input.
  public init(@LayerBuilder _ body: () -> [any Layer]) {
    self.body = Sequential(body())
    shortcut = nil
  }

  /// With a projection as shortcut, which must give the shape that the body gives.
  public init(@LayerBuilder _ body: () -> [any Layer], @LayerBuilder shortcut: () -> [any Layer]) {
    self.body = Sequential(body())
    self.shortcut = Sequential(shortcut())
  }

  /// [N, H, W, C] → the body's shape. Traps if the shortcut's differs.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let input = x
    let straight = shortcut?(input) ?? input
    let y = body(input)
    if y.isPoisoned { return y }
    if straight.isPoisoned { return straight }
    guard y.shape == straight.shape else {
      return shapeFailure(
        "Residual",
        "adds its body's \(y.shape) to its shortcut's \(straight.shape)\(shortcut == nil ? ", the input itself: a projection is needed" : "")",
        input: y)
    }
    return y + straight
  }
}
