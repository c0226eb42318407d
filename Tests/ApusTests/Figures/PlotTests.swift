import Apus
import Foundation
import Testing

/// What each plot draws, to the pixel.
@Suite struct PlotTests {
  private func number(_ element: (attributes: [String: String], text: String), _ name: String) -> Double {
    element.attributes[name].flatMap { Double($0) } ?? .nan
  }

  /// Texts along the x axis, which are centered, or along the y axis, which end at it.
  private func ticks(_ figure: Figure, _ anchor: String) -> [String] {
    XMLElements(figure.svg).styled("tick").filter { $0.attributes["text-anchor"] == anchor }.map(\.text)
  }

  @Test func epochsAreWholeNumbers() {
    #expect(ticks(Figure("", .lines([.init(y: [1.0, 2])])), "middle") == ["1", "2"])
    #expect(ticks(Figure("", .lines([.init(x: [1.0, 1.5, 2], y: [1.0, 2, 3])])), "middle").contains("1.2"))
    #expect(ticks(Figure("", .lines([.init(y: [5.0])])), "middle") == ["1"])
  }

  @Test func axesEndWhereTheyAreTold() {
    var percent = Figure.Axis("accuracy", unit: "%")
    percent.bounds = 0...100
    let bounded = ticks(Figure("", .lines([.init(y: [97.3, 99.9])], y: percent)), "end")
    #expect(bounded.last == "100" || bounded.last == "100.0")
    let fixed = ticks(Figure("", .lines([.init(y: [3.0, 4])], y: Figure.Axis("", range: 0...10))), "end")
    #expect(fixed.first == "0" && fixed.last == "10")
    let logarithmic = ticks(Figure("", .lines([.init(y: [1e-15, 1.0])], y: .logarithmic(""))), "end")
    #expect(logarithmic.count < 9 && Set(logarithmic).count == logarithmic.count)
    // Where there is no room for all, powers of ten stay.
    let losses = ticks(Figure("", .lines([.init(y: [0.0005, 2.3])], y: .logarithmic(""))), "end")
    #expect(losses == ["0.001", "0.01", "0.1", "1"])
  }

  static let spans: [[Double]] = [
    [1e-15, 3e-15], [-1e-15, 2e-15], [1e9, 3e9], [5, 5], [1, 1 + 1e-12], [-1e299, 1e299],
    [0, Double.leastNonzeroMagnitude], [-Double.leastNonzeroMagnitude, 0],
  ]

  @Test(arguments: spans) func everySpanHasTicks(_ values: [Double]) {
    if values[0] > 0 {
      let found = ticks(Figure("", .lines([.init(y: values)], y: .logarithmic(""))), "end")
      #expect((1...12).contains(found.count), "\(found)")
    }
    let found = ticks(Figure("", .lines([.init(y: values)])), "end")
    #expect((2...12).contains(found.count) && Set(found).count == found.count, "\(found)")
  }

  @Test func aBandLiesBetweenItsEdges() throws {
    let figure = Figure("", .lines([.init(y: [1.0, 2, .nan, 4], low: [0.0, 1, 2, 3], high: [2.0, 3, 4, 5])]))
    let band = try #require(XMLElements(figure.svg).numbers("points", of: "band").first)
    #expect(band.count == 16)
    // There and back: the first and the last point are above each other.
    #expect(band[0] == band[14] && band[1] < band[15])
    let broken = Figure(
      "", .lines([.init(y: [1.0, 2, 3, 4, 5], low: [0.0, 1, .nan, 3, 4], high: [2.0, 3, 4, 5, 6])]))
    #expect(XMLElements(broken.svg).numbers("points", of: "band").map(\.count) == [8, 8])
  }

  @Test func areasOfAHistogramAreCounts() {
    let parsed = XMLElements(Figure("", .histogram(counts: [4.0, 4, 0, 2], edges: [0.0, 1, 3, 4, 5])).svg)
    let bars = parsed.styled("area")
    let areas = bars.map { number($0, "width") * number($0, "height") }
    #expect(bars.count == 3 && abs(areas[0] / areas[1] - 1) < 1e-3 && abs(areas[0] / areas[2] - 2) < 2e-3)
    #expect(abs(number(bars[1], "width") / number(bars[0], "width") - 2) < 1e-3)
  }

