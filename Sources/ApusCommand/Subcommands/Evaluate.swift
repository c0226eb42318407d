import Apus
import ApusVision
import ArgumentParser

/// `apus evaluate RUN`: measures a run's model on the test split.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a run's model on test images.",
    discussion: """
      apus evaluate runs/flowers
      apus evaluate runs/flowers more-flowers/

      Without other data, exactly the images that the run held out are measured; if some are gone or changed, the command \
      refuses. In a folder of images the test part is measured, or all images if it has no parts, except those that the run \
      trained on.
      """)

  @Argument(help: ArgumentHelp("A run, or its model.safetensors.", valueName: "run"), completion: .file())
  var source: String

  @Argument(help: "A folder of images to measure instead, the same as --data folder:FOLDER.", completion: .directory)
  var folder: String?

  @Option(help: "Data to measure instead of the run's: \(DataSource.forms).")
  var data: String?

  @OptionGroup var form: JSONOption

  @OptionGroup var files: DamagedOption

  @OptionGroup var threads: ThreadOptions

  private struct Result: Encodable {
    var network: String
    var data: String
    var measured: String
    var images: Int
    var wrong: Int?
    var loss: Double
    var accuracy: Double?
    var metrics: [String: Double]?
    var notes: [String]
  }

  func validate() throws {
    if folder != nil && data != nil { throw ValidationError("give --data or a folder of images, not both") }
    if files.damaged != nil && folder == nil && !(data ?? "").hasPrefix("folder:") {
      throw ValidationError("--damaged requires a folder of images: --data folder:FOLDER")
    }
  }

  func run() throws {
    let other = try (data ?? folder.map { "folder:" + $0 }).map { try DataSource($0) }
    try ImportedModel.refuse(source, "apus evaluate")
    try ModelSource(source).check()
    let measured = try TrainingRun.evaluate(
      source, on: other, damaged: files.damaged ?? .stop, reader: Image.reader)
    for note in measured.notes { Terminal.printError("warning: \(note)") }
    let wrong = measured.classification?.mistakes.count
    let scores = measured.scores
    if form.json {
      return Terminal.printLine(
        try JSONText.of(
          Result(
            network: measured.network, data: measured.name, measured: measured.images, images: measured.count,
            wrong: wrong, loss: scores.loss, accuracy: measured.classification?.accuracy,
            metrics: wrong == nil ? scores.metrics : nil, notes: measured.notes)))
    }
    Terminal.printLine(
      "\(measured.network) on \(measured.name): "
        + (wrong.map { "\(measured.count.grouped) test images, \($0.grouped) wrong" }
          ?? "\(measured.count.grouped) test scenes"))
    Terminal.printLine("measured: \(measured.images)")
    let loss = measured.loss == LossCatalogue.names[0] ? "" : " (\(measured.loss))"
    Terminal.printLine("test loss \(scores.loss.compact(decimals: 4, width: 10))\(loss)")
    for metric in measured.metrics {
      Terminal.printLine("test \(metric.title) \(metric.text(scores[metric.name]))")
    }
  }
}
