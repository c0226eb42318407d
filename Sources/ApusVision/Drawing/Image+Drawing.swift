import ApusSupport

extension Image {
  /// What is drawn with: red, green and blue, each from 0 to 255. On gray images it is their luma.
  public struct Color: Hashable, Sendable {
    /// Red, green and blue.
    let samples: [UInt8]

    /// A color from its parts.
    public init(red: UInt8, green: UInt8, blue: UInt8) { samples = [red, green, blue] }

    /// Of one channel or three.
    func samples(of channels: Int) -> [UInt8] {
      channels == 3 ? samples : Image(height: 1, width: 1, channels: 3, pixels: samples).grayscale().pixels
    }

    /// Every part 0.
    public static let black = Color(red: 0, green: 0, blue: 0)
    /// Every part 255.
    public static let white = Color(red: 255, green: 255, blue: 255)
    /// Red alone.
    public static let red = Color(red: 255, green: 0, blue: 0)
    /// Green alone.
    public static let green = Color(red: 0, green: 255, blue: 0)
  }

  /// Draws the frame of a box, `lineWidth` pixels wide and inside of it: of a box with whole numbers the pixels that torchvision's
  /// `draw_bounding_boxes` sets. Other sides are rounded; what lies outside of the image is left out.
  public mutating func draw(_ box: Box, color: Color, lineWidth: Int = 1) {
    if lineWidth < 1 { fatalError("a frame of \(lineWidth) pixels, expected 1 or more") }
    let (columns, rows) = (Image.pixels(box.left, box.right), Image.pixels(box.top, box.bottom))
    let samples = color.samples(of: channels)
    for y in rows.clamped(to: 0..<height) {
      let isInside = y >= rows.lowerBound + lineWidth && y < rows.upperBound - lineWidth
      for x in columns.clamped(to: 0..<width) {
        if isInside && x >= columns.lowerBound + lineWidth && x < columns.upperBound - lineWidth { continue }
        set(y, x, samples)
      }
    }
  }

  /// Draws straight lines from corner to corner, `lineWidth` pixels wide around them, with round ends; smooth, as a pixel takes as much of
  /// the color as the line covers of it, to a good approximation: ½ + `lineWidth` / 2 less the distance of its center, from 0 to 1.
  ///
  /// - Parameter isClosed: whether the last corner is joined to the first.
  public mutating func draw(_ polygon: Polygon, color: Color, lineWidth: Float = 1, isClosed: Bool = true) {
    if !(lineWidth > 0 && lineWidth < .infinity) { fatalError("a line of \(lineWidth) pixels, expected more than 0") }
    let reach = lineWidth / 2 + 0.5
    let columns = Image.pixels(polygon.points.map(\.x), reach, width)
    let rows = Image.pixels(polygon.points.map(\.y), reach, height)
    // Lines that meet cover their corner once.
    var coverage = [Float](repeating: 0, count: rows.count * columns.count)
    for (from, to) in isClosed ? polygon.edges[...] : polygon.edges.dropLast() {
      for y in Image.pixels([from.y, to.y], reach, height) {
        for x in Image.pixels([from.x, to.x], reach, width) {
          let part = reach - Image.distance(Point(x: Float(x), y: Float(y)), from, to)
          let place = (y - rows.lowerBound) * columns.count + x - columns.lowerBound
          coverage[place] = max(coverage[place], min(part, 1))
        }
      }
    }
    blend(coverage, rows: rows, columns: columns, color: color)
  }

  /// Sets every pixel whose center is inside of the polygon or on its sides. Where the polygon covers a place twice it is outside.
  public mutating func fill(_ polygon: Polygon, color: Color) {
    let samples = color.samples(of: channels)
    let edges = polygon.edges.filter {
      $0.from.y.isFinite && $0.from.x.isFinite && $0.to.y.isFinite && $0.to.x.isFinite
    }
    for y in Image.pixels(polygon.points.map(\.y), 0, height) {
      let row = Double(y)
      // Where sides cross the row: each has its upper end, so that a corner counts once.
      var crossings: [Double] = []
      for (from, to) in edges {
        let (a, b) = (Vector(from), Vector(to))
        if (a.y <= row) != (b.y <= row) { crossings.append(a.x + (row - a.y) / (b.y - a.y) * (b.x - a.x)) }
        // A lower corner and a side along the row are crossed by none.
        if a.y == row { paint(y, a.x, b.y == row ? b.x : a.x, samples) }
      }
      crossings.sort()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        paint(y, crossings[pair], crossings[pair + 1], samples)
      }
    }
  }

  /// Mixes a color into pixels of the image: each takes a part of it, from 0 to 1, given row by row.
  package mutating func blend(_ coverage: [Float], rows: Range<Int>, columns: Range<Int>, color: Color) {
    let samples = color.samples(of: channels).map { Float($0) }
    for y in rows.clamped(to: 0..<height) {
      for x in columns.clamped(to: 0..<width) {
        let part = coverage[(y - rows.lowerBound) * columns.count + x - columns.lowerBound]
        if part <= 0 { continue }
        for channel in 0..<channels {
          let place = (y * width + x) * channels + channel
          let old = Float(pixels[place])
          pixels[place] = UInt8((old + (samples[channel] - old) * part).rounded())
        }
      }
    }
  }

  /// The pixels of a row whose centers are in from...to, in either order.
  private mutating func paint(_ y: Int, _ from: Double, _ to: Double, _ samples: [UInt8]) {
    let first = max(min(from, to).rounded(.up), 0)
    let last = min(max(from, to).rounded(.down), Double(width - 1))
    if first > last { return }
    for x in Int(first)...Int(last) { set(y, x, samples) }
  }

  private mutating func set(_ y: Int, _ x: Int, _ samples: [UInt8]) {
    for channel in 0..<channels { pixels[(y * width + x) * channels + channel] = samples[channel] }
  }

  /// Whole pixels of a box along an axis; none where a side is no number.
  private static func pixels(_ from: Float, _ to: Float) -> Range<Int> {
    let (low, high) = (from.rounded(), to.rounded())
    guard low < high else { return 0..<0 }
    return Image.whole(low)..<Image.whole(high)
  }

  /// The nearest whole number, cut where no image has pixels.
  package static func whole(_ value: Float) -> Int { Int(min(max(value.rounded(), -0x1p30), 0x1p30)) }

  /// Pixels along an axis that are at most `reach` away from the numbers; none where one is not finite.
  private static func pixels(_ values: [Float], _ reach: Float, _ size: Int) -> Range<Int> {
    guard let low = values.min(), let high = values.max(), values.allSatisfy(\.isFinite) else { return 0..<0 }
    let first = max((low - reach).rounded(.up), 0)
    let last = min((high + reach).rounded(.down), Float(size - 1))
    return first > last ? 0..<0 : Int(first)..<Int(last) + 1
  }

  /// From a point to the nearest one of a straight line.
  private static func distance(_ point: Point, _ from: Point, _ to: Point) -> Float {
    let (line, offset) = (Vector(to) - Vector(from), Vector(point) - Vector(from))
    let square = line.dot(line)
    let part = square > 0 ? min(max(offset.dot(line) / square, 0), 1) : 0
    return Float((offset - line * part).length)
  }
}
