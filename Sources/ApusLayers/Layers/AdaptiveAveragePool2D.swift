import ApusCore
import ApusSupport

/// Means over a grid of a given size, whatever the image's: [N, H, W, C] → [N, height, width, C].
///
/// Cell i of n along an axis of size s averages ⌊i·s / n⌋ ..< ⌈(i + 1)·s / n⌉: cells overlap by a pixel where n does not divide s, and
/// repeat pixels where n is larger. As PyTorch's layer of this name, by which AlexNet, VGG and the auxiliary heads of GoogLeNet take
/// images of other sizes than they were trained on. An image that has the size already is left as it is. No parameters.
public struct AdaptiveAveragePool2D: Layer {
  /// The result's height and width.
  package let size: IntOrPair

  /// - Parameter size: of the result, `[height, width]` or one number for both; traps unless both are at least 1.
  public init(_ size: some IntOrPairConvertible) {
    let size = size.intOrPair
    if !size.isSize { fatalError("AdaptiveAveragePool2D(\(size)): both sizes must be in 1...\(IntOrPair.largest)") }
    self.size = size
  }

  /// [N, H, W, C] → [N, height, width, C]. Traps on images without pixels.
  public func forward(_ x: consuming Tensor) -> Tensor { adaptiveAveragePool2d(x, size: size) }
}

/// Adaptive average pooling as a function; see `AdaptiveAveragePool2D`.
public func adaptiveAveragePool2d(_ x: Tensor, size: some IntOrPairConvertible) -> Tensor {
  let size = size.intOrPair
  if x.isPoisoned { return x }
  if !size.isSize { fatalError("adaptiveAveragePool2d to \(size): both sizes must be in 1...\(IntOrPair.largest)") }
  guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure("AdaptiveAveragePool2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  if x.shape[1] == size.height && x.shape[2] == size.width { return x }
  let y = asOneOperation {
    var y = x
    for (axis, cells) in [(1, size.height), (2, size.width)] where y.shape[axis] != cells {
      y = resampled(y, axis: axis, .cells(cells, of: y.shape[axis]), "AdaptiveAveragePool2D")
    }
    return y
  }
  report("AdaptiveAveragePool2D", y, from: [x], as: .adaptiveAveragePool, isListed: false)
  return y
}

extension ResampleTable {
  /// Each output the mean of its cell, ⌊i·size / count⌋ ..< ⌈(i + 1)·size / count⌉.
  package static func cells(_ count: Int, of size: Int) -> ResampleTable {
    ResampleTable(
      inputs: size,
      rows: (0..<count).map { cell in
        let range = cell * size / count..<((cell + 1) * size + count - 1) / count
        return range.map { (input: $0, weight: 1 / Double(range.count)) }
      })
  }
}
