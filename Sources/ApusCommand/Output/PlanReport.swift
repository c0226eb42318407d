import Apus
import Foundation

/// A plan as a table, as JSON, as CSV.
struct PlanReport {
  var network: String
  var input: Shape
  var rows: [Plan.Row]
  var isTraining: Bool
  var totals: [PlanTable.Total]
  /// Whether it says which implementations were chosen, and why.
  var explains = false

  var table: String {
    let table = PlanTable(input: input, rows: rows, isTraining: isTraining, totals: totals).text
    return explains ? table + "\n\n" + reasons : table
  }

  /// The passes that run: of inference the forward pass alone.
  private func choices(_ row: Plan.Row) -> [KernelChoice] { row.choices.filter { isTraining || $0.pass == .forward } }

  /// A paragraph a layer that has a choice, in the order in which implementations were asked.
  private var reasons: String {
    let paragraphs = rows.map { ($0, choices($0)) }.filter { !$1.isEmpty }.map { row, choices in
      let lines = choices.flatMap { choice in
        choice.declined.map { "  \(choice.pass.rawValue): not \($0.implementation): \($0.reason)" }
          + ["  \(choice.pass.rawValue): \(choice.chosen.implementation): \(choice.chosen.reason)"]
      }
      let layer = row.path.isEmpty ? row.operation : "\(row.path) \(row.operation)"
      return ([layer] + lines).joined(separator: "\n")
    }
    return paragraphs.joined(separator: "\n\n")
  }

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
    var choices: [Choice]?
  }

  private struct Choice: Encodable {
    var pass: String
    var implementation: String
    var reason: String
    var declined: [Answer]
  }

  private struct Answer: Encodable {
    var implementation: String
    var reason: String
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
      jump: row.receptiveField.map { [$0.jump.height, $0.jump.width] }, implementation: row.implementation,
      choices: explains && !row.choices.isEmpty ? choices(row).map(described) : nil)
  }

  private func described(_ choice: KernelChoice) -> Choice {
    Choice(
      pass: choice.pass.rawValue, implementation: choice.chosen.implementation, reason: choice.chosen.reason,
      declined: choice.declined.map { Answer(implementation: $0.implementation, reason: $0.reason) })
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
