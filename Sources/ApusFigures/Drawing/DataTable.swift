/// The numbers of a figure as rows under names, for its CSV file.
struct DataTable: Sendable {
  var columns: [String]
  var rows: [[String]]

  /// RFC 4180, with plain line feeds: fields with a comma, a quote or a line end are quoted.
  var csv: String {
    ([columns] + rows).map { $0.map(DataTable.field).joined(separator: ",") + "\n" }.joined()
  }

  private static func field(_ text: String) -> String {
    let isPlain = !text.unicodeScalars.contains { [",", "\"", "\n", "\r"].contains($0) }
    return isPlain
      ? text : "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  /// Several tables as one, whose first column tells them apart: what a table has no column for stays empty.
  static func joined(_ tables: [(name: String, table: DataTable)], by name: String) -> DataTable {
    var columns: [String] = []
    for column in tables.flatMap(\.table.columns) where !columns.contains(column) { columns.append(column) }
    let rows = tables.flatMap { part in
      part.table.rows.map { row in
        let fields = Dictionary(zip(part.table.columns, row)) { first, _ in first }
        return [part.name] + columns.map { fields[$0] ?? "" }
      }
    }
    return DataTable(columns: [name] + columns, rows: rows)
  }
}
