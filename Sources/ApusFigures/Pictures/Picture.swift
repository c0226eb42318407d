import ApusSupport

/// Pixels in memory: what an image grid shows, and what a `PictureFormat` makes a file of.
///
/// ```swift
/// let map = Picture(values: heat, rows: 7, columns: 7)
/// let shown = photo.overlaid(with: heat, rows: 7, columns: 7)
/// ```
public struct Picture: Hashable, Sendable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// 1 for gray, 3 for red, green and blue.
  public let channels: Int
  /// `height` rows from the top, of `width` pixels with `channels` values each.
  public let pixels: [UInt8]

  /// A picture of `pixels`, whose number must be `width * height * channels`.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    if width < 1 || height < 1 || ![1, 3].contains(channels) || pixels.count != width * height * channels {
      fatalError(
        "Picture: \(pixels.count) values for \(width)×\(height) pixels with \(channels) channels, expected 1 or 3 channels"
      )
    }
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// The color at a place, gray as three equal values.
  package func color(x: Int, y: Int) -> RGB {
    let first = (y * width + x) * channels
    return channels == 1
      ? RGB(pixels[first], pixels[first], pixels[first])
      : RGB(pixels[first], pixels[first + 1], pixels[first + 2])
  }

  /// A picture whose pixels are computed one by one, from the top left.
  init(width: Int, height: Int, color: (_ x: Int, _ y: Int) -> RGB) {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let color = color(x, y)
        pixels += [color.red, color.green, color.blue]
      }
    }
    self.init(width: width, height: height, channels: 3, pixels: pixels)
  }
}

extension Picture {
  /// A heat map as a picture, a pixel per value.
  ///
  /// - Parameters:
  ///   - values: `rows * columns` of them, row by row from the top.
  ///   - range: the values that the ends of the color scale stand for; default: those found. Where it holds negative and positive
  ///     values, the scale has two colors, blue and orange, and 0 lies in its middle.
  public init(
    values: [some BinaryFloatingPoint], rows: Int, columns: Int, range: ClosedRange<Double>? = nil
  ) {
    let grid = ValueGrid(values, rows: rows, columns: columns)
    let colors = ColorScale(for: grid.values, range: range)
    self.init(width: columns, height: rows) { x, y in colors.color(of: grid[y, x]) }
  }

  /// This picture under a heat map of any size, which is stretched over it smoothly: the larger a value, the less is seen of the picture.
  ///
  /// - Parameters:
  ///   - values: `rows * columns` of them, row by row from the top.
  ///   - range: as for a heat map by itself.
  ///   - opacity: of the largest value, from 0 to 1.
  public func overlaid(
    with values: [some BinaryFloatingPoint], rows: Int, columns: Int, range: ClosedRange<Double>? = nil,
    opacity: Double = 0.7
  ) -> Picture {
    let grid = ValueGrid(values, rows: rows, columns: columns)
    let colors = ColorScale(for: grid.values, range: range)
    return Picture(width: width, height: height) { x, y in
      let value = grid.interpolated(
        row: (Double(y) + 0.5) / Double(height), column: (Double(x) + 0.5) / Double(width))
      let strength = colors.strength(of: value)
      return color(x: x, y: y).mixed(with: colors.color(of: value), part: opacity * strength)
    }
  }

  /// The same pixels as crisp squares of `factor` by `factor`.
  public func enlarged(by factor: Int) -> Picture {
    if factor < 1 { fatalError("Picture.enlarged(by: \(factor)), expected at least 1") }
    var larger: [UInt8] = []
    larger.reserveCapacity(pixels.count * factor * factor)
    for y in 0..<height {
      var row: [UInt8] = []
      for x in 0..<width {
        let first = (y * width + x) * channels
        for _ in 0..<factor { row += pixels[first..<first + channels] }
      }
      for _ in 0..<factor { larger += row }
    }
    return Picture(width: factor * width, height: factor * height, channels: channels, pixels: larger)
  }
}
