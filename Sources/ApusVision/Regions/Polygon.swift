#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A place in an image. Whole numbers are pixels, as OpenCV counts them: x from the left, y from the top.
public struct Point: Hashable, Sendable {
  /// From left to right.
  public var x: Float
  /// From top to bottom.
  public var y: Float

  /// A place from its column and row.
  public init(x: Float, y: Float) {
    self.x = x
    self.y = y
  }

  /// The length of the straight line to `other`.
  public func distance(to other: Point) -> Float { hypot(other.x - x, other.y - y) }
}

/// A closed line through points: the outline of a region, or a rectangle that does not lie along the axes.
public struct Polygon: Hashable, Sendable {
  /// Its corners, in order; the last one is joined to the first.
  public var points: [Point]

  /// A polygon through points, in order.
  public init(_ points: [Point]) { self.points = points }

  /// The area inside, if its sides do not cross: half of |Σ xᵢ yᵢ₊₁ − xᵢ₊₁ yᵢ|.
  public var area: Float { Float(abs(edges.reduce(0) { $0 + Vector($1.from).cross(Vector($1.to)) }) / 2) }

  /// The length of all sides together.
  public var perimeter: Float { Float(edges.reduce(0) { $0 + (Vector($1.to) - Vector($1.from)).length }) }

  var edges: [(from: Point, to: Point)] {
    points.indices.map { (points[$0], points[$0 + 1 == points.count ? 0 : $0 + 1]) }
  }

  /// The smallest convex polygon that holds all points: corners only, clockwise as it is seen, from the leftmost (the upper one of
  /// several). Points that are no numbers are left out. Andrew 1979, "Another efficient algorithm for convex hulls in two dimensions".
  public func convexHull() -> Polygon {
    let sorted = Set(points.filter { $0.x.isFinite && $0.y.isFinite }).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    if sorted.count < 3 { return Polygon(sorted) }
    func chain(_ points: some Sequence<Point>) -> [Point] {
      var hull: [Point] = []
      for point in points {
        while hull.count > 1,
          (Vector(hull[hull.count - 1]) - Vector(hull[hull.count - 2])).cross(
            Vector(point) - Vector(hull[hull.count - 2]))
            <= 0
        {
          hull.removeLast()
        }
        hull.append(point)
      }
      hull.removeLast()
      return hull
    }
    return Polygon(chain(sorted) + chain(sorted.reversed()))
  }

  /// The smallest rectangle, in any direction, that holds all points: four corners clockwise as it is seen, from the one that is nearest to
  /// the upper left corner of the image; none around no points. It has no height where all points lie on a line. One of its sides lies on one
  /// of the convex hull's (Freeman and Shapira 1975, "Determining the minimum-area encasing rectangle for an arbitrary closed curve").
  public func minimumAreaRectangle() -> Polygon {
    let hull = convexHull()
    if hull.points.count < 2 { return Polygon(hull.points.flatMap { [$0, $0, $0, $0] }) }
    var best: (area: Double, corners: [Vector]) = (.infinity, [])
    for (from, to) in hull.edges {
      let along = (Vector(to) - Vector(from)).unit
      let across = Vector(x: -along.y, y: along.x)
      let (u, v) = (hull.points.map { Vector($0).dot(along) }, hull.points.map { Vector($0).dot(across) })
      let (left, right) = (u.min() ?? 0, u.max() ?? 0)
      let (top, bottom) = (v.min() ?? 0, v.max() ?? 0)
      let area = (right - left) * (bottom - top)
      if area < best.area {
        best = (
          area, [(left, top), (right, top), (right, bottom), (left, bottom)].map { along * $0.0 + across * $0.1 }
        )
      }
    }
    let corners = best.corners
    let start = corners.indices.min { corners[$0].x + corners[$0].y < corners[$1].x + corners[$1].y } ?? 0
    return Polygon(corners.indices.map { corners[(start + $0) % corners.count].point })
  }

  /// The polygon's convex hull with everything that is at most `distance` away from it, corners rounded. Arcs are made of chords, as
  /// Clipper's `ClipperOffset` with `jtRound` and its default tolerance of a quarter of a pixel makes them. A hull of fewer than three
  /// corners stays as it is, and so does any by a distance that is not finite and above 0.
  public func expanded(by distance: Float) -> Polygon {
    let hull = convexHull()
    if hull.points.count < 3 || !(distance > 0 && distance < .infinity) { return hull }
    let radius = Double(distance)
    let tolerance = min(0.25, radius / 4)
    // Beyond a radius of 100 million pixels, 1 − tolerance / radius is 1.
    let steps = min(Double.pi / acos(1 - tolerance / radius), radius * .pi, 0x1p16)
    let corners = hull.points.map { Vector($0) }
    // Outward, as the corners run clockwise and y points down.
    let normals = hull.edges.map { edge -> Vector in
      let along = (Vector(edge.to) - Vector(edge.from)).unit
      return Vector(x: along.y, y: -along.x)
    }
    var result: [Point] = []
    // The last direction that the outline was drawn in.
    var before = normals[normals.count - 1]
    for (corner, after) in zip(corners, normals) {
      // Where both sides lie within a pixel of each other out there, one point stands for both, and the turn is left to the next corner.
      if abs(before.cross(after) * radius) < 1 && before.dot(after) > 0 {
        result.append((corner + before * radius).point)
        continue
      }
      let angle = atan2(before.cross(after), before.dot(after))
      let chords = max(1, Int((steps / (2 * .pi) * abs(angle)).rounded()))
      for chord in 0..<chords {
        result.append((corner + before.turned(by: Double(chord) * 2 * .pi / steps) * radius).point)
      }
      result.append((corner + after * radius).point)
      before = after
    }
    return Polygon(result)
  }
}

/// A point or a direction, in double precision.
struct Vector {
  var x: Double
  var y: Double

  init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
  init(_ point: Point) { self.init(x: Double(point.x), y: Double(point.y)) }

  var point: Point { Point(x: Float(x), y: Float(y)) }
  var length: Double { hypot(x, y) }
  var unit: Vector { self * (1 / length) }

  func dot(_ other: Vector) -> Double { x * other.x + y * other.y }
  /// Positive where `other` is clockwise from here as it is seen, y pointing down.
  func cross(_ other: Vector) -> Double { x * other.y - y * other.x }
  func turned(by angle: Double) -> Vector {
    Vector(x: x * cos(angle) - y * sin(angle), y: x * sin(angle) + y * cos(angle))
  }

  static func + (a: Vector, b: Vector) -> Vector { Vector(x: a.x + b.x, y: a.y + b.y) }
  static func - (a: Vector, b: Vector) -> Vector { Vector(x: a.x - b.x, y: a.y - b.y) }
  static func * (a: Vector, factor: Double) -> Vector { Vector(x: a.x * factor, y: a.y * factor) }
}
