import ApusCore
import ApusSupport

/// Pixels around images, [N, H, W, C] → [N, H + top + bottom, W + left + right, C]: zeros or another number, a reflection or the edge
/// again. PyTorch's `ZeroPad2d`, `ReflectionPad2d` and `ReplicationPad2d`.
public struct Pad2D: Layer {
  private let edges: ImageEdges
  let mode: PaddingMode

  /// Traps on `.same`, which needs a window, and on widths below 0.
  public init(_ padding: some PaddingConvertible, mode: PaddingMode = .constant(0)) {
    let padding = padding.imagePadding
    if padding == .same { fatalError("Pad2D: padding same depends on a window, expected numbers") }
    edges = padding.resolved(input: 1, kernel: 1, stride: 1)
    self.mode = mode
  }

  /// [N, H, W, C] → the padded shape. Traps where a reflection is as wide as the image.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4 else { return shapeFailure("Pad2D", "expects [N, H, W, C], input is \(x.shape)", input: x) }
    let (top, left, bottom, right) = edges.tuple
    return x.padded([(0, 0), (top, bottom), (left, right), (0, 0)], mode: mode)
  }
}
