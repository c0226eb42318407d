import Apus
import ArgumentParser

/// `apus train`: starts a run in a new folder, or continues one.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network, or go on with a run that was interrupted.",
    discussion: """
      apus train lenet5 --data digits --epochs 30 --out runs/digits
      apus train lenet5 --data mnist:FOLDER --epochs 5 --out runs/mnist
      apus train --resume runs/mnist
      """)

  @Argument(help: "The network: \(NetworkCatalogue.names.joined(separator: ", ")).")
  var network: String?

  @Option(
    help: "digits (inside the command), mnist:FOLDER (four IDX files) or cifar10:FOLDER (binary batches), plain or .gz."
  )
  var data: String?

  @Option(help: "Passes over the training set. (default: \(TrainingSettings.defaults.epochs))")
  var epochs: Int?

  @Option(help: "Samples a step. (default: \(TrainingSettings.defaults.batchSize))")
  var batchSize: Int?

  @Option(help: "Base learning rate. (default: \(TrainingSettings.defaults.learningRate))")
  var learningRate: Double?

  @Option(help: "How the learning rate goes on after the warm-up: cosine or constant. (default: cosine)")
  var schedule: Decay?

  @Option(
    help: "Part of the steps in which the learning rate rises. (default: \(TrainingSettings.defaults.schedule.warmup))")
  var warmup: Double?

  @Option(help: "SGD's momentum. (default: \(TrainingSettings.defaults.momentum))")
  var momentum: Double?

  @Option(help: "L2 penalty. (default: \(TrainingSettings.defaults.weightDecay))")
  var weightDecay: Double?

  @Option(help: "Random shifts of training images, in pixels each way. (default: \(TrainingSettings.defaults.shift))")
  var shift: Int?

  @Option(help: "Seed of initial values, order and augmentation. (default: \(TrainingSettings.defaults.seed))")
  var seed: UInt64?

  @Option(
    help: """
      Of convolutions and linear layers: standard, strict (no Winograd F(4×4)) or bfloat16 (where the processor has it). \
      (default: \(TrainingSettings.defaults.precision))
      """)
  var precision: Precision?

  @Option(help: "Threads; the result does not depend on their number. (default: OMP_NUM_THREADS, else the CPUs)")
  var threads: Int?

  @Option(name: [.long, .customShort("o")], help: "The folder of the run; it is made.", completion: .directory)
  var out: String?

  @Option(help: "Steps between checkpoints; one is also written after each epoch.")
  var checkpointEvery: Int?

  @Option(help: "The folder of a run to go on with; its settings are kept.", completion: .directory)
  var resume: String?

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
      if data == nil { throw ValidationError("--data is missing: digits, mnist:FOLDER or cifar10:FOLDER") }
      if out == nil { throw ValidationError("--out is missing: the folder of the run") }
    }
  }

  /// Names of the options given that a run keeps.
  private var givenSettings: [String] {
    let options: [(String, Any?)] = [
      ("the network", network), ("--data", data), ("--epochs", epochs), ("--batch-size", batchSize),
      ("--learning-rate", learningRate), ("--schedule", schedule), ("--warmup", warmup), ("--momentum", momentum),
      ("--weight-decay", weightDecay), ("--shift", shift), ("--seed", seed), ("--precision", precision), ("--out", out),
      ("--checkpoint-every", checkpointEvery),
    ]
    return options.compactMap { $0.1 == nil ? nil : $0.0 }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let reporter = TrainingReporter()
    Interruption.watch()
    let outcome: TrainingRun.Outcome
    let folder: String
    if let resume {
      folder = resume
      outcome = try TrainingRun.resume(resume, observer: reporter)
    } else {
      folder = out!
      outcome = try TrainingRun.start(try request(), in: folder, observer: reporter)
    }
    reporter.tell(outcome, folder)
    if case .interrupted = outcome { throw ExitCode(128 + Interruption.signal) }
  }

  private func request() throws -> TrainingRun.Request {
    var settings = TrainingSettings.defaults
    if let epochs { settings.epochs = epochs }
    if let batchSize { settings.batchSize = batchSize }
    if let learningRate { settings.learningRate = learningRate }
    if let schedule { settings.schedule.decay = schedule.decay }
    if let warmup { settings.schedule.warmup = warmup }
    if let momentum { settings.momentum = momentum }
    if let weightDecay { settings.weightDecay = weightDecay }
    if let shift { settings.shift = shift }
    if let seed { settings.seed = seed }
    if let precision { settings.precision = precision }
    return TrainingRun.Request(
      network: network!, data: try DataSource(data!), settings: settings, checkpointEvery: checkpointEvery,
      commandLine: CommandLine.arguments)
  }
}

extension Precision: ExpressibleByArgument {}

/// The names of the schedules on the command line.
enum Decay: String, ExpressibleByArgument, CaseIterable {
  case constant, cosine

  var decay: LearningRateSchedule.Decay {
    switch self {
    case .constant: .constant
    case .cosine: .cosine
    }
  }
}
