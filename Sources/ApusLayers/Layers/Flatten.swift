import ApusCore

/// [N, …] → [N, product of the rest]; images in the order (H, W, C).
public struct Flatten: Layer {
  /// No options: the axis of samples always stays.
  public init() {}

  /// [N, …] → [N, product of the rest]; an image is read row by row, the channels of a pixel together.
  public func forward(_ x: consuming Tensor) -> Tensor { flatten(x) }
}
