import Apus
import ApusVision
import Testing

private func points(_ tensor: Tensor) -> [Point] {
  let numbers = tensor.array(of: Int.self)
  return every(
    stride(from: 0, to: numbers.count, by: 2).map { Point(x: Float(numbers[$0]), y: Float(numbers[$0 + 1])) })
}

/// The same closed line begun at the smallest of its points; of those that it passes more than once, where what follows is smallest.
private func normalized(_ points: [Point]) -> [[Float]] {
  let pairs = points.map { [$0.y, $0.x] }
  let turns = pairs.indices.filter { pairs[$0] == pairs.min { $0.lexicographicallyPrecedes($1) } }
    .map { Array(pairs[$0...] + pairs[..<$0]) }
  return turns.min { $0.joined().lexicographicallyPrecedes($1.joined()) } ?? []
}

@Suite struct RegionTests {
  private let fixture: PyTorchFixture

  init() throws { fixture = try PyTorchFixture("vision") }

  @Test(arguments: ["noise", "blobs", "rings", "full"], [(Connectivity.four, 4), (.eight, 8)])
  func componentsAreOpenCVs(name: String, neighbors: (Connectivity, Int)) {
    let found = Image(fixture["regions/\(name)/mask"]).connectedComponents(neighbors.0)
    #expect(found.labels.map { Int($0) } == fixture.integers("regions/\(name)/labels\(neighbors.1)"))
    let stats = found.components.flatMap { component -> [Int] in
      let box = component.box
      return [box.left, box.top, box.width, box.height].map { Int($0) } + [component.area]
    }
    #expect(stats == fixture.integers("regions/\(name)/stats\(neighbors.1)"))
    let centroids = found.components.flatMap { [$0.centroid.x, $0.centroid.y] }
    fixture.expect(
      Tensor(centroids, shape: [found.components.count, 2]), is: "regions/\(name)/centroids\(neighbors.1)")
  }

  @Test func nothingHasNoComponentsAndNoContours() {
    let empty = Image(height: 2, width: 3, channels: 1, pixels: [UInt8](repeating: 0, count: 6))
    #expect(empty.connectedComponents().components.isEmpty && empty.contours().isEmpty)
  }

  /// The same lines, run through in the same direction; OpenCV's order is that of their first pixels from the last one.
  @Test(arguments: ["noise", "blobs", "rings", "full"]) func contoursAreOpenCVs(name: String) {
    let contours = Image(fixture["regions/\(name)/mask"]).contours()
    var rest = points(fixture["regions/\(name)/contours"])[...]
    var expected: [[[Float]]] = []
    for size in fixture.integers("regions/\(name)/contour-sizes") {
      expected.append(normalized(Array(rest.prefix(size))))
      rest = rest.dropFirst(size)
    }
    let found = contours.map { normalized($0.points) }
    func sorted(_ lines: [[[Float]]]) -> [[[Float]]] {
      lines.sorted { $0.joined().lexicographicallyPrecedes($1.joined()) }
    }
    #expect(sorted(found) == sorted(expected))
  }

  @Test(arguments: 0..<6) func polygonsAreOpenCVsAndClippers(index: Int) {
    let polygon = Polygon(points(fixture["polygon/\(index)/points"]))
    let hull = polygon.convexHull()
    #expect(normalized(hull.points) == normalized(points(fixture["polygon/\(index)/hull"])))
    let rectangle = polygon.minimumAreaRectangle()
    fixture.expect(Tensor([hull.area, hull.perimeter, rectangle.area]), is: "polygon/\(index)/measures")
    #expect(rectangle.points.count == 4)
    // It holds every point: none is outside of a side by more than rounding.
    for (from, to) in zip(rectangle.points, rectangle.points[1...] + [rectangle.points[0]]) {
      for point in polygon.points {
        let outside = (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
        #expect(outside >= -0.01 * from.distance(to: to))
      }
    }
    let expanded = hull.expanded(by: fixture["polygon/\(index)/distance"].array(of: Float.self)[0])
    let rounded = Polygon(expanded.points.map { Point(x: $0.x.rounded(), y: $0.y.rounded()) })
    let clippers = Polygon(points(fixture["polygon/\(index)/expanded"]))
    #expect(normalized(rounded.convexHull().points) == normalized(clippers.convexHull().points))
  }

  @Test func pointsAndLinesHaveRectangles() {
    let point = Point(x: 3, y: 4)
    #expect(Polygon([point]).minimumAreaRectangle() == Polygon([point, point, point, point]))
    let line = Polygon([point, Point(x: 6, y: 8), Point(x: 9, y: 12)])
    #expect(abs(line.minimumAreaRectangle().perimeter - 20) < 1e-5 && line.minimumAreaRectangle().area < 1e-5)
    #expect(line.expanded(by: 0) == line.convexHull())
  }

  @Test func whatIsNoNumberHarmsNothing() {
    let corners = [Point(x: 0, y: 0), Point(x: 4, y: 0), Point(x: 4, y: 2), Point(x: 0, y: 2)]
    let polygon = Polygon(corners + [Point(x: .nan, y: 1), Point(x: 1, y: .infinity)])
    #expect(polygon.convexHull() == Polygon(corners) && polygon.minimumAreaRectangle() == Polygon(corners))
    #expect(Polygon([Point(x: .nan, y: 1)]).minimumAreaRectangle().points.isEmpty)
    for distance in [Float.nan, -1, 0, .infinity] {
      #expect(polygon.expanded(by: distance) == Polygon(corners))
    }
    #expect(polygon.expanded(by: 1e30).points.count > 4)
  }

  @Test func masksHaveOneChannel() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Image(height: 1, width: 1, channels: 3, pixels: [1, 2, 3]).contours()
    }
    #expect(errorText(result).contains("contours of an image of 3 channels"))
  }
}
