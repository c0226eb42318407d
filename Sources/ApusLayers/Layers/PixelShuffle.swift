import ApusCore
import ApusSupport

/// Channels as pixels: x [N, H, W, C·r²] → [N, H·r, W·r, C]. Of the r² values of a channel, value (i, j) becomes row i, column j of a
/// block; the efficient sub-pixel convolution of Shi et al. 2016 is a convolution with this behind it.
///
/// - Parameter channelsLast: whether a pixel's values lie in the order (i, j, c), as in TensorFlow's `depth_to_space` and ONNX's mode
///   DCR, in place of (c, i, j), as in PyTorch and mode CRD.
public func pixelShuffle(_ x: Tensor, factor: Int, channelsLast: Bool = false) -> Tensor {
  if factor < 1 { fatalError("pixelShuffle: factor \(factor), expected 1 or more") }
  if x.isPoisoned { return x }
  let block = saturatingProduct(factor, factor)
  guard x.rank == 4, x.shape[3] % block == 0 else {
    return shapeFailure(
      "PixelShuffle", "expects [N, H, W, C] with a multiple of \(block) channels, input is \(x.shape)", input: x)
  }
  let (n, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3] / block)
  let apart: Shape =
    channelsLast ? [n, height, width, factor, factor, channels] : [n, height, width, channels, factor, factor]
  let moved = x.reshaped(apart).transposed(channelsLast ? [0, 1, 3, 2, 4, 5] : [0, 1, 4, 2, 5, 3])
  return moved.reshaped([n, height * factor, width * factor, channels])
}

/// Pixels as channels, what undoes `pixelShuffle`: x [N, H·r, W·r, C] → [N, H, W, C·r²].
///
/// - Parameter channelsLast: as of `pixelShuffle`.
public func pixelUnshuffle(_ x: Tensor, factor: Int, channelsLast: Bool = false) -> Tensor {
  if factor < 1 { fatalError("pixelUnshuffle: factor \(factor), expected 1 or more") }
  if x.isPoisoned { return x }
  guard x.rank == 4, x.shape[1] % factor == 0, x.shape[2] % factor == 0 else {
    return shapeFailure(
      "PixelUnshuffle", "expects [N, H, W, C] with multiples of \(factor) as height and width, input is \(x.shape)",
      input: x)
  }
  let (n, height, width, channels) = (x.shape[0], x.shape[1] / factor, x.shape[2] / factor, x.shape[3])
  let apart = x.reshaped([n, height, factor, width, factor, channels])
  let moved = apart.transposed(channelsLast ? [0, 1, 3, 2, 4, 5] : [0, 1, 3, 5, 2, 4])
  return moved.reshaped([n, height, width, channels * factor * factor])
}

/// Channels as pixels, `pixelShuffle`, in PyTorch's order of channels.
public struct PixelShuffle: Layer {
  let factor: Int

  /// `factor`: how many times larger height and width become.
  public init(_ factor: Int) { self.factor = factor }

  /// [N, H, W, C·r²] → [N, H·r, W·r, C].
  public func forward(_ x: consuming Tensor) -> Tensor { pixelShuffle(x, factor: factor) }
}

/// Pixels as channels, `pixelUnshuffle`, in PyTorch's order of channels.
public struct PixelUnshuffle: Layer {
  let factor: Int

  /// `factor`: how many times smaller height and width become.
  public init(_ factor: Int) { self.factor = factor }

  /// [N, H·r, W·r, C] → [N, H, W, C·r²].
  public func forward(_ x: consuming Tensor) -> Tensor { pixelUnshuffle(x, factor: factor) }
}
