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

  /// Scaled by a triangle filter with half-pixel centres. Enlarging is bilinear interpolation; when shrinking the filter grows with
  /// the factor, so that every pixel counts and nothing aliases (Pillow's BILINEAR, torchvision's `antialias=True`; these round
  /// once more between the axes and may differ by one).
  public func resized(height newHeight: Int, width newWidth: Int) -> Image {
    if newHeight < 1 || newWidth < 1 { fatalError("an image cannot be scaled to \(newHeight)×\(newWidth)") }
    if (newHeight, newWidth) == (height, width) { return self }
    let across = Image.taps(from: width, to: newWidth)
    let down = Image.taps(from: height, to: newHeight)

    var wide = [Float](repeating: 0, count: height * newWidth * channels)
    for y in 0..<height {
      for (x, tap) in across.enumerated() {
        for channel in 0..<channels {
          var sum: Float = 0
          for (index, weight) in tap.weights.enumerated() {
            sum += weight * Float(pixels[(y * width + tap.first + index) * channels + channel])
          }
          wide[(y * newWidth + x) * channels + channel] = sum
        }
      }
    }
    let row = newWidth * channels
    var result = [UInt8]()
    result.reserveCapacity(newHeight * row)
    for tap in down {
      for x in 0..<row {
        var sum: Float = 0
        for (index, weight) in tap.weights.enumerated() { sum += weight * wide[(tap.first + index) * row + x] }
        result.append(UInt8(min(max(sum.rounded(), 0), 255)))
      }
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }

  /// The source pixels that a target pixel is made of, and their weights, which add up to 1.
  private static func taps(from size: Int, to newSize: Int) -> [(first: Int, weights: [Float])] {
    let factor = Double(size) / Double(newSize)
    let support = max(factor, 1)
    return (0..<newSize).map { index in
      let center = (Double(index) + 0.5) * factor
      let first = max(Int((center - support + 0.5).rounded(.down)), 0)
      let end = min(Int((center + support + 0.5).rounded(.down)), size)
      let weights = (first..<end).map { max(0, 1 - abs(Double($0) + 0.5 - center) / support) }
      let sum = weights.reduce(0, +)
      return (first, weights.map { Float($0 / sum) })
    }
  }
}
