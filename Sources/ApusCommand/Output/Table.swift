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
    func number(_ value: Double, _ decimals: Int, _ column: Int) -> String {
      value.compact(decimals: decimals, width: columns[column].width)
    }
    // Of "99.996 %" five characters are no decimals.
    func percent(_ part: Double, _ column: Int) -> String { part.percent(decimals: 2, most: columns[column].width - 5) }
    let cells = [
      number(row.trainLoss, 4, 1), percent(row.trainAccuracy, 2), number(row.validationLoss, 4, 3),
      percent(row.validationAccuracy, 4), number(row.seconds, 2, 5),
    ]
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
