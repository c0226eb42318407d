import Apus
import ApusVision
import ArgumentParser

/// `apus train`: starts a run in a new folder, or continues one.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network, or go on with a run that was interrupted.",
    discussion: """
      apus train lenet5 --data digits --epochs 30 --out runs/digits
      apus train lenet5 --data mnist:FOLDER --epochs 5 --out runs/mnist
      apus train resnet18 --init WEIGHTS --freeze 'layer*' --data folder:FOLDER --out runs/transfer
      apus train --resume runs/mnist
      """)

  @Argument(help: "The network: \(NetworkCatalogue.names.joined(separator: ", ")).")
  var network: String?

  @Option(
    help: """
      digits (inside the command), mnist:FOLDER (four IDX files) or cifar10:FOLDER (binary batches), plain or .gz, or folder:FOLDER \
      (images in a folder a class, or such folders in train, test and val).
      """
  )
  var data: String?

  @Option(help: "Passes over the training set. (default: \(TrainingSettings.defaults.epochs))")
  var epochs: Int?

  @Option(help: "Samples a step. (default: \(TrainingSettings.defaults.batchSize))")
  var batchSize: Int?

  @Option(help: "\(OptimizerCatalogue.names.joined(separator: ", ")). (default: sgd)")
  var optimizer: String?

  @Option(help: "Base learning rate. (default: the optimizer's, \(Train.usual { $0.learningRate }))")
  var learningRate: Double?

  @Option(
    help: """
      How the learning rate goes on after the warm-up: cosine, constant, step:EPOCHS:FACTOR, milestones:E,E:FACTOR, \
      exponential:FACTOR, one-cycle:RISE or plateau:PATIENCE:FACTOR. (default: cosine)
      """)
  var schedule: LearningRateSchedule.Decay?

  @Option(
    help: "Part of the steps in which the learning rate rises. (default: \(TrainingSettings.defaults.schedule.warmup))")
  var warmup: Double?

  @Option(help: "SGD's momentum, Adam's β₁. (default: the optimizer's, \(Train.usual { $0.momentum ?? 0 }))")
  var momentum: Double?

  @Option(help: "L2 penalty. (default: the optimizer's, \(Train.usual { $0.weightDecay }))")
  var weightDecay: Double?

  @Option(help: "What weight decay acts on: weights (no biases, scales and shifts) or all. (default: weights)")
  var decaying: DecayedParameters?

  @Option(help: "Of gradients: none, value:LIMIT, norm:LIMIT, adaptive:PART or median:MULTIPLE. (default: none)")
  var clip: GradientClipping?

  @Option(help: "Random shifts of training images, in pixels each way. (default: \(TrainingSettings.defaults.shift))")
  var shift: Int?

  @Flag(help: "Mirror training images left to right half of the time.")
  var flip = false

  @Option(help: "Side of a square that is cut out of training images, in pixels. (default: 0)")
  var cutout: Int?

  @Option(help: "Brightness, contrast and saturation of training images by factors in 1 ± this. (default: 0)")
  var jitter: Double?

  @Option(help: "Seed of initial values, order and augmentation. (default: \(TrainingSettings.defaults.seed))")
  var seed: UInt64?

  @Option(
    help: """
      Of convolutions and linear layers: standard, strict (no Winograd F(4×4)) or bfloat16 (where the processor has it). \
      (default: \(TrainingSettings.defaults.precision))
      """)
  var precision: Precision?

  @OptionGroup var transfer: TransferOptions

  @Option(help: "Threads; the result does not depend on their number. (default: OMP_NUM_THREADS, else the CPUs)")
  var threads: Int?

  @Option(name: [.long, .customShort("o")], help: "The folder of the run; it is made.", completion: .directory)
  var out: String?

  @Option(help: "Steps between checkpoints; one is also written after each epoch.")
  var checkpointEvery: Int?

  @Option(help: "The folder of a run to go on with; its settings are kept.", completion: .directory)
  var resume: String?

  /// A number of each optimizer, for the help.
  private static func usual(_ number: (OptimizerCatalogue.Entry) -> Double) -> String {
    OptimizerCatalogue.entries.map { "\($0.name) \(number($0))" }.joined(separator: ", ")
  }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads is \(threads), expected 1 to 1024")
    }
    if let checkpointEvery, checkpointEvery < 1 {
      throw ValidationError("--checkpoint-every is \(checkpointEvery), expected at least 1")
    }
    if resume != nil {
      if let given = givenSettings.first {
        throw ValidationError(
          "\(given) cannot be given with --resume: a run keeps its settings; only --threads may change")
      }
    } else {
      if network == nil { throw ValidationError("the network is missing: apus train \(NetworkCatalogue.names[0]) …") }
      if data == nil {
        throw ValidationError("--data is missing: digits, mnist:FOLDER, cifar10:FOLDER or folder:FOLDER")
      }
      if out == nil { throw ValidationError("--out is missing: the folder of the run") }
    }
  }

  /// Names of the options given that a run keeps.
  private var givenSettings: [String] {
    let options: [(String, Any?)] = [
      ("the network", network), ("--data", data), ("--epochs", epochs), ("--batch-size", batchSize),
      ("--optimizer", optimizer), ("--learning-rate", learningRate), ("--schedule", schedule), ("--warmup", warmup),
      ("--momentum", momentum),
      ("--weight-decay", weightDecay), ("--decaying", decaying), ("--clip", clip), ("--shift", shift),
      ("--flip", flip ? true : nil), ("--cutout", cutout), ("--jitter", jitter), ("--seed", seed),
      ("--precision", precision), ("--out", out),
      ("--checkpoint-every", checkpointEvery),
    ]
    return (options + transfer.given).compactMap { $0.1 == nil ? nil : $0.0 }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let reporter = TrainingReporter()
    Interruption.watch()
    Terminal.outliveReader()
    let outcome: TrainingRun.Outcome
    let folder: String
    if let resume {
      folder = resume
      outcome = try TrainingRun.resume(resume, reader: Image.reader, observer: reporter)
    } else {
      folder = out!
      outcome = try TrainingRun.start(try request(), in: folder, reader: Image.reader, observer: reporter)
    }
    reporter.tell(outcome, folder)
    if case .interrupted = outcome, Interruption.signal != 0 { throw ExitCode(128 + Interruption.signal) }
  }

  private func request() throws -> TrainingRun.Request {
    let usual = TrainingSettings.defaults
    var schedule = usual.schedule
    if let decay = self.schedule {
      schedule.decay = decay
      // One cycle rises by itself.
      if case .oneCycle = decay { schedule.warmup = 0 }
    }
    if let warmup { schedule.warmup = warmup }
    let settings = TrainingSettings(
      epochs: epochs ?? usual.epochs, batchSize: batchSize ?? usual.batchSize, learningRate: learningRate,
      schedule: schedule, optimizer: optimizer ?? usual.optimizer, momentum: momentum, weightDecay: weightDecay,
      decaying: decaying ?? usual.decaying, clipping: clip ?? usual.clipping, shift: shift ?? usual.shift,
      flips: flip, cutout: cutout ?? usual.cutout, jitter: jitter ?? usual.jitter, seed: seed ?? usual.seed,
      precision: precision ?? usual.precision, freeze: transfer.freeze, unfreeze: transfer.unfreeze,
      groups: transfer.group)
    var request = TrainingRun.Request(
      network: network!, data: try DataSource(data!), settings: settings, checkpointEvery: checkpointEvery,
      commandLine: CommandLine.arguments)
    try transfer.complete(&request)
    return request
  }
}

extension Precision: ExpressibleByArgument {
  /// Without float64, which is for diagnoses.
  public static var allValueStrings: [String] { allCases.filter { $0 != .float64 }.map(\.rawValue) }
}
extension DecayedParameters: ExpressibleByArgument {}
extension LearningRateSchedule.Decay: ExpressibleByArgument {}
extension GradientClipping: ExpressibleByArgument {}
