import Apus

/// A picture of `apus look`, a file of its own and a place on the page.
struct LookPicture {
  /// Behind the method in the file's name: what it is of, an image or a layer.
  let name: String
  /// What is seen, in a line.
  let caption: String
  let content: Content

  enum Content {
    /// A PNG file.
    case picture(Picture)
    /// An SVG file, with its numbers beside it.
    case figure(Figure)
  }

  init(name: String, caption: String, picture: Picture) {
    (self.name, self.caption, content) = (name, caption, .picture(picture))
  }

  init(name: String, caption: String, figure: Figure) {
    (self.name, self.caption, content) = (name, caption, .figure(figure))
  }
}

extension LookSubject {
  /// Each image beside its map, [N, h, w], over the image: the more of it is seen, the larger the map is.
  func overlays(_ maps: Tensor, _ caption: (_ image: Int) -> String) -> [LookPicture] {
    let maps = LookMaps(maps)
    return images.indices.map { place in
      let photo = self.photo(place)
      return LookPicture(
        name: images[place].name, caption: caption(place), picture: .row([photo, maps.over(photo, place)]))
    }
  }

  /// Each image beside its map, [N, H, W] or [N, H, W, C]; channels are summed.
  func maps(_ maps: Tensor, _ caption: (_ image: Int) -> String) -> [LookPicture] {
    let maps = LookMaps(maps.rank == 4 ? maps.sum(axes: [3]) : maps)
    return images.indices.map { place in
      LookPicture(
        name: images[place].name, caption: caption(place),
        picture: .row([photo(place), maps.picture(place).shown()]))
    }
  }

  /// An image, small ones enlarged.
  func photo(_ place: Int) -> Picture { Picture(images[place].pixels.reshaped(input)).shown() }
}

extension Picture {
  /// The least side at which a picture is shown: a smaller one's pixels become squares.
  private static let leastSide = 224

  /// With pixels as squares, if it is small.
  func shown(least side: Int = Picture.leastSide) -> Picture { enlarged(by: max(1, side / max(height, width))) }

  /// Pictures of one size beside each other, in color.
  static func row(_ pictures: [Picture]) -> Picture { grid(pictures, columns: pictures.count, gap: 8) }

  /// Pictures of one size in rows, with white between them, in color.
  static func grid(_ pictures: [Picture], columns: Int, gap: Int = 4) -> Picture {
    let (height, width) = (pictures[0].height, pictures[0].width)
    let columns = min(columns, pictures.count)
    let rows = (pictures.count + columns - 1) / columns
    let (fullHeight, fullWidth) = (rows * (height + gap) - gap, columns * (width + gap) - gap)
    var pixels = [UInt8](repeating: 255, count: fullHeight * fullWidth * 3)
    for (place, picture) in pictures.enumerated() {
      let (top, left) = (place / columns * (height + gap), place % columns * (width + gap))
      for y in 0..<height {
        for x in 0..<width {
          let from = (y * width + x) * picture.channels
          let to = ((top + y) * fullWidth + left + x) * 3
          for channel in 0..<3 { pixels[to + channel] = picture.pixels[from + (picture.channels == 3 ? channel : 0)] }
        }
      }
    }
    return Picture(width: fullWidth, height: fullHeight, channels: 3, pixels: pixels)
  }
}

/// Maps of values, [N, h, w], as pictures: by one hue from 0 on where a map has no negative value, by two from a neutral middle where it has.
struct LookMaps {
  private let maps: Tensor

  init(_ maps: Tensor) { self.maps = maps }

  /// The values of one, and what the ends of the colors stand for: all but the most extreme hundredth of the magnitudes, which would
  /// leave the others without color.
  private func drawn(_ place: Int) -> (values: [Float], range: ClosedRange<Double>) {
    let map = maps[place]
    let magnitudes = map.abs()
    let end = [magnitudes.percentile(0.99), magnitudes.max().item()].first { $0 > 0 } ?? 1
    return (map.array(of: Float.self), (map.min().item() < 0 ? -end : 0)...end)
  }

  /// By itself, a pixel per value.
  func picture(_ place: Int) -> Picture {
    let (values, range) = drawn(place)
    return Picture(values: values, rows: maps.shape[1], columns: maps.shape[2], range: range)
  }

  /// Smoothly over a picture.
  func over(_ photo: Picture, _ place: Int) -> Picture {
    let (values, range) = drawn(place)
    return photo.overlaid(with: values, rows: maps.shape[1], columns: maps.shape[2], range: range)
  }
}
