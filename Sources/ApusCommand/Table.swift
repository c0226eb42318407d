import Apus

/// Text in columns.
enum Table {
  private static let columns = [
    (title: "epoch", width: 7), (title: "train loss", width: 10), (title: "train acc", width: 9),
    (title: "val loss", width: 8), (title: "val acc", width: 8), (title: "seconds", width: 7),
  ]

  /// The head of the table of epochs.
  static var head: String { line(columns.map(\.title)) }

  static func row(_ row: EpochMetrics) -> String {
    let numbers = [
      (row.trainLoss, 4), (100 * row.trainAccuracy, 2), (row.validationLoss, 4), (100 * row.validationAccuracy, 2),
      (row.seconds, 2),
    ]
    let cells = zip(numbers, columns.dropFirst()).map { number, column in
      let unit = column.title.hasSuffix("acc") ? " %" : ""
      return number.0.compact(decimals: number.1, width: column.width - unit.count) + unit
    }
    return line(["\(row.epoch)"] + cells)
  }

  private static func line(_ cells: [String]) -> String {
    zip(cells, columns).map { padded($0, to: $1.width) }.joined(separator: "  ")
  }

  /// Text aligned to the right, or to the left, in a field.
  static func padded(_ text: String, to width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
  }

  /// A table whose columns are as wide as they need; the first `textColumns` are aligned to the left.
  static func text(_ rows: [[String]], textColumns: Int) -> String {
    TextTable.lines(rows, isLeft: rows[0].indices.map { $0 < textColumns }).joined(separator: "\n")
  }

  static func bar(_ fraction: Double, width: Int) -> String {
    let full = Int((fraction * Double(width)).rounded(.down))
    return "[" + String(repeating: "█", count: full) + String(repeating: "░", count: width - full) + "]"
  }
}
