import Apus
import ApusSupport

extension Image {
  /// One channel of luma, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) rounded, with the fixed-point weights that Pillow uses.
  public func grayscale() -> Image {
    if channels == 1 { return self }
    let luma = stride(from: 0, to: pixels.count, by: 3).map { at -> UInt8 in
      let (red, green, blue) = (Int(pixels[at]), Int(pixels[at + 1]), Int(pixels[at + 2]))
      let sum: Int = red * 19595 + green * 38470 + blue * 7471
      return UInt8((sum + 0x8000) >> 16)
    }
    return Image(height: height, width: width, channels: 1, pixels: luma)
  }

  /// Three equal channels from one.
  public func rgb() -> Image {
    if channels == 3 { return self }
    return Image(height: height, width: width, channels: 3, pixels: pixels.flatMap { [$0, $0, $0] })
  }

  /// Black for white.
  public func inverted() -> Image {
    Image(height: height, width: width, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// Scaled by a filter with half-pixel centers that grows with the factor when shrinking, so that every pixel counts and nothing
  /// aliases: Pillow's filter of the same name, torchvision's `antialias=True` (these round once more between the axes and may differ
  /// by one). Enlarging is interpolation.
  ///
  /// - Parameter antialias: `false` keeps the filter as narrow as a pixel when shrinking: for the bilinear filter the bits of OpenCV's
  ///   `INTER_LINEAR`, for the others torchvision's `antialias=False` (which may differ by one).
  public func resized(
    height newHeight: Int, width newWidth: Int, filter: ResampleFilter = .bilinear, antialias: Bool = true
  ) -> Image {
    if newHeight < 1 || newWidth < 1 { fatalError("an image cannot be scaled to \(newHeight)×\(newWidth)") }
    if (newHeight, newWidth) == (height, width) { return self }
    if filter == .bilinear && !antialias { return interpolated(height: newHeight, width: newWidth) }
    let across = ResampleTable(from: width, to: newWidth, filter: filter, antialias: antialias, alignCorners: false)
    let down = ResampleTable(from: height, to: newHeight, filter: filter, antialias: antialias, alignCorners: false)
    let result = Kernels.resized(
      pixels, height: height, width: width, channels: channels, down: down, across: across)
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }
}
