import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Figure {
  /// Numbers under a name, of which one color is drawn: a line, a class of points, or the bars of one kind.
  public struct Series: Sendable {
    package let name: String
    package let x: [Double]
    package let y: [Double]
    package let low: [Double]
    package let high: [Double]
    package let labels: [String]
    package let marked: [Int]
    package let isDashed: Bool

    /// Numbers to draw.
    ///
    /// - Parameters:
    ///   - name: for the legend; one series alone needs none.
    ///   - x: where each number is along the x axis; default: 1, 2 and so on.
    ///   - y: the numbers. What is infinite or no number is a gap with a mark.
    ///   - low: the lower edge of a band around a line, or the lower end of a bar's error; with `high`.
    ///   - high: the upper edge or end.
    ///   - labels: texts beside points.
    ///   - marked: places of numbers that get a ring around them.
    ///   - isDashed: draws the line in dashes.
    public init<Number: BinaryFloatingPoint>(
      _ name: String = "", x: [Number]? = nil, y: [Number], low: [Number]? = nil, high: [Number]? = nil,
      labels: [String] = [], marked: [Int] = [], isDashed: Bool = false
    ) {
      self.name = name
      self.x = x?.map { Double($0) } ?? y.indices.map { Double($0 + 1) }
      self.y = y.map { Double($0) }
      self.low = low?.map { Double($0) } ?? []
      self.high = high?.map { Double($0) } ?? []
      self.labels = labels
      self.marked = marked
      self.isDashed = isDashed
      check()
    }

    private func check() {
      func fail(_ text: String) -> Never { fatalError("Figure.Series(\"\(name)\"): \(text)") }
      if x.count != y.count { fail("\(x.count) numbers along x and \(y.count) along y") }
      if (low.count, high.count) != (0, 0) && (low.count, high.count) != (y.count, y.count) {
        fail("\(low.count) lower and \(high.count) upper edges for \(y.count) numbers")
      }
      if !labels.isEmpty && labels.count != y.count { fail("\(labels.count) labels for \(y.count) numbers") }
      if let wrong = marked.first(where: { !y.indices.contains($0) }) {
        fail("place \(wrong) is marked, of \(y.count) numbers")
      }
    }

    /// Along the y axis, everything that is drawn.
    var heights: [Double] { y + low + high }

    /// What is written about one of its numbers.
    func caption(_ place: Int, _ xAxis: Axis, _ yAxis: Axis) -> String {
      let label = labels.isEmpty ? name : labels[place]
      let text = "\(xAxis.title.isEmpty ? "x" : xAxis.title) \(x[place].plainText): \(y[place].plainText)"
      return (label.isEmpty ? "" : label + ", ") + text + (yAxis.unit.isEmpty ? "" : " " + yAxis.unit)
    }

    /// Rows of a table of several: name, x, y, and edges and labels where `hasBands` and `hasLabels`.
    private func rows(hasBands: Bool, hasLabels: Bool) -> [[String]] {
      y.indices.map { place in
        [name, x[place].exactText, y[place].exactText]
          + (hasBands ? low.isEmpty ? ["", ""] : [low[place].exactText, high[place].exactText] : [])
          + (hasLabels ? [labels.isEmpty ? "" : labels[place]] : [])
      }
    }

    static func table(_ series: [Series]) -> DataTable {
      let hasBands = series.contains { !$0.low.isEmpty }
      let hasLabels = series.contains { !$0.labels.isEmpty }
      return DataTable(
        columns: ["series", "x", "y"] + (hasBands ? ["low", "high"] : []) + (hasLabels ? ["label"] : []),
        rows: series.flatMap { $0.rows(hasBands: hasBands, hasLabels: hasLabels) })
    }
  }
}

extension Double {
  /// The shortest text that reads back as this number.
  var exactText: String { "\(self)" }

  /// To read: 3 in place of 3.0, and about four digits of what is long.
  package var plainText: String {
    if !isFinite { return isNaN ? "not a number" : self < 0 ? "−∞" : "∞" }
    if self == rounded() && magnitude < 1e9 { return "\(Int(self))" }
    // Below there are no decimals that all numbers of an axis or a table could share.
    return magnitude < 1e-3 && magnitude > 1e-37 ? "\(Float(rounded(digits: 3)))" : compact(decimals: 4, width: 10)
  }

  /// The nearest number with so many digits; of numbers between 1e-37 and 1.
  private func rounded(digits: Int) -> Double {
    let scale = pow(10, Double(digits - 1) - log10(magnitude).rounded(.down))
    return (self * scale).rounded() / scale
  }
}
