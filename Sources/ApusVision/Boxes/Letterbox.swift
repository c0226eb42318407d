import ApusSupport

/// An image scaled into a frame of another shape, with bars beside it or above and below, and the way back for what is found in it.
public struct Letterbox: Sendable {
  /// The frame, as a network takes it.
  public let image: Image
  /// How the image lies in it.
  private let scale: (x: Float, y: Float)
  private let corner: (x: Float, y: Float)
  private let original: (width: Float, height: Float)

  fileprivate init(_ original: Image, height: Int, width: Int, fill: UInt8) {
    let factor = min(Double(height) / Double(original.height), Double(width) / Double(original.width))
    let inner = (
      height: max(1, Int((Double(original.height) * factor).rounded(.toNearestOrEven))),
      width: max(1, Int((Double(original.width) * factor).rounded(.toNearestOrEven)))
    )
    let (top, left) = ((height - inner.height) / 2, (width - inner.width) / 2)
    let scaled = original.resized(height: inner.height, width: inner.width, antialias: false)
    let channels = original.channels
    let bar = [UInt8](repeating: fill, count: left * channels)
    let rest = [UInt8](repeating: fill, count: (width - inner.width - left) * channels)
    var pixels = [UInt8](repeating: fill, count: top * width * channels)
    pixels.reserveCapacity(height * width * channels)
    for row in 0..<inner.height {
      pixels += bar
      pixels += scaled.pixels[row * inner.width * channels..<(row + 1) * inner.width * channels]
      pixels += rest
    }
    pixels += [UInt8](repeating: fill, count: (height - inner.height - top) * width * channels)
    image = Image(height: height, width: width, channels: channels, pixels: pixels)
    scale = (Float(inner.width) / Float(original.width), Float(inner.height) / Float(original.height))
    corner = (Float(left), Float(top))
    self.original = (Float(original.width), Float(original.height))
  }

  /// A box of the frame in pixels of the image that was put into it, cut at the image's sides.
  public func original(_ box: Box) -> Box {
    func back(_ value: Float, _ corner: Float, _ scale: Float, _ size: Float) -> Float {
      min(max((value - corner) / scale, 0), size)
    }
    return Box(
      left: back(box.left, corner.x, scale.x, original.width), top: back(box.top, corner.y, scale.y, original.height),
      right: back(box.right, corner.x, scale.x, original.width),
      bottom: back(box.bottom, corner.y, scale.y, original.height))
  }
}

extension Image {
  /// The image in a frame of that size: scaled until it fits, by interpolation without antialiasing, centered, with bars of one value
  /// around it, as YOLO's networks take it. Of an odd rest the larger bar is below or on the right.
  public func letterboxed(height: Int, width: Int, fill: UInt8 = 114) -> Letterbox {
    if height < 1 || width < 1 { fatalError("an image cannot be put into a frame of \(height)×\(width)") }
    return Letterbox(self, height: height, width: width, fill: fill)
  }
}
