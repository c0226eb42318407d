import Apus
import ApusVision
import ArgumentParser

/// `apus segment`: trains a small fully convolutional network on scenes composed of digits, and shows what it makes of test scenes.
struct Segment: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network that classifies every pixel, on scenes composed of digits.",
    discussion: """
      apus segment --data digits --out runs/segment
      apus segment --resume runs/segment

      The short form of apus train fcn.small --task segment.

      Writes what apus train writes, and classes.csv and two pictures: scenes.png shows test scenes, their labels and the \
      predictions, other-size.png the same for a scene of a size that was not trained on. The classes' colors are in \
      classes.csv and in the report.
      """)

  private static let usual = SceneOptions.Task.segment.usual
  private static let scenesByDefault = SceneSettings()

  @Option(help: "Images to compose the scenes of: digits (built in) or mnist:FOLDER.")
  var data: String?

  @Option(
    name: [.long, .customShort("o")], help: "Folder of the new run, created if it does not exist.",
    completion: .directory)
  var out: String?

  @Option(
    parsing: .unconditional, help: "Passes, each over new scenes. (default: \(Segment.usual.epochs))",
    transform: OptionValue.whole(1...100_000))
  var epochs: Int?

  @Option(
    parsing: .unconditional, help: "Training scenes per epoch. (default: \(Segment.scenesByDefault.count))",
    transform: OptionValue.whole(1...10_000_000))
  var scenes: Int?

  @Option(
    parsing: .unconditional, help: "Mini-batch size. (default: \(Segment.usual.batchSize))",
    transform: OptionValue.whole(1...4096))
  var batchSize: Int?

  @Option(
    parsing: .unconditional,
    help: "Height and width of training scenes, in pixels. (default: \(Segment.scenesByDefault.height))",
    transform: OptionValue.whole(1...1024))
  var size: Int?

  @Option(
    name: [.long, .customLong("lr")], parsing: .unconditional,
    help: "Peak learning rate of AdamW. (default: \(Segment.usual.learningRate))",
    transform: OptionValue.number("above 0") { $0 > 0 })
  var learningRate: Double?

  @Option(
    help: "Gradient clipping: none, value:LIMIT, norm:LIMIT, adaptive:FRACTION or median:MULTIPLE. (default: none)",
    transform: OptionValue.clipping)
  var clip: GradientClipping?

  @Option(
    parsing: .unconditional, help: "Seed of initial values and training scenes. (default: \(Segment.usual.seed))",
    transform: OptionValue.seed)
  var seed: UInt64?

  @OptionGroup var loss: LossOptions
  @OptionGroup var threads: ThreadOptions

  @Option(
    parsing: .unconditional, help: "Steps between checkpoints. (default: one checkpoint per epoch)",
    transform: OptionValue.whole(1...Int.max))
  var checkpointEvery: Int?

  @Option(help: "Folder of an interrupted run to resume; it keeps its settings.", completion: .directory)
  var resume: String?

  func validate() throws {
    if resume != nil {
      if let given = givenSettings.first {
        throw ValidationError(
          "\(given) cannot be given with --resume: a run keeps its settings; only --threads may change")
      }
    } else {
      if data == nil { throw ValidationError("--data is missing: digits or mnist:FOLDER") }
      if out == nil { throw ValidationError("--out is missing: the folder of the run") }
    }
  }

  /// Names of the options given that a run keeps.
  private var givenSettings: [String] {
    let options: [(String, Any?)] = [
      ("--data", data), ("--out", out), ("--epochs", epochs), ("--scenes", scenes), ("--batch-size", batchSize),
      ("--size", size), ("--learning-rate", learningRate), ("--clip", clip), ("--seed", seed),
      ("--checkpoint-every", checkpointEvery),
    ]
    return (options + loss.given).compactMap { $0.1 == nil ? nil : $0.0 }
  }

  func run() throws {
    try TrainingReporter("segment").watch(resume ?? out!, isNew: resume == nil) { reporter in
      try resume.map { try TrainingRun.resume($0, pictures: .png, observer: reporter) }
        ?? TrainingRun.start(try request(), in: out!, pictures: .png, observer: reporter)
    }
  }

  private func request() throws -> TrainingRun.Request {
    var settings = Segment.usual
    if let epochs { settings.epochs = epochs }
    if let batchSize { settings.batchSize = batchSize }
    if let learningRate { settings.learningRate = learningRate }
    if let clip { settings.clipping = clip }
    if let seed { settings.seed = seed }
    loss.complete(&settings)
    var request = TrainingRun.Request(
      network: "fcn.small", data: try DataSource(data!), settings: settings, checkpointEvery: checkpointEvery,
      commandLine: CommandLine.arguments)
    request.scenes = SceneOptions.settings(Segment.scenesByDefault, count: scenes, size: size)
    return request
  }
}
