import ApusCore
import ApusSupport

/// A plan as a table: a row per operation, then the totals. `apus summary` prints it, and so do `print(plan)` and `print(stepPlan)`.
package struct PlanTable {
  package enum Value: Sendable {
    case count(Int)
    /// Milliseconds.
    case number(Double)
  }
  package typealias Total = (name: String, value: Value)

  let input: Shape
  let rows: [Plan.Row]
  /// Whether rows show what is kept for the backward pass in place of the size of their outputs.
  let isTraining: Bool
  let totals: [Total]

  package init(input: Shape, rows: [Plan.Row], isTraining: Bool, totals: [Total]) {
    self.input = input
    self.rows = rows
    self.isTraining = isTraining
    self.totals = totals
  }

  package var text: String {
    (TextTable.lines(layers, isLeft: [true, true, true] + Array(repeating: false, count: 6)) + [""]
      + TextTable.lines(sums, isLeft: [true, false, false])).joined(separator: "\n")
  }

  private var layers: [[String]] {
    let head = [
      "layer", "operation", "output", "parameters", "multiply-adds", isTraining ? "kept bytes" : "output bytes",
      "scratch bytes", "receptive field", "jump",
    ]
    func text(_ count: Int) -> String { count == 0 ? "" : count.grouped }
    return [head, ["", "input", "\(input)"] + Array(repeating: "", count: head.count - 3)]
      + rows.map { row in
        [
          row.path, row.operation, "\(row.outputShape)", text(row.parameters), text(row.multiplyAdds),
          text(isTraining ? row.keptBytes : row.activationBytes), text(row.scratchBytes),
          row.receptiveField.map { "\($0)" } ?? "differs", row.receptiveField?.jumpText("×") ?? "",
        ]
      }
  }

  private var sums: [[String]] {
    totals.map { name, value in
      let title = Self.titles[name] ?? name
      switch value {
      case .count(let count) where name.hasSuffix("_bytes"):
        return ["\(title):", "\(count.grouped) bytes", "\((Double(count) / 1e6).formatted(decimals: 1)) MB"]
      case .count(let count): return ["\(title):", count.grouped, ""]
      case .number(let number): return ["\(title):", "\(number.formatted(decimals: 2)) ms", ""]
      }
    }
  }

  private static let titles = [
    "multiply_adds": "multiply-adds", "weight_multiply_adds": "of convolutions and linear layers",
    "inference_peak_bytes": "inference, peak memory", "kept_bytes": "kept for backward",
    "resident_bytes": "parameters, buffers and batch", "gradient_bytes": "gradients",
    "optimizer_bytes": "optimizer's states", "training_peak_bytes": "training step, peak memory",
    "training_growth_bytes": "growth by training steps", "inference_ms": "inference, predicted time",
    "training_step_ms": "training step, predicted time",
  ]
}

extension ReceptiveField {
  /// The jump, as one number where both axes have the same.
  package func jumpText(_ separator: String) -> String {
    jump.height == jump.width ? "\(jump.height)" : "\(jump.height)\(separator)\(jump.width)"
  }
}

extension Plan {
  /// The sums over all rows, by the names that `apus summary --format json` gives them.
  package var totals: [PlanTable.Total] {
    [
      ("parameters", .count(parameters)), ("multiply_adds", .count(multiplyAdds)),
      ("weight_multiply_adds", .count(weightMultiplyAdds)), ("inference_peak_bytes", .count(peakBytes)),
    ]
  }
}

extension StepPlan {
  /// What the step takes, by the names that `apus summary --format json` gives it.
  package var totals: [PlanTable.Total] {
    [
      ("kept_bytes", .count(bytesKeptForBackward)), ("resident_bytes", .count(residentBytes)),
      ("gradient_bytes", .count(gradientBytes)), ("optimizer_bytes", .count(optimizerBytes)),
      ("training_peak_bytes", .count(peakBytes)), ("training_growth_bytes", .count(growthBytes)),
    ]
  }
}

extension Plan: CustomStringConvertible {
  /// The table of `apus summary`: a row per operation, then the totals.
  public var description: String {
    // A plan of a training forward pass keeps something in every network that learns.
    let isTraining = bytesKeptForBackward > 0
    let kept: [PlanTable.Total] = isTraining ? [("kept_bytes", .count(bytesKeptForBackward))] : []
    let own = totals.filter { !isTraining || $0.name != "inference_peak_bytes" }
    return PlanTable(input: input, rows: rows, isTraining: isTraining, totals: own + kept).text
  }
}

extension StepPlan: CustomStringConvertible {
  /// The table of `apus summary`: a row per operation, then the totals.
  public var description: String {
    let model: [PlanTable.Total] = [("parameters", .count(parameters)), ("multiply_adds", .count(multiplyAdds))]
    return PlanTable(input: input, rows: rows, isTraining: true, totals: model + totals).text
  }
}
