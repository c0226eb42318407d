import ApusCore
import ApusData

/// A picture of segmented scenes: a row each with the image, the true classes over it and the predicted ones over it, and a legend.
struct SegmentationPicture {
  /// An image uint8 `[H, W, 1]` with labels and predictions int32 `[H, W]`, all of one size.
  struct Row {
    var image: Tensor
    var labels: Tensor
    var prediction: Tensor
  }

  private typealias Color = (UInt8, UInt8, UInt8)

  /// Of class 1 and so on, in turn; class 0 is not painted. Told apart by hue and lightness.
  private static let colors: [Color] = [
    (230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 255), (245, 130, 48), (170, 60, 230), (70, 240, 240),
    (240, 50, 230), (188, 246, 12), (250, 170, 190), (0, 150, 140), (170, 110, 40),
  ]
  private static let paper: Color = (250, 250, 248)
  private static let ink: Color = (40, 40, 40)
  private static let ignoredColor: Color = (128, 128, 128)
  private static let margin = 10

  private var pixels: [UInt8]
  private let width: Int
  private let height: Int

  /// The picture as a PNG file.
  ///
  /// - Parameters:
  ///   - scale: pixels of the picture per pixel of a scene.
  ///   - footer: a line at the end.
  static func png(_ rows: [Row], classNames: [String], scale: Int, footer: String) -> [UInt8] {
    let (sceneHeight, sceneWidth) = (rows[0].image.shape[0] * scale, rows[0].image.shape[1] * scale)
    let line = 2 * PixelText.height + margin
    let width = max(3 * sceneWidth + 2 * margin, 2 * PixelText.width(of: footer))
    let legend = SegmentationPicture.legend(classNames, width: width)
    let legendLines = legend.map(\.row).max()! + 1
    var picture = SegmentationPicture(
      width: width + 2 * margin,
      height: margin + line + rows.count * (sceneHeight + margin) + (legendLines + 1) * line)
    for (column, title) in ["image", "truth", "prediction"].enumerated() {
      picture.write(title, top: margin, left: margin + column * (sceneWidth + margin))
    }
    var top = margin + line
    for row in rows {
      for (column, labels) in [nil, row.labels, row.prediction].enumerated() {
        picture.paint(row.image, labels, scale, top: top, left: margin + column * (sceneWidth + margin))
      }
      top += sceneHeight + margin
    }
    for entry in legend {
      picture.fill(entry.color, top: top + entry.row * line, left: margin + entry.left, height: 14, width: 14)
      picture.write(entry.name, top: top + entry.row * line, left: margin + entry.left + 20)
    }
    picture.write(footer, top: top + legendLines * line, left: margin)
    return PNG.encoded(picture.pixels, width: picture.width, height: picture.height, channels: 3)
  }

  /// Where each class's name stands: as many in a row as there is room for.
  private static func legend(_ classNames: [String], width: Int) -> [(
    name: String, color: Color, row: Int, left: Int
  )] {
    var entries = classNames.indices.dropFirst().map { (classNames[$0], color(of: $0)) }
    entries.append(("not counted", ignoredColor))
    var (row, left) = (0, 0)
    return entries.map { name, color in
      let size = 20 + 2 * PixelText.width(of: name) + 16
      if left > 0 && left + size - 16 > width { (row, left) = (row + 1, 0) }
      defer { left += size }
      return (name, color, row, left)
    }
  }

  private static func color(of label: Int) -> Color { colors[(label - 1) % colors.count] }

  private init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = []
    pixels.reserveCapacity(width * height * 3)
    for _ in 0..<width * height { pixels += [Self.paper.0, Self.paper.1, Self.paper.2] }
  }

  private mutating func set(_ y: Int, _ x: Int, _ color: Color) {
    guard y >= 0, y < height, x >= 0, x < width else { return }
    let place = (y * width + x) * 3
    (pixels[place], pixels[place + 1], pixels[place + 2]) = color
  }

  private mutating func fill(_ color: Color, top: Int, left: Int, height: Int, width: Int) {
    for y in top..<top + height {
      for x in left..<left + width { set(y, x, color) }
    }
  }

  /// Letters of twice their size; one that is not known leaves a gap.
  private mutating func write(_ text: String, top: Int, left: Int) {
    for (place, letter) in text.enumerated() {
      for (y, row) in (PixelText.pixels(of: letter) ?? []).enumerated() {
        for (x, isSet) in row.enumerated() where isSet {
          fill(
            SegmentationPicture.ink, top: top + 2 * y, left: left + 2 * (place * PixelText.advance + x), height: 2,
            width: 2)
        }
      }
    }
  }

  /// Where there are labels: the classes' colors over the image, darkened.
  private mutating func paint(_ image: Tensor, _ labels: Tensor?, _ scale: Int, top: Int, left: Int) {
    let columns = image.shape[1]
    let classes = labels?.array(of: Int32.self)
    for (index, gray) in image.array(of: UInt8.self).enumerated() {
      var color: Color = (gray, gray, gray)
      if let classes {
        let dark = UInt8(Int(gray) * 3 / 4)
        switch Int(classes[index]) {
        case 0: color = (dark, dark, dark)
        case ComposedScenes.ignored: color = SegmentationPicture.ignoredColor
        case let label:
          let (r, g, b) = SegmentationPicture.color(of: label)
          func mixed(_ part: UInt8) -> UInt8 { UInt8((3 * Int(part) + Int(gray)) / 4) }
          color = (mixed(r), mixed(g), mixed(b))
        }
      }
      fill(
        color, top: top + index / columns * scale, left: left + index % columns * scale, height: scale, width: scale)
    }
  }
}
