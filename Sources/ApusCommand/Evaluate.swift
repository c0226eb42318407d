import Apus
import ApusVision
import ArgumentParser

/// `apus evaluate RUN`: measures a run's model on the test split.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a run's model on test images.",
    discussion: """
      Without --data exactly the images are measured that the run held out; where they are gone or changed it is refused. Of a folder \
      the test part is measured, or all images where it has no parts, without those that the run trained on.
      """)

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"), completion: .directory)
  var folder: String

  @Option(help: "Other data than the run's: digits, mnist:FOLDER, cifar10:FOLDER or folder:FOLDER.")
  var data: String?

  @Option(
    help: "Image files of --data that cannot be read: stop, or skip (left out and told, up to 10 %). (default: stop)")
  var damaged: DamagedImages?

  @Option(help: "Threads.")
  var threads: Int?

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let measured = try TrainingRun.evaluate(
      folder, on: data.map { try DataSource($0) }, damaged: damaged ?? .stop, reader: Image.reader)
    for note in measured.notes { Terminal.printError("warning: \(note)") }
    let test = measured.evaluation
    Terminal.printLine(
      "\(measured.network) on \(measured.name): \(test.labels.count.grouped) test images, \(test.mistakes.count.grouped) wrong"
    )
    Terminal.printLine("measured: \(measured.images)")
    Terminal.printLine("test loss \(test.loss.compact(decimals: 4, width: 10))")
    Terminal.printLine("test accuracy \((100 * test.accuracy).formatted(decimals: 1)) %")
  }
}
