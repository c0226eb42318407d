/// Rows of cells as lines whose columns are as wide as they need.
package enum TextTable {
  /// `isLeft`: which columns are aligned to the left; the others are to the right.
  package static func lines(_ rows: [[String]], isLeft: [Bool]) -> [String] {
    guard let first = rows.first else { return [] }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return isLeft[column] ? row[column] + space : space + row[column]
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
