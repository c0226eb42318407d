import Apus
import ApusVision
import ArgumentParser

/// `apus evaluate RUN…`: measures a run's model on the test split, or the mean of several.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a run's model on test images.",
    discussion: """
      apus evaluate runs/flowers
      apus evaluate runs/flowers more-flowers/
      apus evaluate runs/first runs/second runs/third
      apus evaluate runs/flowers --ten-crop

      Of several runs, or of a folder that apus train --bagging made, the mean of the probabilities is measured. They must have \
      been trained on the same data.

      Without other data, exactly the images that the run held out are measured; if some are gone or changed, the command \
      refuses. In a folder of images the test part is measured, or all images if it has no parts, except those that the run \
      trained on.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      A run, or its model.safetensors; several are measured as an ensemble. A folder of images at the end is measured instead of the \
      runs' data, the same as --data folder:FOLDER.
      """, valueName: "run"), completion: .file())
  var sources: [String]

  @Option(help: "Data to measure instead of the run's: \(DataSource.forms).")
  var data: String?

  @Flag(
    help: """
      Average ten views of each image: its corners and its center, each also mirrored. They are cut from the whole scaled image of a \
      file, and from other images with as many black pixels around them as --shift was in training.
      """)
  var tenCrop = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Average so many passes with dropout's masks, and tell how far they differ.", valueName: "passes"),
    transform: OptionValue.whole(1...100_000))
  var monteCarlo: Int?

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
    var members: [Member]?
    var spread: Spread?
    var notes: [String]
  }

  /// Of an ensemble.
  private struct Member: Encodable {
    var run: String
    var loss, accuracy: Double
  }

  /// Of Monte-Carlo passes.
  private struct Spread: Encodable {
    var passes: Int
    var entropy, deviation: Double
  }

  /// The runs, and the folder of images behind them.
  private func subjects() throws -> (runs: [String], folder: String?) {
    func isRun(_ argument: String) throws -> Bool {
      try ImportedModel(argument) != nil || RunBag.open(argument) != nil
        || ModelSource.exists(ModelSource(argument).file) || ModelSource.exists(ModelSource(argument).files.record)
    }
    var runs = sources
    var folder: String?
    if runs.count > 1, let last = runs.last, try !isRun(last) { folder = runs.removeLast() }
    return (try runs.flatMap { try RunBag.open($0)?.paths ?? [$0] }, folder)
  }

  func validate() throws {
    if tenCrop && monteCarlo != nil { throw ValidationError("give --ten-crop or --monte-carlo, not both") }
  }

  private func views() -> TrainingRun.Views { monteCarlo.map { .monteCarlo($0) } ?? (tenCrop ? .tenCrop : .one) }

  func run() throws {
    let (runs, folder) = try subjects()
    if folder != nil && data != nil { throw ValidationError("give --data or a folder of images, not both") }
    if files.damaged != nil && folder == nil && !(data ?? "").hasPrefix("folder:") {
      throw ValidationError("--damaged requires a folder of images: --data folder:FOLDER")
    }
    let other = try (data ?? folder.map { "folder:" + $0 }).map { try DataSource($0) }
    for run in runs {
      try ImportedModel.refuse(run, "apus evaluate")
      try ModelSource(run).check()
    }
    let measured = try TrainingRun.evaluate(
      runs, on: other, views: views(), damaged: files.damaged ?? .stop, reader: Image.reader)
    for note in measured.notes { Terminal.printError("warning: \(note)") }
    if form.json { return Terminal.printLine(try JSONText.of(result(measured))) }
    tell(measured)
  }

  private func result(_ measured: TrainingRun.Measurement) -> Result {
    let wrong = measured.classification?.mistakes.count
    return Result(
      network: measured.network, data: measured.name, measured: measured.images, images: measured.count,
      wrong: wrong, loss: measured.scores.loss, accuracy: measured.classification?.accuracy,
      metrics: wrong == nil ? measured.scores.metrics : nil,
      members: measured.members.count < 2
        ? nil : measured.members.map { Member(run: $0.path, loss: $0.loss, accuracy: $0.accuracy) },
      spread: monteCarlo.flatMap { passes in
        measured.spread.map { Spread(passes: passes, entropy: $0.entropy, deviation: $0.deviation) }
      }, notes: measured.notes)
  }

  private func tell(_ measured: TrainingRun.Measurement) {
    let wrong = measured.classification?.mistakes.count
    let scores = measured.scores
    let (count, members) = (measured.count.grouped, measured.members)
    Terminal.printLine(
      (members.count > 1 ? "ensemble of \(members.count) runs, " : "") + "\(measured.network) on \(measured.name): "
        + (wrong.map { "\(count) test images, \($0.grouped) wrong" } ?? "\(count) test scenes"))
    Terminal.printLine("measured: \(measured.images)")
    if tenCrop { Terminal.printLine("averaged: ten crops of each image") }
    if let monteCarlo { Terminal.printLine("averaged: \(monteCarlo.grouped) passes with dropout") }
    func text(_ loss: Double) -> String { loss.compact(decimals: 4, width: 10) }
    if members.count > 1 {
      let rows = members.map { [$0.path, text($0.loss), Metric.accuracy.text($0.accuracy)] }
      Terminal.printLine(Table.text([["run", "test loss", "accuracy"]] + rows, textColumns: 1))
    }
    let loss = measured.loss == LossCatalogue.names[0] ? "" : " (\(measured.loss))"
    Terminal.printLine("test loss \(text(scores.loss))\(loss)")
    for metric in measured.metrics {
      Terminal.printLine("test \(metric.title) \(metric.text(scores[metric.name]))")
    }
    if monteCarlo != nil, let spread = measured.spread {
      Terminal.printLine(
        "spread: entropy of the mean \(text(spread.entropy)) nats; standard deviation of the predicted class's probability "
          + text(spread.deviation))
    }
  }
}
