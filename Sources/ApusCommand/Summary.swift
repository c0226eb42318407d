import Apus
import ArgumentParser

/// `apus summary NETWORK`: a network layer by layer, without computing anything.
struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a network's layers: shapes, parameters, multiply-adds, memory, receptive fields.")

  @Argument(help: "The network: \(NetworkCatalogue.names.joined(separator: ", ")).")
  var network: String

  @Option(help: "Height and width of the input. (default: the network's own)")
  var input: Int?

  @Option(help: "Channels of the input. (default: the network's own)")
  var channels: Int?

  @Option(help: "Number of classes.")
  var classes = 10

  func validate() throws {
    for case (let name, let value?) in [("--input", input), ("--channels", channels), ("--classes", classes)]
    where !(1...65536).contains(value) {
      throw ValidationError("\(name) is \(value), expected 1 to 65536")
    }
  }

  func run() throws {
    let usual = try NetworkCatalogue.usualInput(of: network)
    let shape: Shape = [input ?? usual[0], input ?? usual[1], channels ?? usual[2]]
    let model = try NetworkCatalogue.outline(network, input: shape, classes: classes)
    let plan = try model.plan(input: [1, shape[0], shape[1], shape[2]])
    var rows = [["layer", "operation", "output", "parameters", "multiply-adds", "activation bytes", "receptive field"]]
    rows.append(["", "input", "\(plan.input)", "", "", "", ""])
    for row in plan.rows {
      rows.append([
        row.path, row.operation, "\(row.outputShape)", row.parameters == 0 ? "" : row.parameters.grouped,
        row.multiplyAdds == 0 ? "" : row.multiplyAdds.grouped, row.activationBytes.grouped,
        row.receptiveField.map { "\($0)" } ?? "differs",
      ])
    }
    rows.append([
      "", "total", "", plan.parameters.grouped, plan.multiplyAdds.grouped,
      plan.rows.reduce(0) { $0 + $1.activationBytes }.grouped, "",
    ])
    Terminal.printLine(Table.text(rows, textColumns: 3))
  }
}
