import Apus
import Foundation

/// A plan as a table, as JSON, as CSV.
struct PlanReport {
  enum Value {
    case count(Int)
    case number(Double)
  }
  typealias Total = (name: String, value: Value)

  var network: String
  var input: Shape
  var rows: [Plan.Row]
  var isTraining: Bool
  var totals: [Total]

  // MARK: Table

  var table: String {
    var head = ["layer", "operation", "output", "parameters", "multiply-adds"]
    if isTraining { head.append("kept bytes") } else { head.append("output bytes") }
    head += ["scratch bytes", "receptive field", "jump"]
    var lines = [head, ["", "input", "\(input)"] + Array(repeating: "", count: head.count - 3)]
    func text(_ count: Int) -> String { count == 0 ? "" : count.grouped }
    for row in rows {
      lines.append([
        row.path, row.operation, "\(row.outputShape)", text(row.parameters), text(row.multiplyAdds),
        text(isTraining ? row.keptBytes : row.activationBytes), text(row.scratchBytes),
        row.receptiveField.map { "\($0)" } ?? "differs", row.receptiveField.map { jump($0, "×") } ?? "",
      ])
    }
    let names = totals.map { name, value in
      switch value {
      case .count(let count) where name.hasSuffix("_bytes"):
        ["\(title(name)):", "\(count.grouped) bytes", "\((Double(count) / 1e6).formatted(decimals: 1)) MB"]
      case .count(let count): ["\(title(name)):", count.grouped, ""]
      case .number(let number): ["\(title(name)):", "\(number.formatted(decimals: 2)) ms", ""]
      }
    }
    return Table.text(lines, textColumns: 3) + "\n\n" + Table.text(names, textColumns: 1)
  }

  private func title(_ name: String) -> String {
    switch name {
    case "multiply_adds": "multiply-adds"
    case "weight_multiply_adds": "of convolutions and linear layers"
    case "inference_peak_bytes": "inference, peak memory"
    case "kept_bytes": "kept for backward"
    case "resident_bytes": "parameters, buffers and batch"
    case "gradient_bytes": "gradients"
    case "optimizer_bytes": "optimizer's states"
    case "training_peak_bytes": "training step, peak memory"
    case "training_growth_bytes": "growth by training steps"
    case "inference_ms": "inference, predicted time"
    case "training_step_ms": "training step, predicted time"
    default: name
    }
  }

  private func jump(_ field: ReceptiveField, _ separator: String) -> String {
    field.jump.height == field.jump.width
      ? "\(field.jump.height)" : "\(field.jump.height)\(separator)\(field.jump.width)"
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

  /// A line a layer.
  var csv: String {
    let head =
      "layer,operation,output,parameters,multiply_adds,output_bytes,kept_bytes,scratch_bytes,receptive_field,jump"
    let lines = rows.map { row in
      [
        row.path, row.operation, row.outputShape.map(String.init).joined(separator: "x"), "\(row.parameters)",
        "\(row.multiplyAdds)", "\(row.activationBytes)", isTraining ? "\(row.keptBytes)" : "", "\(row.scratchBytes)",
        row.receptiveField.map { "\($0.height)x\($0.width)" } ?? "", row.receptiveField.map { jump($0, "x") } ?? "",
      ].joined(separator: ",")
    }
    return ([head] + lines).joined(separator: "\n")
  }
}
