import ApusCore
import ApusLayers
import ApusSupport

/// U-Net: a contracting path, an expanding one, and at each size the map of the first beside that of the second. [N, H, W, C] → scores of
/// the classes, [N, H', W', classes]. Ronneberger, Fischer & Brox 2015, "U-Net: convolutional networks for biomedical image segmentation",
/// figure 1.
///
/// | level | 1 | 2 | 3 | 4 | 5 |
/// |---|---|---|---|---|---|
/// | channels | 64 | 128 | 256 | 512 | 1024 |
/// | contracting: two 3×3 convolutions | 572 → 568 | 284 → 280 | 140 → 136 | 68 → 64 | 32 → 28 |
/// | expanding: up-convolution, two 3×3 convolutions | 392 → 388 | 200 → 196 | 104 → 100 | 56 → 52 | |
///
/// A ReLU stands behind every 3×3 convolution, a 2×2 max-pool between levels. An up-convolution is a transposed one, 2×2 with stride 2,
/// to half of the channels; its result comes behind the same level's map, of which the middle is taken. A 1×1 convolution scores the last
/// map. As in the authors' files a dropout of a half ends the contracting path's last two levels. Weights begin normal with a deviation of
/// √(2 / fan-in). 31,030,658 parameters for one channel and two classes.
///
/// Convolutions do not pad, so the scores are of the image's middle, 92 pixels from each edge: they see no border. Padded, they cover
/// the whole image.
public struct UNet: Layer {
  /// Two convolutions a level, from the image down.
  package let contracting: [Sequential]
  /// From the lowest level but one up.
  package let expanding: [UpConvolution]
  /// 1×1, of the last map.
  package let score: Conv2D
  /// Whether maps keep their sizes.
  package let isPadded: Bool

  /// - Parameters:
  ///   - classes: of the scores.
  ///   - channels: of the images.
  ///   - widths: channels of each level, two levels or more.
  ///   - padded: whether convolutions pad by 1, so that the scores have the image's size.
  public init(
    classes: Int = 2, channels: Int = 1, widths: [Int] = [64, 128, 256, 512, 1024], padded: Bool = false
  ) {
    if widths.count < 2 || widths.contains(where: { $0 < 1 }) {
      fatalError("UNet(widths: \(widths)): at least two levels, each of a channel or more")
    }
    let padding = padded ? 1 : 0
    func convolutions(_ input: Int, _ output: Int, drops: Bool = false) -> Sequential {
      Sequential {
        Conv2D(input, output, kernel: 3, padding: padding)
        ReLU()
        Conv2D(output, output, kernel: 3, padding: padding)
        ReLU()
        if drops { Dropout(dropProbability: 0.5) }
      }
    }
    contracting = zip([channels] + widths, widths).enumerated().map { level, channels in
      convolutions(channels.0, channels.1, drops: level >= widths.count - 2)
    }
    expanding = zip(widths.dropFirst(), widths).reversed().map { below, width in
      UpConvolution(below, width, convolutions: convolutions(2 * width, width))
    }
    score = Conv2D(widths[0], classes, kernel: 1)
    isPadded = padded
  }

  /// [N, H, W, C] → scores before a softmax, [N, H − 184, W − 184, classes] with five levels, or [N, H, W, classes] if padded.
  ///
  /// Traps on sizes that do not halve from level to level: with five levels they are 188 or more and 4 below a multiple of 16, as 572 is; if
  /// padded, multiples of 16.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4, fits(x.shape[1]), fits(x.shape[2]) else {
      return shapeFailure("UNet", "expects [N, H, W, C] with \(sizes), input is \(x.shape)", input: x)
    }
    var h = contracting[0](x)
    var maps: [Tensor] = []
    for level in contracting.dropFirst() {
      maps.append(h)
      h = level(maxPool2d(h, kernel: 2))
    }
    for step in expanding { h = step(h, maps.removeLast()) }
    return score(h)
  }

  /// What a pixel of the lowest level is in pixels of the image.
  private var factor: Int { 1 << (contracting.count - 1) }

  /// Without padding each level takes 4 pixels off, going down and going up: what is left must be something.
  private func fits(_ size: Int) -> Bool {
    isPadded ? size > 0 && size % factor == 0 : size >= 12 * factor - 4 && (size + 4) % factor == 0
  }

  private var sizes: String {
    isPadded
      ? "sizes that are multiples of \(factor)"
      : "sizes of at least \(12 * factor - 4) that are 4 below a multiple of \(factor)"
  }
}

/// A step of the expanding path: what lies below, twice as large, behind the middle of the level's map, and two convolutions of both.
package struct UpConvolution {
  /// 2×2 with stride 2, channels below → the level's.
  package let enlarge: ConvTranspose2D
  /// Two, from twice the level's channels to its channels.
  package let convolutions: Sequential

  /// `convolutions`: of 2·`width` channels.
  package init(_ below: Int, _ width: Int, convolutions: Sequential) {
    enlarge = ConvTranspose2D(below, width, kernel: 2, stride: 2)
    self.convolutions = convolutions
  }

  /// below [N, h, w, C], map [N, H, W, width] with the same border on all sides of 2h × 2w → [N, 2h, 2w, width], less what the convolutions
  /// do not pad.
  package func callAsFunction(_ below: Tensor, _ map: Tensor) -> Tensor {
    let large = enlarge(below)
    if large.isPoisoned { return large }
    if map.isPoisoned { return map }
    let (height, width) = (large.shape[1], large.shape[2])
    let middle = cut(map, from: (map.shape[1] - height) / 2, height: height, width: width)
    return convolutions(Tensor.concatenated([middle, large]))
  }
}
