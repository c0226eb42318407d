import ApusSupport

/// Values in rows and columns, row by row from the top.
struct ValueGrid: Sendable {
  let values: [Double]
  let rows: Int
  let columns: Int

  init(_ values: [some BinaryFloatingPoint], rows: Int, columns: Int) {
    if rows < 1 || columns < 1 || values.count != rows * columns {
      fatalError("heat map: \(values.count) values for \(rows) rows and \(columns) columns")
    }
    self.values = values.map { Double($0) }
    self.rows = rows
    self.columns = columns
  }

  subscript(row: Int, column: Int) -> Double { values[row * columns + column] }

  /// The value at a part of the height and of the width, both from 0 to 1, linear between the centers of cells.
  func interpolated(row: Double, column: Double) -> Double {
    let (top, down) = ValueGrid.cells(around: row, count: rows)
    let (left, right) = ValueGrid.cells(around: column, count: columns)
    func along(_ row: Int) -> Double {
      // A neighbor that counts for nothing may be no number.
      right == 0 ? self[row, left] : self[row, left] * (1 - right) + self[row, left + 1] * right
    }
    return down == 0 ? along(top) : along(top) * (1 - down) + along(top + 1) * down
  }

  /// The cell whose center is at or before a place, and how far the next one is reached, below 1.
  private static func cells(around part: Double, count: Int) -> (first: Int, next: Double) {
    let place = min(max(part * Double(count) - 0.5, 0), Double(count - 1))
    let first = place.rounded(.down)
    return (Int(first), place - first)
  }
}