  @Test func tensorsHaveHistograms() {
    let x = Tensor([0, 0.1, 0.9, 1] as [Float], shape: [4])
    #expect(
      csvRows(Figure("", .histogram(x.histogram(bins: 2))).csv)
        == [["low", "high", "count"], ["0.0", "0.5", "2.0"], ["0.5", "1.0", "2.0"]])
    let constant = csvRows(Figure("", .histogram(Tensor.full([3], 2).histogram(bins: 4))).csv)
    #expect(constant.count == 2 && constant[1] == ["1.0", "3.0", "3.0"])
  }

  @Test func barsBeginAtZeroAndHaveErrors() throws {
    let parsed = XMLElements(
      Figure("", .bars(groups: ["a", "b"], [.init(y: [2.0, -1], low: [1.0, -2], high: [3.0, 0])])).svg)
    let bars = parsed.styled("area")
    try #require(bars.count == 2)
    #expect(abs(number(bars[0], "height") / number(bars[1], "height") - 2) < 1e-2)
    // One stands on the line that the other hangs from.
    #expect(abs(number(bars[0], "y") + number(bars[0], "height") - number(bars[1], "y")) < 0.02)
    let whiskers = parsed.styled("whisker")
    #expect(whiskers.count == 6)
    #expect(abs(abs(number(whiskers[0], "y1") - number(whiskers[0], "y2")) - number(bars[0], "height")) < 0.02)
  }

  @Test func colorsOfAHeatMapAreThoseOfTheValues() {
    func fills(_ values: [Double], _ value: Figure.Axis = "") -> [String] {
      XMLElements(Figure("", .heatMap(values, rows: 1, columns: values.count, value: value)).svg).elements
        .filter { $0.name == "rect" && $0.attributes["fill"] != nil }.prefix(values.count).map {
          $0.attributes["fill"]!
        }
    }
    #expect(fills([0, 1]) == ["#440154", "#fde725"])
    // Both signs: 0 is neutral, whatever the larger side is; no number is gray.
    #expect(fills([-1, 0, 2, .nan]) == ["#4381ba", "#f6f6f4", "#9e420a", "#808080"])
    // A logarithm's sign means nothing; what has none is gray.
    #expect(fills([0.01, 100, 0], .logarithmic("")) == ["#440154", "#fde725", "#808080"])
    #expect(fills([5, 10], Figure.Axis("", range: 0...10)) == ["#21918c", "#fde725"])
  }

  @Test func largeHeatMapsAreOnePicture() {
    let values = (0..<10_000).map { Double($0) }
    let figure = Figure("", .heatMap(values, rows: 100, columns: 100))
    let images = XMLElements(figure.svg).elements.filter { $0.name == "image" }
    #expect(images.count == 1 && figure.svg.utf8.count < 60_000)
    #expect(csvRows(figure.csv).count == 10_001)
  }

  /// Each point of a line of a bowl is where the bowl has the line's value.
  @Test func contoursRunWhereTheFunctionHasTheirValue() throws {
    let svg = FigureSamples.bowl().svg
    let frame = try #require(XMLElements(svg).styled("frame").first)
    let (left, top) = (number(frame, "x"), number(frame, "y"))
    let (width, height) = (number(frame, "width"), number(frame, "height"))
    var levels = 0
    for path in svg.matches(of: /class="contour" d="([^"]+)"><title>([0-9.]+)</) {
      let level = try #require(Double(path.2))
      levels += 1
      for point in every(path.1.matches(of: /[ML]([0-9.]+),([0-9.]+)/)) {
        let x = try -2 + 4 * (#require(Double(point.1)) - left) / width
        let y = try 1 - 2 * (#require(Double(point.2)) - top) / height
        // Between values the function is taken to be linear: its curvature over a cell is the bound.
        #expect(abs(x * x + 4 * y * y - level) < 0.02, "\(level) at (\(x), \(y))")
      }
    }
    #expect(levels >= 4)
  }

  @Test func smallPicturesAreCrisp() throws {
    let (small, large) = (
      Picture(width: 8, height: 4, channels: 1, pixels: [UInt8](repeating: 9, count: 32)),
      Picture(width: 200, height: 100, channels: 1, pixels: [UInt8](repeating: 9, count: 20_000))
    )
    let parsed = XMLElements(try Figure("", .pictures([(small, "a"), (large, "b"), (small, "c")], columns: 2)).svg)
    let images = parsed.elements.filter { $0.name == "image" }
    #expect(images.map { $0.attributes["class"] } == ["crisp", nil, "crisp"])
    #expect(images.allSatisfy { $0.attributes["width"] == "96.00" && $0.attributes["height"] == "48.00" })
    #expect(
      images[0].attributes["x"] == images[2].attributes["x"] && images[0].attributes["y"] == images[1].attributes["y"])
    expectError("no format") {
      _ = try Figure.Plot.pictures(
        [(small, "")],
        format: PictureFormat(fileExtension: "x", mediaType: "image/x") { _ in
          throw DataError("picture", found: "no format", expected: "one")
        })
    }
  }

  @Test func panelsOfARowStandOnOneLine() {
    let figures = [
      Figure(
        "A title that is so long that it needs two lines at least", .lines([.init(y: [1.0, 2])]), width: 120, height: 80
      ),
      Figure("short", .lines([.init(y: [1.0, 2])]), width: 120, height: 80),
    ]
    let lines = XMLElements(Figure("", .panels(figures)).svg).numbers("points", of: "line")
    #expect(lines.count == 2 && lines[0][1] == lines[1][1] && lines[0][0] < lines[1][0])
  }

  @Test func labelsOfPointsStayInside() {
    let figure = Figure("", .scatter([.init(x: [0.0, 10], y: [0.0, 1], labels: ["first", "a rather long label"])]))
    let labels = XMLElements(figure.svg).styled("small")
    #expect(labels.map { $0.attributes["text-anchor"] } == ["start", "end"])
  }
}
