import Apus
import Foundation

/// A figure of each kind.
enum FigureSamples {
  static let lines = Figure(
    "Loss of training and validation",
    .lines(
      [
        .init("training", x: [0.0, 1, 2, 3, 4], y: [2.3, 0.8, 0.3, 0.1, 0.05], marked: [3]),
        .init(
          "validation", x: [0.0, 1, 2, 3, 4], y: [2.3, 0.9, 0.5, 0.4, 0.4], low: [2.2, 0.8, 0.4, 0.3, 0.3],
          high: [2.4, 1, 0.6, 0.5, 0.5]),
        .init("diverged", x: [0.0, 1, 2, 3, 4], y: [2.3, 5, .infinity, .nan, 9], isDashed: true),
      ], x: "epoch", y: .logarithmic("loss", unit: "nats"), events: [("kept", 3)]))

  static let histogram = Figure(
    "Activations", .histogram(counts: [1.0, 4, 9, 4, 2], edges: [-1.0, -0.5, 0, 0.5, 1, 2], x: "value", y: "count"))

  static let scatter = Figure(
    "Two classes",
    .scatter(
      [
        .init("a", x: [1.0, 2, 3], y: [1.0, 3, 2], labels: ["one", "two", "three"]),
        .init("b", x: [2.0, 4], y: [-1.0, 0]),
      ], x: "first component", y: "second component"))

  static let heatMap = Figure(
    "Weights",
    .heatMap(
      [-1.0, 0, 0.5, .nan, 0.25, 2], rows: 2, columns: 3, value: "weight", x: "input", y: "output",
      rowNames: ["up", "down"], columnNames: ["red", "green", "blue"], showsValues: true))

  /// f(x, y) = x² + 4y² over [−2, 2] × [−1, 1].
  static func bowl(paths: [Figure.Series] = []) -> Figure {
    let (rows, columns) = (21, 41)
    let values = (0..<rows).flatMap { row in
      (0..<columns).map { column -> Double in
        let (x, y) = (-2 + 4 * Double(column) / 40, -1 + 2 * Double(row) / 20)
        return x * x + 4 * y * y
      }
    }
    return Figure(
      "A bowl",
      .contours(
        values, rows: rows, columns: columns, value: "f", x: .init("x", range: -2...2), y: .init("y", range: -1...1),
        levels: 8, paths: paths))
  }

  static let contours = bowl(paths: [.init("descent", x: [-1.8, -1, -0.4, 0], y: [0.9, 0.2, -0.1, 0], marked: [3])])

  static let bars = Figure(
    "Error by normalization",
    .bars(
      groups: ["batch", "group"],
      [.init("16", y: [7.6, 9], low: [7, 8.2], high: [8.1, 9.9]), .init("2", y: [9.7, -1])],
      y: .init("error", unit: "%")))

  static var pictures: Figure {
    get throws {
      let gray = Picture(width: 4, height: 4, channels: 1, pixels: (0..<16).map { UInt8($0 * 17) })
      let map = Picture(values: [0.0, 1, 2, 3], rows: 2, columns: 2)
      return Figure(
        "Pictures",
        try .pictures(
          [
            (gray, "a ramp"), (map, "heat"),
            (gray.overlaid(with: [0.0, 1, 2, 3], rows: 2, columns: 2), "both, with a long caption"),
          ],
          columns: 3))
    }
  }

  static let network = Figure(
    "A residual block",
    .network([
      .init("input", output: "56×56×64", group: "data"),
      .init("Conv2D", detail: "conv1, 3×3", from: [0], output: "56×56×64", group: "convolution"),
      .init("ReLU", from: [1], output: "56×56×64"),
      .init("Conv2D", detail: "conv2, 3×3", from: [2], output: "56×56×64", group: "convolution"),
      .init("+", from: [3, 0], output: "56×56×64"),
    ]))

  private static func layer(_ number: Int) -> Figure {
    let counts = (0..<20).map { cell -> Double in Double(cell * number % 7) }
    let edges = (0...20).map { edge -> Double in Double(edge) / 10 - 1 }
    return Figure("layer \(number)", .histogram(counts: counts, edges: edges))
  }

  static var all: [(kind: String, figure: Figure)] {
    get throws {
      [
        ("lines", lines), ("histogram", histogram), ("scatter", scatter), ("heat map", heatMap), ("contours", contours),
        ("bars", bars), ("pictures", try pictures), ("network", network),
        ("panels", Figure("Six layers", .panels((1...6).map(layer)))),
      ]
    }
  }

  static var page: Page {
    get throws {
      var page = Page("Every kind of figure", summary: "One of each.")
      page.add(tiles: [("98.76\u{202F}%", "accuracy"), ("1,234", "images")])
      for (kind, figure) in try all {
        page.add(section: kind, note: "A figure of the kind <\(kind)>.")
        page.add(figure)
      }
      page.add(section: "Numbers")
      page.add(paragraph: "A table, values and links.")
      page.add(
        table: ["layer", "mean"] + (0..<12).map { "column \($0)" },
        rows: (0..<3).map { row in ["conv\(row)", "0.\(row)"] + (0..<12).map { "\($0 * 1000)" } })
      page.add(values: [("seed", "1"), ("path", String(repeating: "long/", count: 40))])
      page.add(links: [("loss", "loss.csv"), ("a picture", "pictures/a b.png")])
      return page
    }
  }
}
