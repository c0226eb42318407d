/// max(x, 0), element by element.
public struct ReLU: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { relu(x) }
}

/// [N, …] → [N, product of the rest]; images in the order (H, W, C).
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { flatten(x) }
}
