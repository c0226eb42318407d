import ApusCore

/// The input itself: where an architecture has a place for an activation and none is wanted.
public struct Identity: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { x }
}
