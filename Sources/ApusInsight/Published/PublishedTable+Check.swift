import ApusCore
import ApusLayers
import ApusNetworks

extension PublishedTable {
  /// A line of a table beside what the network has.
  package struct Comparison: Sendable {
    /// The line as it is printed.
    package var row: Row
    /// `[H, W, C]` or `[K]` of the network's operations that the line stands for, for one image.
    package var output: Shape
    /// Numbers in the parameters of the layers that the line stands for; biases count as `countsBiases` says.
    package var parameters: Int
    /// Of convolutions, linear layers and matrix products, for one image.
    package var multiplyAdds: Int
    /// Numbers of `output`. In a line for the whole network, the sum over the other lines for which memory is printed.
    package var memory: Int
    /// Different blocks in the stage; 0 unless the line's place is `layers`.
    package var blocks: Int
    /// Whether all that is printed in the line agrees.
    package var verdict: Verdict
  }

  /// Whether what is printed and what the network has agree.
  package enum Verdict: Hashable, Sendable {
    case equal
    /// It differs, as is known.
    case erratum(String)
    /// It differs, or what is known as an error does not.
    case differs
  }

  /// Plans the network for one image of the usual size and goes down the table.
  package func compare() throws -> [Comparison] {
    let entry = try NetworkCatalogue.entry(network)
    let model = try NetworkCatalogue.outline(network, input: entry.usualInput, classes: entry.usualClasses)
    let plan = try model.plan(input: Shape([1] + entry.usualInput))
    let parameters = model.parameters
    var cursor = 0
    return try rows.map { row in
      let range = try range(of: row, in: plan, from: cursor)
      cursor = range.upperBound
      let output =
        row.place == .input
        ? entry.usualInput
        : row.place == .whole ? Shape(plan.outputShape.dropFirst()) : plan.rows[range.upperBound - 1].image
      let counted = parameters.filter { owns(row, $0.path) && (countsBiases || $0.parameter.shape.count > 1) }
      var result = Comparison(
        row: row, output: output, parameters: counted.reduce(0) { $0 + $1.parameter.shape.elementCount },
        multiplyAdds: plan.rows[range].reduce(0) { $0 + $1.weightMultiplyAdds },
        memory: row.place == .whole ? memory(plan) : output.elementCount, blocks: blocks(row, parameters),
        verdict: .equal)
      let isEqual =
        (row.output.map { $0 == result.output } ?? true)
        && (row.parameters?.matches(result.parameters) ?? true)
        && (row.multiplyAdds?.matches(result.multiplyAdds) ?? true)
        && (row.memory?.matches(result.memory) ?? true)
        && (row.blocks.map { $0 == result.blocks } ?? true)
      result.verdict = isEqual == (row.erratum == nil) ? row.erratum.map { .erratum($0) } ?? .equal : .differs
      return result
    }
  }

  private func range(of row: Row, in plan: Plan, from cursor: Int) throws -> Range<Int> {
    switch row.place {
    case .input: return cursor..<cursor
    case .whole: return plan.rows.indices
    case .next(let operation, _):
      if let index = plan.rows[cursor...].firstIndex(where: { $0.operation == operation }) { return index..<index + 1 }
    case .layers(let paths):
      let own = plan.rows.indices.filter { index in
        index >= cursor && paths.contains { plan.rows[index].path.isAt($0) }
      }
      guard let first = own.first, var last = own.last else { break }
      // What joins the layers has no path.
      while last + 1 < plan.rows.count, plan.rows[last + 1].path.isEmpty,
        ["ReLU", "Add", "Concatenate"].contains(plan.rows[last + 1].operation)
      {
        last += 1
      }
      return first..<last + 1
    }
    throw PlanError(path: network, operation: row.name, problem: "of the published table is not in the network")
  }

  private func owns(_ row: Row, _ path: String) -> Bool {
    switch row.place {
    case .input: false
    case .next(_, let layer): layer.map { path.isAt($0) } ?? false
    case .whole: true
    case .layers(let paths): paths.contains { path.isAt($0) }
    }
  }

  /// Different blocks below a stage.
  private func blocks(_ row: Row, _ parameters: ParameterList) -> Int {
    guard case .layers(let paths) = row.place, let stage = paths.first else { return 0 }
    return Set(
      parameters.compactMap { $0.path.isAt(stage) ? $0.path.dropFirst(stage.count + 1).prefix { $0 != "." } : nil }
    )
    .count
  }

  /// What the table's lines add up to.
  private func memory(_ plan: Plan) -> Int {
    rows.reduce(0) { sum, row in
      guard row.place != .whole, row.memory != nil, let output = row.output else { return sum }
      return sum + output.elementCount
    }
  }
}

extension Plan.Row {
  /// The output's shape of one image, an axis of 1×1 pixels left out.
  fileprivate var image: Shape {
    let sizes = Array(outputShape.dropFirst())
    return Shape(sizes.count == 3 && sizes[0] == 1 && sizes[1] == 1 ? [sizes[2]] : sizes)
  }
}

extension String {
  /// Whether a path is another or lies below it.
  fileprivate func isAt(_ path: String) -> Bool { self == path || hasPrefix(path + ".") }
}
