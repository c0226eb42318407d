import Apus
import ArgumentParser
import Foundation

/// `apus summary NETWORK|RUN`: a network layer by layer, with what a step takes, without computing anything.
struct Summary: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Show a network layer by layer: shapes, parameters, multiply-adds, memory, receptive fields; and the cost of a step.",
    discussion: """
      apus summary resnet18 --input 224 --batch 32
      apus summary runs/digits --json
      apus summary vgg16 --why --no-time
      apus summary resnet18 --figure resnet18.svg
      """)

  enum Format: String, CaseIterable { case table, json, csv }
  enum Mode: String, CaseIterable { case training, inference }

  @Argument(
    help: ArgumentHelp(
      "A run, its model.safetensors, or a network: \(NetworkCatalogue.names.joined(separator: ", ")).",
      valueName: "network|run"), completion: .file())
  var source: String

  @Option(
    parsing: .unconditional,
    help: "Size of the images: 224x224x3, 224x224 or 224. (default: the network's, or the run's)",
    transform: OptionValue.size)
  var input: ImageSize?

  @Option(parsing: .unconditional, help: "Batch size. (default: 1)", transform: OptionValue.whole(1...65536))
  var batch = 1

  @Option(
    parsing: .unconditional, help: "Number of classes. (default: the network's, or the run's)",
    transform: OptionValue.whole(1...65536))
  var classes: Int?

  @Option(
    help: "Step to plan: training or inference. (default: training)",
    transform: OptionValue.oneOf(Mode.allCases, default: .training))
  var phase = Mode.training

  @Option(
    help:
      "Optimizer of the training step: \(OptimizerCatalogue.names.joined(separator: ", ")). (default: sgd, or the run's)",
    transform: OptionValue.optimizer)
  var optimizer: String?

  @Option(
    help: "Output format: table, json or csv. (default: table)",
    transform: OptionValue.oneOf(Format.allCases, default: .table))
  var format = Format.table

  @OptionGroup var form: JSONOption

  @Flag(inversion: .prefixedNo, help: "Predict the time of a step; takes a few seconds to calibrate on this machine.")
  var time = true

  @Flag(
    help: "Say which kernel computes each pass of a convolution or matrix product, and why the others decline.")
  var why = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Also draw the network into this SVG file: its layers and shortcuts, with shapes. Its boxes go beside it as CSV.",
      valueName: "file.svg"), completion: .file(extensions: ["svg"]))
  var figure: String?

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if form.json && format == .csv { throw ValidationError("either --json or --format csv, not both") }
    if let figure, !figure.hasSuffix(".svg") {
      throw ValidationError("--figure takes the name of an SVG file: \(figure).svg")
    }
    if why && format == .csv {
      throw ValidationError("--why takes --format table or json: csv has no place for reasons")
    }
  }

  /// What is planned.
  private struct Subject {
    var network: String
    var input: Shape
    var classes: Int
    var optimizer: String
  }

  func run() throws {
    if let imported = try ImportedModel(source) { return try show(imported.trained()) }
    let subject = try subject()
    let model = try NetworkCatalogue.outline(subject.network, input: subject.input, classes: subject.classes)
    let images = Shape([batch] + subject.input)
    let optimizer = try OptimizerCatalogue.entry(subject.optimizer)
    let inference = try model.plan(input: images)
    let step =
      phase == .training ? try model.planStep(input: images) { optimizer.makeUsual($0) } : nil
    let report = PlanReport(
      network: try NetworkCatalogue.entry(subject.network).name, input: images, rows: step?.rows ?? inference.rows,
      isTraining: phase == .training,
      totals: inference.totals + (step?.totals ?? [])
        + (time ? try times(model, images, step: step != nil ? optimizer : nil) : []), explains: why)
    try draw(model, images, name: NetworkCatalogue.title(of: subject.network))
    try show(report)
  }

  /// Of a model that is for inference alone.
  private func show(_ imported: TrainedModel) throws {
    if classes != nil { throw ValidationError("--classes applies only to networks, and \(source) is an ONNX file") }
    let images = Shape([batch] + (input?.shape(channels: imported.input[2]) ?? imported.input))
    let plan = try imported.model.plan(input: images)
    let seconds = time ? try imported.model.predictedInferenceSeconds(input: images) : nil
    let report = PlanReport(
      network: imported.network, input: images, rows: plan.rows, isTraining: false,
      totals: plan.totals + (seconds.map { [("inference_ms", .number(1e3 * $0))] } ?? []), explains: why)
    try draw(imported.model, images, name: imported.network)
    try show(report)
  }

  private func draw(_ model: any Layer, _ images: Shape, name: String) throws {
    guard let figure else { return }
    let size = images.dropFirst().map(String.init).joined(separator: "×")
    try Figure("\(name), \(size)", .plan(of: model, input: images)).write(to: figure)
  }

  private func show(_ report: PlanReport) throws {
    switch form.json ? .json : format {
    case .table: Terminal.printLine(report.table)
    case .json: Terminal.printLine(try report.json())
    case .csv: Terminal.printLine(report.csv)
    }
  }

  private func subject() throws -> Subject {
    // A folder with the name of a network is meant by ./NAME.
    if let entry = try? NetworkCatalogue.entry(source) {
      return Subject(
        network: source, input: input?.shape(channels: entry.usualInput[2]) ?? entry.usualInput,
        classes: classes ?? entry.usualClasses, optimizer: optimizer ?? TrainingSettings.defaults.optimizer)
    }
    guard ModelSource.exists(source) else {
      try NetworkCatalogue.check(source)
      throw FileError(source, found: "nothing there", expected: "a network, a run, or a model's file")
    }
    let files = ModelSource(source).files
    // A run that has no model yet, or one of scenes, has its network in its record.
    let record = ModelSource.exists(files.record) ? try RunRecord.read(files.record) : nil
    let usual = optimizer ?? record?.settings.optimizer ?? TrainingSettings.defaults.optimizer
    if let network = record?.network, let recorded = network.classes,
      !ModelSource.exists(files.model) || record?.scenes != nil
    {
      return Subject(
        network: network.name, input: input?.shape(channels: network.input[2]) ?? Shape(network.input),
        classes: classes ?? recorded + (record?.task == .localization ? BoxShares.count : 0), optimizer: usual)
    }
    let trained = try ModelSource(source).read()
    return Subject(
      network: trained.network, input: input?.shape(channels: trained.input[2]) ?? trained.input,
      classes: classes ?? trained.classNames.count, optimizer: usual)
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
