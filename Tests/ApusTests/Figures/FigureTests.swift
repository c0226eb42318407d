import Apus
import Foundation
import Testing

@Suite struct FigureTests {
  @Test func everyFigureIsWellFormedAndComplete() throws {
    for (kind, figure) in try FigureSamples.all {
      let svg = figure.svg
      let parsed = XMLElements(svg)
      #expect(parsed.problem == nil, "\(kind): \(parsed.problem ?? "")")
      #expect(parsed.elements.first?.name == "svg" && parsed.elements.count > 10, "\(kind)")
      #expect(
        !svg.contains("nan\"") && !svg.contains("inf\"") && !svg.contains("nan,") && !svg.contains(",nan"), "\(kind)")
      // A namespace is a name; nothing else looks like an address.
      #expect(
        svg.components(separatedBy: "http").count == 2 && !svg.contains("url(") && !svg.contains("@import"), "\(kind)")
      let names = parsed.elements.prefix(3).map(\.name)
      #expect(names == ["svg", "title", "desc"], "\(kind)")
      #expect(XMLElements(figure.element).problem == nil, "\(kind)")
    }
  }

  @Test func pointsAreLinearInValuesAndInsideTheFrame() throws {
    let figure = Figure("", .lines([.init(x: [0.0, 5, 10], y: [0.0, 50, 100])]), width: 500, height: 300)
    let points = try #require(XMLElements(figure.svg).numbers("points", of: "line").first)
    try #require(points.count == 6)
    // Halfway in values is halfway on the figure.
    #expect(abs(points[2] - (points[0] + points[4]) / 2) < 0.02 && abs(points[3] - (points[1] + points[5]) / 2) < 0.02)
    #expect(points[0] < points[4] && points[1] > points[5])
    #expect(points.allSatisfy { (0...516).contains($0) })
  }

  @Test func logarithmicAxesMakeFactorsEquallyLong() throws {
    let figure = Figure("", .lines([.init(y: [1.0, 10, 100, 1000])], y: .logarithmic("y")))
    let points = try #require(XMLElements(figure.svg).numbers("points", of: "line").first)
    try #require(points.count == 8)
    let heights = stride(from: 1, to: 8, by: 2).map { points[$0] }
    let steps = zip(heights, heights.dropFirst()).map { $0 - $1 }
    #expect(steps[0] > 20 && steps.allSatisfy { abs($0 - steps[0]) < 0.03 })
  }

  struct GapCase: Sendable {
    var values: [Double]
    var lines = 0
    var infinite = 0
    var missing = 0
  }

  static let gapCases: [GapCase] = [
    GapCase(values: [1, 2, 3], lines: 1),
    GapCase(values: [1, .nan, 3, 4], lines: 1, missing: 1),
    GapCase(values: [.infinity, 2, 3, -.infinity], lines: 1, infinite: 2),
    GapCase(values: [.nan, .nan], missing: 2),
    GapCase(values: [1, 2, .nan, 3, 4, .infinity, 5, 6], lines: 3, infinite: 1, missing: 1),
    GapCase(values: []),
    GapCase(values: [7]),
    // The difference of these is not finite: they are drawn as infinite.
    GapCase(values: [1e308, -1e308, 1, 2], lines: 1, infinite: 2),
  ]

  @Test(arguments: gapCases) func whatIsNotFiniteIsAGapWithAMark(_ expected: GapCase) {
    let parsed = XMLElements(Figure("", .lines([.init(y: expected.values)])).svg)
    #expect(parsed.problem == nil)
    #expect(parsed.numbers("points", of: "line").count == expected.lines)
    #expect(parsed.numbers("points", of: "infinite").count == expected.infinite)
    #expect(parsed.numbers("points", of: "gap").count == expected.missing)
  }

  @Test func whatHasNoLogarithmIsMarked() {
    let figure = Figure("", .lines([.init(y: [1.0, 0, -1, 10])], y: .logarithmic("y")))
    #expect(XMLElements(figure.svg).numbers("points", of: "gap").count == 2)
  }

  @Test func everythingEmptyIsDrawn() throws {
    let empty: [Figure] = [
      Figure("", .lines([])), Figure("", .scatter([])), Figure("", .bars(groups: [], [])), Figure("", .network([])),
      Figure("", .panels([])), Figure("", try .pictures([])),
      Figure("", .histogram(counts: [Double](), edges: [0.0])),
      Figure("", .heatMap([Double.nan], rows: 1, columns: 1)),
    ]
    for (place, figure) in empty.enumerated() {
      #expect(XMLElements(figure.svg).problem == nil && !figure.svg.contains("nan\""), "\(place)")
      #expect(!figure.csv.isEmpty)
    }
  }

  @Test func escapesTextsOfEveryKind() {
    let wild = "a<b>&\"c'\u{1}"
    let series = Figure.Series(wild, y: [1.0, 2], labels: [wild, wild])
    let figures = [
      Figure(wild, .lines([series, series], x: Figure.Axis(wild, unit: wild), events: [(wild, 1)])),
      Figure(wild, .scatter([series])), Figure(wild, .bars(groups: [wild, wild], [series, series])),
      Figure(wild, .heatMap([1.0], rows: 1, columns: 1, rowNames: [wild], columnNames: [wild])),
      Figure(wild, .network([.init(wild, detail: wild, output: wild, group: wild)])),
    ]
    for figure in figures {
      let parsed = XMLElements(figure.svg)
      #expect(parsed.problem == nil && parsed.texts.contains { $0.hasPrefix("a<b>&\"c'\u{FFFD}") })
    }
    var page = Page(wild, summary: wild)
    page.add(section: wild, note: wild)
    page.add(paragraph: wild)
    page.add(table: [wild], rows: [[wild]])
    page.add(values: [(wild, wild)])
    page.add(tiles: [(wild, wild)])
    page.add(links: [(wild, "javascript:alert('x')")])
    #expect(!page.html.contains("<b>&") && page.html.contains("href=\"./javascript%3Aalert%28%27x%27%29\""))
  }

  @Test func numbersComeBackFromTheTable() throws {
    let values = [0.1, 1.0 / 3, -2e-300, .infinity, .nan, 12_345_678]
    let figure = Figure("", .lines([.init("a,\"b\"\n", x: [1.0, 2, 3, 4, 5, 6], y: values)]))
    let rows = csvRows(figure.csv)
    #expect(rows.first == ["series", "x", "y"] && rows.count == 7)
    for (row, value) in zip(rows.dropFirst(), values) {
      let read = try #require(Double(row[2]))
      #expect(row[0] == "a,\"b\"\n" && (read == value || read.isNaN && value.isNaN))
    }
  }

  @Test func writesTheNumbersBesideTheFigure() throws {
    let folder = try TemporaryFolder()
    try FigureSamples.bars.write(to: folder.path + "/bars.svg")
    #expect(String(decoding: try File.contents(of: folder.path + "/bars.svg"), as: UTF8.self) == FigureSamples.bars.svg)
    let rows = csvRows(String(decoding: try File.contents(of: folder.path + "/bars.csv"), as: UTF8.self))
    #expect(rows[0] == ["group", "series", "value", "low", "high"] && rows[1] == ["batch", "16", "7.6", "7.0", "8.1"])
    #expect(rows[2] == ["batch", "2", "9.7", "", ""])
    expectError("NAME.svg") { try FigureSamples.bars.write(to: folder.path + "/bars.png") }
    expectError("cannot open its folder") { try FigureSamples.bars.write(to: folder.path + "/none/bars.svg") }
  }

  @Test func panelsJoinTheirTables() {
    let figure = Figure("", .panels([FigureSamples.histogram, FigureSamples.bars], columns: 1))
    let rows = csvRows(figure.csv)
    #expect(rows[0] == ["panel", "low", "high", "count", "group", "series", "value"])
    #expect(rows[1] == ["Activations", "-1.0", "-0.5", "1.0", "", "", ""])
  }
}
