import Apus
import ArgumentParser
import Foundation

/// `apus summary NETWORK`: a network layer by layer, with what a step takes, without computing anything.
struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show a network's layers: shapes, parameters, multiply-adds, memory, receptive fields; and what a step takes.")

  enum Format: String, CaseIterable, ExpressibleByArgument { case table, json, csv }
  enum Mode: String, CaseIterable, ExpressibleByArgument { case training, inference }

  @Argument(help: "The network: \(NetworkCatalogue.names.joined(separator: ", ")).")
  var network: String

  @Option(help: "The images: height x width x channels as 224x224x3, or 224x224, or 224. (default: the network's own)")
  var input: InputSize?

  @Option(help: "Images in a batch.")
  var batch = 1

  @Option(help: "Number of classes. (default: the network's own)")
  var classes: Int?

  @Option(help: "Plan a step of training or of inference.")
  var phase = Mode.training

  @Option(help: "The optimizer of the training step: \(OptimizerCatalogue.names.joined(separator: ", ")).")
  var optimizer = "sgd"

  @Option(help: "Print a table, json or csv.")
  var format = Format.table

  @Flag(inversion: .prefixedNo, help: "Predict the time of a step: takes a few seconds to calibrate this machine.")
  var time = true

  func validate() throws {
    for case (let name, let value?) in [("--batch", batch), ("--classes", classes)] where !(1...65536).contains(value) {
      throw ValidationError("\(name) is \(value), expected 1 to 65536")
    }
    _ = try OptimizerCatalogue.entry(optimizer)
  }

  func run() throws {
    let entry = try NetworkCatalogue.entry(network)
    let shape = input?.shape(usual: entry.usualInput) ?? entry.usualInput
    let classes = classes ?? entry.usualClasses
    let model = try NetworkCatalogue.outline(network, input: shape, classes: classes)
    let images = Shape([batch] + shape)
    let optimizer = try OptimizerCatalogue.entry(optimizer)
    let inference = try model.plan(input: images)
    let step =
      phase == .training ? try model.planStep(input: images) { optimizer.makeUsual($0) } : nil
    let report = PlanReport(
      network: entry.name, input: images, rows: step?.rows ?? inference.rows, isTraining: phase == .training,
      totals: inference.totals + (step?.totals ?? [])
        + (time ? try times(model, images, step: step != nil ? optimizer : nil) : []))
    switch format {
    case .table: Terminal.printLine(report.table)
    case .json: Terminal.printLine(try report.json())
    case .csv: Terminal.printLine(report.csv)
    }
  }

  private func times(_ model: any Layer, _ images: Shape, step optimizer: OptimizerCatalogue.Entry?) throws
    -> [PlanTable.Total]
  {
    var times: [PlanTable.Total] = [
      ("inference_ms", .number(1e3 * (try model.predictedInferenceSeconds(input: images))))
    ]
    if let optimizer {
      let seconds = try model.predictedStepSeconds(input: images) { optimizer.makeUsual($0) }
      times.append(("training_step_ms", .number(1e3 * seconds)))
    }
    return times
  }
}

/// `224x224x3`, `224x224` or `224`.
struct InputSize: ExpressibleByArgument {
  private let sizes: [Int]

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ $0.map { (1...65536).contains($0) } ?? false }) else {
      return nil
    }
    sizes = parts.map { $0! }
  }

  func shape(usual: Shape) -> Shape {
    [sizes[0], sizes.count > 1 ? sizes[1] : sizes[0], sizes.count > 2 ? sizes[2] : usual[2]]
  }
}
