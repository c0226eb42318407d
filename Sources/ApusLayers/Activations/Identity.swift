import ApusCore

/// The input itself: where an architecture has a place for an activation and none is wanted.
public struct Identity: Layer {
  /// No options and no parameters.
  public init() {}

  /// x of any shape → x, not copied.
  public func forward(_ x: consuming Tensor) -> Tensor { x }
}
