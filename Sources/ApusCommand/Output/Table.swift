import Apus

/// Text in columns.
enum Table {
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
