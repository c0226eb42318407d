import ApusCore
import ApusLayers
import ApusSupport

/// What a run has seen inside its network, a row for each layer's values and one for its gradients in each observed step: `observations.csv`.
package struct ObservationLog: Hashable, Sendable {
  package struct Row: Hashable, Sendable {
    /// Counted from 0 over the whole run.
    package var step: Int
    /// Of the layer.
    package var path: String
    package var kind: ObservedValue.Kind
    package var count, finiteCount: Int
    package var mean, standardDeviation: Double
    /// The smallest element, the largest, and between them those below which 5, 50 and 95 % lie.
    package var least, low, median, high, largest: Double
    /// Shares.
    package var zeros: Double
    package var saturated: Double?
  }

  package private(set) var rows: [Row] = []

  package init() {}

  package mutating func add(_ values: [ObservedValue], step: Int) {
    for value in values {
      let statistics = value.statistics
      // What ReLU cuts off is 0 exactly, where a bin of the histogram would spread it.
      func percentile(_ share: Double) -> Double {
        statistics.least == 0 && statistics.zeros > share ? 0 : value.histogram.percentile(share)
      }
      rows.append(
        Row(
          step: step, path: value.path, kind: value.kind, count: statistics.count, finiteCount: statistics.finiteCount,
          mean: statistics.mean, standardDeviation: statistics.standardDeviation, least: Double(statistics.least),
          low: percentile(0.05), median: percentile(0.5), high: percentile(0.95), largest: Double(statistics.largest),
          zeros: statistics.zeros,
          saturated: statistics.saturated))
    }
  }

  /// Forgets what lies behind a checkpoint: a run that goes on from there sees it again.
  package mutating func keep(before step: Int) { rows.removeAll { $0.step >= step } }

  // MARK: The file

  private static let header =
    "step,path,kind,count,finite,mean,standard_deviation,least,p5,median,p95,largest,zeros,saturated"

  package var csv: String {
    let lines = rows.map { row in
      let numbers = [
        row.mean, row.standardDeviation, row.least, row.low, row.median, row.high, row.largest, row.zeros,
      ]
      return "\(row.step),\(row.path),\(row.kind.rawValue),\(row.count),\(row.finiteCount),"
        + numbers.map { "\($0)" }.joined(separator: ",") + "," + (row.saturated.map { "\($0)" } ?? "")
    }
    return ([ObservationLog.header] + lines).map { $0 + "\n" }.joined()
  }

  /// - Throws: `FileError` with the line that is none of such a file.
  package init(contentsOf path: String) throws(FileError) {
    let text = String(decoding: try File.contents(of: path, limit: 1 << 32), as: UTF8.self)
    for (index, line) in text.split(separator: "\n").enumerated() {
      if index == 0 {
        if line == ObservationLog.header { continue }
        throw FileError(path, part: "line 1", found: "\(line.prefix(80))", expected: ObservationLog.header)
      }
      guard let row = Row(line.split(separator: ",", omittingEmptySubsequences: false)) else {
        throw FileError(
          path, part: "line \(index + 1)", found: "\(line.prefix(80))",
          expected: "a step, a path, value or gradient, and 10 or 11 numbers")
      }
      rows.append(row)
    }
  }
}

extension ObservationLog.Row {
  fileprivate init?(_ words: [Substring]) {
    guard words.count == 14, let step = Int(words[0]), let kind = ObservedValue.Kind(rawValue: String(words[2])),
      let count = Int(words[3]), let finite = Int(words[4])
    else { return nil }
    let numbers = words[5...12].compactMap { Double($0) }
    let saturated = Double(words[13])
    if numbers.count != 8 || (saturated == nil && !words[13].isEmpty) { return nil }
    self.init(
      step: step, path: String(words[1]), kind: kind, count: count, finiteCount: finite, mean: numbers[0],
      standardDeviation: numbers[1], least: numbers[2], low: numbers[3], median: numbers[4], high: numbers[5],
      largest: numbers[6], zeros: numbers[7], saturated: saturated)
  }
}
