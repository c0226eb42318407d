import ApusCore
import ApusSupport

/// A fixed filter of images, the same for every channel: what convolution is before anything is learned.
///
/// [N, H, W, C] → [N, H, W, C]; zeros around the image. `[-1 -1 -1; -1 8 -1; -1 -1 -1]` finds edges.
public struct ImageFilter: Layer, Hashable, Sendable {
  /// The kernel's rows; applied without turning it round, as convolutional layers do.
  package let kernel: [[Double]]

  /// Traps unless the rows have one length, at least 1.
  public init(_ kernel: [[Double]]) {
    guard let first = kernel.first, !first.isEmpty, kernel.allSatisfy({ $0.count == first.count }) else {
      fatalError("ImageFilter: rows of \(kernel.map(\.count)) numbers are not a kernel")
    }
    self.kernel = kernel
  }

  /// 8 in the middle, −1 around: zero on even areas.
  public static let edges = ImageFilter([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
  /// The mean of 3×3 pixels.
  public static let box = ImageFilter(Array(repeating: Array(repeating: 1.0 / 9, count: 3), count: 3))
  /// 5 in the middle, −1 beside: the image plus its edges.
  public static let sharpen = ImageFilter([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
  /// 1/16 [1 2 1; 2 4 2; 1 2 1].
  public static let gaussian = ImageFilter([
    [1.0 / 16, 2.0 / 16, 1.0 / 16], [2.0 / 16, 4.0 / 16, 2.0 / 16], [1.0 / 16, 2.0 / 16, 1.0 / 16],
  ])

  /// [N, H, W, C] → the same shape, with zeros around the image.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4, x.shape[3] > 0 else {
      return shapeFailure("ImageFilter", "expects [N, H, W, C], input is \(x.shape)", input: x)
    }
    let channels = x.shape[3]
    let values = kernel.flatMap { row in row.flatMap { Array(repeating: Float($0), count: channels) } }
    return conv2d(
      x, weight: Tensor(values, shape: [kernel.count, kernel[0].count, 1, channels]), padding: .same, groups: channels)
  }
}
