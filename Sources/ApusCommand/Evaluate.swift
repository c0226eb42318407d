import Apus
import ApusVision
import ArgumentParser

/// `apus evaluate RUN`: measures a run's model on the test split.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measure a run's model on test images.")

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"), completion: .directory)
  var folder: String

  @Option(help: "Other data than the run's: digits, mnist:FOLDER, cifar10:FOLDER or folder:FOLDER.")
  var data: String?

  @Option(help: "Threads.")
  var threads: Int?

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let files = RunFiles(folder)
    let model = try TrainedModel.read(files.model)
    let source = try DataSource(data ?? RunRecord.read(files.record).dataSource)
    let options = ImageFolder.Options(input: model.input, crop: model.crop)
    let test = try model.evaluated(on: source.load(folder: options, reader: Image.reader).test)
    Terminal.printLine(
      "\(model.network) on \(source.name): \(test.labels.count.grouped) test images, \(test.mistakes.count.grouped) wrong"
    )
    Terminal.printLine("test loss \(test.loss.formatted(decimals: 4))")
    Terminal.printLine("test accuracy \((100 * test.accuracy).formatted(decimals: 1)) %")
  }
}
