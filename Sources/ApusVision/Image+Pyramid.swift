import ApusSupport

extension Image {
  /// The image and its reductions, each half as high and wide as the one before, sides rounded up: OpenCV's `buildPyramid`. Each
  /// reduction is a Gaussian of 5×5 pixels, reflected at the borders, of which every second row and column is kept.
  ///
  /// - Parameter levels: how many images, the first one included; fewer come where the image is one pixel before.
  public func pyramid(levels: Int) -> [Image] {
    if levels < 1 { fatalError("a pyramid of \(levels) levels, expected 1 or more") }
    var images = [self]
    while images.count < levels, let last = images.last, last.height * last.width > 1 { images.append(last.halved()) }
    return images
  }

  /// Every second pixel of the image under the binomial filter (1, 4, 6, 4, 1) / 16 along each axis, rounded once.
  private func halved() -> Image {
    let (newHeight, newWidth) = ((height + 1) / 2, (width + 1) / 2)
    let weights = [1, 4, 6, 4, 1]
    let (rows, columns) = (Image.neighbors(height), Image.neighbors(width))
    // Sums of bytes along rows, then of those along columns: 255 · 256 at most.
    var across = [Int](repeating: 0, count: height * newWidth * channels)
    for y in 0..<height {
      for x in 0..<newWidth {
        for channel in 0..<channels {
          var sum = 0
          for tap in 0..<5 {
            sum += weights[tap] * Int(pixels[(y * width + columns[5 * x + tap]) * channels + channel])
          }
          across[(y * newWidth + x) * channels + channel] = sum
        }
      }
    }
    let row = newWidth * channels
    var result = [UInt8](repeating: 0, count: newHeight * row)
    for y in 0..<newHeight {
      for x in 0..<row {
        var sum = 0
        for tap in 0..<5 { sum += weights[tap] * across[rows[5 * y + tap] * row + x] }
        result[y * row + x] = UInt8((sum + 128) >> 8)
      }
    }
    return Image(height: newHeight, width: newWidth, channels: channels, pixels: result)
  }

  /// The five places under the filter for each output along an axis of `size` pixels, reflected at its first and last one.
  private static func neighbors(_ size: Int) -> [Int] {
    (0..<(size + 1) / 2).flatMap { output in
      (2 * output - 2...2 * output + 2).map { place in
        if size == 1 { return 0 }
        let period = 2 * (size - 1)
        let inside = ((place % period) + period) % period
        return min(inside, period - inside)
      }
    }
  }
}
