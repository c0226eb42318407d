import Apus
import ApusVision

/// A picture of `apus look`, a file of its own.
struct LookPicture {
  /// Behind the method in the file's name: what it is of, an image or a layer.
  let name: String
  /// What is seen, in a line.
  let caption: String
  let image: Image
}

extension LookSubject {
  /// Each image beside its map, [N, h, w], over the image: where a map is large.
  func overlays(_ maps: Tensor, _ caption: (_ image: Int) -> String) -> [LookPicture] {
    images.indices.map { place in
      let photo = self.photo(place)
      let map = LookMap(maps, place)
      return LookPicture(
        name: images[place].name, caption: caption(place), image: .row([photo, map.over(photo)]))
    }
  }

  /// Each image beside its map, [N, H, W] or [N, H, W, C]; channels are summed.
  func maps(_ maps: Tensor, _ caption: (_ image: Int) -> String) -> [LookPicture] {
    let sums = maps.rank == 4 ? maps.sum(axes: [3]) : maps
    return images.indices.map { place in
      let photo = self.photo(place)
      return LookPicture(
        name: images[place].name, caption: caption(place),
        image: .row([photo, LookMap(sums, place).picture(height: photo.height, width: photo.width)]))
    }
  }

  /// An image, small ones enlarged.
  func photo(_ place: Int) -> Image { Image(images[place].pixels).shown() }
}

extension Image {
  /// The least side at which a picture is shown: a smaller one's pixels become squares.
  private static let leastSide = 224

  /// With pixels as squares, if it is small.
  func shown() -> Image {
    let factor = max(1, Image.leastSide / max(height, width))
    return enlarged(by: factor)
  }

  func enlarged(by factor: Int) -> Image {
    if factor == 1 { return self }
    return resized(height: height * factor, width: width * factor, filter: .nearest)
  }

  /// Pictures of one height beside each other, in color.
  static func row(_ images: [Image]) -> Image { grid(images, columns: images.count, gap: 8) }

  /// Pictures of one size in rows, with white between them, in color.
  static func grid(_ images: [Image], columns: Int, gap: Int) -> Image {
    let (height, width) = (images[0].height, images[0].width)
    let columns = min(columns, images.count)
    let rows = (images.count + columns - 1) / columns
    let (fullHeight, fullWidth) = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    var pixels = [UInt8](repeating: 255, count: fullHeight * fullWidth * 3)
    for (place, image) in images.enumerated() {
      let colored = image.rgb()
      let (top, left) = (place / columns * (height + gap), place % columns * (width + gap))
      for row in 0..<height {
        let start = ((top + row) * fullWidth + left) * 3
        pixels.replaceSubrange(start..<start + width * 3, with: colored.pixels[row * width * 3..<(row + 1) * width * 3])
      }
    }
    return Image(height: fullHeight, width: fullWidth, channels: 3, pixels: pixels)
  }
}

/// Values in rows and columns, drawn by colors: one hue where all have one sign, two from a neutral middle where they have both.
struct LookMap {
  private let tensor: Tensor
  /// What the ends of the colors stand for: all but the most extreme hundredth of the values.
  private let largest: Float
  private let isSigned: Bool

  /// - Parameters:
  ///   - maps: [N, h, w].
  ///   - largest: what the ends of the colors stand for on both sides of 0.
  init(_ maps: Tensor, _ place: Int, largest: Float) {
    tensor = maps.slice(axis: 0, range: place..<place + 1).reshaped([1, maps.shape[1], maps.shape[2], 1])
    (isSigned, self.largest) = (true, largest)
  }

  /// - Parameter maps: [N, h, w].
  init(_ maps: Tensor, _ place: Int) {
    tensor = maps.slice(axis: 0, range: place..<place + 1).reshaped([1, maps.shape[1], maps.shape[2], 1])
    isSigned = tensor.min().array(of: Float.self)[0] < 0
    let end = Float(tensor.abs().percentile(0.99))
    largest = end > 0 ? end : max(tensor.abs().max().array(of: Float.self)[0], .leastNormalMagnitude)
  }

  /// A pixel per value.
  var pixels: Image {
    Image(height: tensor.shape[1], width: tensor.shape[2], channels: 3, pixels: colors(tensor))
  }

  /// By itself, a value as a square.
  func picture(height: Int, width: Int) -> Image {
    pixels.enlarged(by: max(1, min(height / tensor.shape[1], width / tensor.shape[2])))
      .resized(height: height, width: width)
  }

  /// Smoothly over a picture, which shows where the map is small.
  func over(_ photo: Image) -> Image {
    let whole = resize2d(tensor, height: photo.height, width: photo.width)
    let (above, below) = (colors(whole), photo.rgb().pixels)
    let strengths = (whole.abs() / Double(largest)).array(of: Float.self)
    return Image(
      height: photo.height, width: photo.width, channels: 3,
      pixels: below.indices.map { place in
        let part = min(strengths[place / 3], 1) * 0.7
        return UInt8((Float(below[place]) + (Float(above[place]) - Float(below[place])) * part).rounded())
      })
  }

  private func colors(_ values: Tensor) -> [UInt8] {
    values.array(of: Float.self).flatMap { value -> [UInt8] in
      let part = min(value.magnitude / largest, 1)
      let neutral: [Float] = isSigned ? [246, 246, 244] : [20, 20, 40]
      let end: [Float] = isSigned ? (value < 0 ? [33, 102, 172] : [200, 90, 20]) : [253, 200, 40]
      return zip(neutral, end).map { UInt8(($0 + ($1 - $0) * part).rounded()) }
    }
  }
}
