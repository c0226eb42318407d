import ApusCore

/// [N, …] → [N, product of the rest]; images in the order (H, W, C).
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { flatten(x) }
}
