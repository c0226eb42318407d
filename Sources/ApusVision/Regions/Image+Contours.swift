extension Image {
  /// The outlines of the regions of joined pixels that are not 0, diagonal ones included, and of the holes in them, of an image of one
  /// channel: each a polygon through all pixels of a border, outer borders counterclockwise as they are seen, those of holes clockwise, in
  /// the order of their first pixels. OpenCV's `findContours` with `RETR_LIST` and `CHAIN_APPROX_NONE`, which lists them the other way round.
  ///
  /// Suzuki and Abe 1985, "Topological structural analysis of digitized binary images by border following".
  public func contours() -> [Polygon] {
    requireMask("contours")
    var borders = BorderFollowing(self)
    return borders.all()
  }
}

/// Follows borders on a copy of the image with a frame of background around it.
private struct BorderFollowing {
  /// 0: background; 1: no border has come here; 2: one has; −2: one has, with background on its right side.
  private var marks: [Int8]
  private let width: Int
  private let height: Int
  /// Steps to the eight neighbors, clockwise as they are seen, from the right.
  private let steps: [Int]

  init(_ image: Image) {
    width = image.width + 2
    height = image.height + 2
    marks = [Int8](repeating: 0, count: width * height)
    for y in 0..<image.height {
      for x in 0..<image.width where image.pixels[y * image.width + x] != 0 { marks[(y + 1) * width + x + 1] = 1 }
    }
    steps = [1, width + 1, width, width - 1, -1, -width - 1, -width, -width + 1]
  }

  mutating func all() -> [Polygon] {
    var polygons: [Polygon] = []
    for y in 1..<height - 1 {
      for x in 1..<width - 1 {
        let place = y * width + x
        if marks[place] == 1 && marks[place - 1] == 0 {
          polygons.append(polygon(follow(from: place, background: 4)))
        } else if marks[place] >= 1 && marks[place + 1] == 0 {
          polygons.append(polygon(follow(from: place, background: 0)))
        }
      }
    }
    return polygons
  }

  private func polygon(_ places: [Int]) -> Polygon {
    Polygon(places.map { Point(x: Float($0 % width - 1), y: Float($0 / width - 1)) })
  }

  /// The pixels of a border, from its first one, whose neighbor in the direction `background` is outside.
  private mutating func follow(from start: Int, background: Int) -> [Int] {
    guard let first = (1..<8).map({ (background + $0) % 8 }).first(where: { marks[start + steps[$0]] != 0 }) else {
      marks[start] = -2
      return [start]
    }
    let last = start + steps[first]
    var places: [Int] = []
    var (place, direction) = (start, first)
    while true {
      // Counterclockwise from where the border came.
      var next = direction
      var passesRight = false
      repeat {
        next = (next + 7) % 8
        if next == 0 && marks[place + steps[0]] == 0 { passesRight = true }
      } while marks[place + steps[next]] == 0
      if passesRight {
        marks[place] = -2
      } else if marks[place] == 1 {
        marks[place] = 2
      }
      places.append(place)
      if place + steps[next] == start && place == last { return places }
      place += steps[next]
      direction = (next + 4) % 8
    }
  }
}
