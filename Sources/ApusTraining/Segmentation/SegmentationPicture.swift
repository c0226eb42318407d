import ApusCore
import ApusData
import ApusFigures

/// A picture of segmented scenes: a row each with the image, the true classes over it and the predicted ones over it.
///
/// It holds no text: names of classes and numbers stand beside it, in the report and in `classes.csv`.
struct SegmentationPicture {
  /// An image uint8 `[H, W, 1]` with labels and predictions int32 `[H, W]`, all of one size.
  struct Row {
    var image: Tensor
    var labels: Tensor
    var prediction: Tensor
  }

  /// Of class 1 and so on, in turn; class 0 is not painted. Told apart by hue and lightness.
  private static let colors: [RGB] = [
    RGB(230, 25, 75), RGB(60, 180, 75), RGB(255, 225, 25), RGB(0, 130, 255), RGB(245, 130, 48),
    RGB(170, 60, 230), RGB(70, 240, 240), RGB(240, 50, 230), RGB(188, 246, 12), RGB(250, 170, 190),
    RGB(0, 150, 140), RGB(170, 110, 40),
  ]
  private static let paper = RGB(250, 250, 248)
  /// Of pixels that count for nothing.
  static let ignoredColor = RGB(128, 128, 128)
  private static let margin = 10

  private var pixels: [UInt8]
  private let width: Int

  /// - Parameter scale: pixels of the picture per pixel of a scene.
  static func drawn(_ rows: [Row], scale: Int) -> Picture {
    let (sceneHeight, sceneWidth) = (rows[0].image.shape[0] * scale, rows[0].image.shape[1] * scale)
    let (height, width) = (
      margin + rows.count * (sceneHeight + margin), margin + 3 * (sceneWidth + margin)
    )
    var picture = SegmentationPicture(height: height, width: width)
    for (place, row) in rows.enumerated() {
      for (column, labels) in [nil, row.labels, row.prediction].enumerated() {
        picture.paint(
          row.image, labels, scale, top: margin + place * (sceneHeight + margin),
          left: margin + column * (sceneWidth + margin))
      }
    }
    return Picture(width: width, height: height, channels: 3, pixels: picture.pixels)
  }

  /// `nil` of class 0, the background.
  static func color(of label: Int) -> RGB? { label == 0 ? nil : colors[(label - 1) % colors.count] }

  private init(height: Int, width: Int) {
    self.width = width
    let paper = SegmentationPicture.paper
    pixels = []
    pixels.reserveCapacity(height * width * 3)
    for _ in 0..<height * width { pixels += [paper.red, paper.green, paper.blue] }
  }

  private mutating func fill(_ color: RGB, top: Int, left: Int, size: Int) {
    for y in top..<top + size {
      for x in left..<left + size {
        let place = (y * width + x) * 3
        (pixels[place], pixels[place + 1], pixels[place + 2]) = (color.red, color.green, color.blue)
      }
    }
  }

  /// Where there are labels: the classes' colors over the image, darkened.
  private mutating func paint(_ image: Tensor, _ labels: Tensor?, _ scale: Int, top: Int, left: Int) {
    let columns = image.shape[1]
    let classes = labels?.array(of: Int32.self)
    for (index, gray) in image.array(of: UInt8.self).enumerated() {
      let color = classes.map { SegmentationPicture.overlay(Int($0[index]), on: gray) } ?? RGB(gray, gray, gray)
      fill(color, top: top + index / columns * scale, left: left + index % columns * scale, size: scale)
    }
  }

  private static func overlay(_ label: Int, on gray: UInt8) -> RGB {
    if label == ComposedScenes.ignored { return ignoredColor }
    guard let color = color(of: label) else {
      let dark = UInt8(Int(gray) * 3 / 4)
      return RGB(dark, dark, dark)
    }
    func mixed(_ part: UInt8) -> UInt8 { UInt8((3 * Int(part) + Int(gray)) / 4) }
    return RGB(mixed(color.red), mixed(color.green), mixed(color.blue))
  }
}
