import ApusCore
import ApusLayers

extension Graph: CustomStringConvertible {
  /// A line per node: `%4 = Conv2D(%0, 0.weight, 0.bias) → [64, 24, 24, 6]`.
  public var description: String {
    var lines = inputs.map { "input \(name(of: $0)) \(shape(of: $0))" }
    for node in nodes {
      let operands = node.inputs.map(name).joined(separator: ", ")
      let details = node.operation.details
      let place = node.path.isEmpty ? "" : "  (\(node.path))"
      lines.append(
        "\(name(of: node.output)) = \(node.operation.name)(\(operands))\(details.isEmpty ? "" : " " + details)"
          + " → \(shape(of: node.output))\(place)")
    }
    lines += outputs.map { "output \(name(of: $0)) \(shape(of: $0))" }
    return lines.joined(separator: "\n")
  }

  /// `%3`, a parameter's path, or a constant's shape.
  private func name(of value: ValueID) -> String {
    guard let constant = values[value].constant else { return "%\(value)" }
    return constant.path ?? "constant \(constant.tensor.shape)"
  }
}
