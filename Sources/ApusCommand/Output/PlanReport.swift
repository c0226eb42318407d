import Apus
import Foundation

/// A plan as a table, as JSON, as CSV.
struct PlanReport {
  var network: String
  var input: Shape
  var rows: [Plan.Row]
  var isTraining: Bool
  var totals: [PlanTable.Total]

  var table: String { PlanTable(input: input, rows: rows, isTraining: isTraining, totals: totals).text }

  // MARK: JSON

  private struct Line: Encodable {
    var layer: String
    var operation: String
    var output: [Int]
    var parameters: Int
    var multiplyAdds: Int
    var outputBytes: Int
    var keptBytes: Int?
    var scratchBytes: Int
    var receptiveField: [Int]?
    var jump: [Int]?
    var implementation: String?
  }

  private struct Whole: Encodable {
    var network: String
    var input: [Int]
    var phase: String
    var layers: [Line]
    var totals: [String: Double]
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let values = totals.map { name, value in
      switch value {
      case .count(let count): (name, Double(count))
      case .number(let number): (name, number)
      }
    }
    let whole = Whole(
      network: network, input: Array(input), phase: isTraining ? "training" : "inference", layers: rows.map(line),
      totals: Dictionary(uniqueKeysWithValues: values))
    return String(decoding: try encoder.encode(whole), as: UTF8.self)
  }

  private func line(_ row: Plan.Row) -> Line {
    Line(
      layer: row.path, operation: row.operation, output: Array(row.outputShape), parameters: row.parameters,
      multiplyAdds: row.multiplyAdds, outputBytes: row.activationBytes, keptBytes: isTraining ? row.keptBytes : nil,
      scratchBytes: row.scratchBytes, receptiveField: row.receptiveField.map { [$0.height, $0.width] },
      jump: row.receptiveField.map { [$0.jump.height, $0.jump.width] }, implementation: row.implementation)
  }

  // MARK: CSV

  /// A line per layer.
  var csv: String {
    let head =
      "layer,operation,output,parameters,multiply_adds,output_bytes,kept_bytes,scratch_bytes,receptive_field,jump"
    let lines = rows.map { row in
      [
        row.path, row.operation, row.outputShape.map(String.init).joined(separator: "x"), "\(row.parameters)",
        "\(row.multiplyAdds)", "\(row.activationBytes)", isTraining ? "\(row.keptBytes)" : "", "\(row.scratchBytes)",
        row.receptiveField.map { "\($0.height)x\($0.width)" } ?? "", row.receptiveField?.jumpText("x") ?? "",
      ].joined(separator: ",")
    }
    return ([head] + lines).joined(separator: "\n")
  }
}
