import Apus
import ApusVision
import ArgumentParser

/// `apus train`: starts a run in a new folder, or continues one.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a network, or resume an interrupted run.",
    discussion: """
      apus train lenet5 --data digits --epochs 30 --out runs/digits
      apus train lenet5 --data mnist:FOLDER --epochs 5 --out runs/mnist
      apus train lenet5 --data digits --bagging 5 --out runs/bag
      apus train resnet18 --init WEIGHTS --freeze 'layer*' --data folder:FOLDER --out runs/transfer
      apus train lenet5 --task localize --data scenes --out runs/boxes
      apus train --resume runs/mnist
      """)

  @Argument(help: "The network: \(NetworkCatalogue.names.joined(separator: ", ")).")
  var network: String?

  @Option(help: "\(DataSource.formsAndFiles).")
  var data: String?

  @Option(
    parsing: .unconditional, help: "Passes over the training set. (default: \(TrainingSettings.defaults.epochs))",
    transform: OptionValue.whole(1...1_000_000))
  var epochs: Int?

  @Option(
    parsing: .unconditional, help: "Mini-batch size. (default: \(TrainingSettings.defaults.batchSize))",
    transform: OptionValue.whole(1...1 << 30, ", and at most the number of training images"))
  var batchSize: Int?

  @Option(help: "\(OptimizerCatalogue.names.joined(separator: ", ")). (default: sgd)", transform: OptionValue.optimizer)
  var optimizer: String?

  @Option(
    name: [.long, .customLong("lr")], parsing: .unconditional,
    help: "Base learning rate. (default: the optimizer's, \(Train.usual { $0.learningRate }))",
    transform: OptionValue.number("above 0") { $0 > 0 })
  var learningRate: Double?

  @Option(
    help: """
      Learning-rate schedule after warm-up: cosine, constant, step:EPOCHS:FACTOR, milestones:E,E:FACTOR, \
      exponential:FACTOR, one-cycle:RISE or plateau:PATIENCE:FACTOR. (default: cosine)
      """, transform: OptionValue.schedule)
  var schedule: LearningRateSchedule.Decay?

  @Option(
    parsing: .unconditional,
    help: "Fraction of steps used for warm-up. (default: \(TrainingSettings.defaults.schedule.warmup))",
    transform: OptionValue.number("from 0 to below 1") { $0 >= 0 && $0 < 1 })
  var warmup: Double?

  @Option(
    parsing: .unconditional,
    help: "SGD's momentum, or Adam's β₁. (default: the optimizer's, \(Train.usual { $0.momentum ?? 0 }))",
    transform: OptionValue.number("from 0 to below 1") { $0 >= 0 && $0 < 1 })
  var momentum: Double?

  @Option(
    parsing: .unconditional, help: "L2 penalty. (default: the optimizer's, \(Train.usual { $0.weightDecay }))",
    transform: OptionValue.number("of at least 0") { $0 >= 0 })
  var weightDecay: Double?

  @Option(
    help: "Parameters that weight decay acts on: weights (not biases, scales or shifts) or all. (default: weights)",
    transform: OptionValue.decayed)
  var decaying: DecayedParameters?

  @Option(
    help: "Gradient clipping: none, value:LIMIT, norm:LIMIT, adaptive:FRACTION or median:MULTIPLE. (default: none)",
    transform: OptionValue.clipping)
  var clip: GradientClipping?

  @Option(
    parsing: .unconditional,
    help:
      "Random shifts of training images, up to this many pixels each way. (default: \(TrainingSettings.defaults.shift))",
    transform: OptionValue.whole(0...65536))
  var shift: Int?

  @Flag(help: "Flip half of the training images left to right, at random.")
  var flip = false

  @Option(
    parsing: .unconditional, help: "Side of a random square erased from training images, in pixels. (default: 0)",
    transform: OptionValue.whole(0...65536))
  var cutout: Int?

  @Option(
    parsing: .unconditional,
    help: "Random brightness, contrast and saturation of training images, as factors within 1 ± JITTER. (default: 0)",
    transform: OptionValue.number("from 0 to 1") { $0 >= 0 && $0 <= 1 })
  var jitter: Double?

  @Option(
    parsing: .unconditional,
    help: "Seed of initial values, shuffling and augmentation. (default: \(TrainingSettings.defaults.seed))",
    transform: OptionValue.seed)
  var seed: UInt64?

  @Option(
    help: """
      Precision of convolutions and linear layers: standard, strict (no Winograd F(4×4)) or bfloat16 (if the CPU supports it). \
      (default: \(TrainingSettings.defaults.precision))
      """, transform: OptionValue.precision)
  var precision: Precision?

  @OptionGroup var scenes: SceneOptions
  @OptionGroup var loss: LossOptions
  @OptionGroup var transfer: TransferOptions
  @OptionGroup var threads: ThreadOptions

  @Option(
    name: [.long, .customShort("o")], help: "Folder of the new run, created if it does not exist.",
    completion: .directory)
  var out: String?

  @Option(
    parsing: .unconditional, help: "Steps between checkpoints. (default: one checkpoint per epoch)",
    transform: OptionValue.whole(1...Int.max))
  var checkpointEvery: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Steps between observations of what each layer gives and of its gradients: in observations.csv and on the report page. No bit of \
      the training changes. (default: none)
      """, transform: OptionValue.whole(1...Int.max))
  var observe: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      Train so many runs, in the folders 1, 2, … of --out, each on as many training images drawn with replacement and with a seed of its \
      own; apus evaluate takes them as one. (default: one run on all training images)
      """, valueName: "runs"), transform: OptionValue.whole(RunBag.sizes))
  var bagging: Int?

  @Option(
    help: "Folder of an interrupted run, or of those of --bagging, to resume; it keeps its settings.",
    completion: .directory)
  var resume: String?

  /// A number of each optimizer, for the help.
  private static func usual(_ number: (OptimizerCatalogue.Entry) -> Double) -> String {
    OptimizerCatalogue.entries.map { "\($0.name) \(number($0))" }.joined(separator: ", ")
  }

  func validate() throws {
    if resume != nil {
      if let given = givenSettings.first {
        throw ValidationError(
          "\(given) cannot be given with --resume: a run keeps its settings; only --threads may change")
      }
    } else {
      if network == nil { throw ValidationError("the network is missing: apus train \(NetworkCatalogue.names[0]) …") }
      if data == nil {
        throw ValidationError("--data is missing: \(DataSource.forms)")
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
      ("--checkpoint-every", checkpointEvery), ("--observe", observe), ("--bagging", bagging),
    ]
    return (options + scenes.given + loss.given + transfer.given).compactMap { $0.1 == nil ? nil : $0.0 }
  }

  func run() throws {
    try ImportedModel.refuse(resume ?? network!, "apus train")
    let reader = Interruption.stopping(Image.reader)
    if let bagging {
      let bag = try RunBag.create(try request(), members: bagging, at: out!)
      return try train(bag, in: out!, isNew: true, reader)
    }
    if let resume, let bag = try RunBag.open(resume) { return try train(bag, in: resume, isNew: false, reader) }
    try TrainingReporter("train").watch(resume ?? out!, isNew: resume == nil) { reporter in
      try resume.map { try TrainingRun.resume($0, reader: reader, pictures: .png, observer: reporter) }
        ?? TrainingRun.start(try request(), in: out!, reader: reader, pictures: .png, observer: reporter)
    }
  }

  /// One member after the other, until one is interrupted.
  private func train(_ bag: RunBag, in folder: String, isNew: Bool, _ reader: @escaping ImageFolder.Reader) throws {
    var bag = bag
    for (member, path) in bag.paths.enumerated() {
      Terminal.printLine("\(member > 0 ? "\n" : "")run \(member + 1) of \(bag.paths.count): \(path)")
      let outcome = try TrainingReporter("train", resuming: folder).watch(path, isNew: isNew && member == 0) {
        reporter in
        try bag.run(member, reader: reader, pictures: .png, observer: reporter)
      }
      if case .interrupted = outcome { return }
    }
    Terminal.printLine("\nthe mean of all: apus evaluate \(folder)")
  }

  private func request() throws -> TrainingRun.Request {
    let usual = scenes.task.usual
    var schedule = usual.schedule
    if let decay = self.schedule {
      schedule.decay = decay
      // One cycle rises by itself.
      if case .oneCycle = decay { schedule.warmup = 0 }
    }
    if let warmup { schedule.warmup = warmup }
    var settings = TrainingSettings(
      epochs: epochs ?? usual.epochs, batchSize: batchSize ?? usual.batchSize,
      // Of another optimizer its own.
      learningRate: learningRate ?? (scenes.task == .classify || optimizer != nil ? nil : usual.learningRate),
      schedule: schedule, optimizer: optimizer ?? usual.optimizer, momentum: momentum, weightDecay: weightDecay,
      decaying: decaying ?? usual.decaying, clipping: clip ?? usual.clipping, shift: shift ?? usual.shift,
      flips: flip, cutout: cutout ?? usual.cutout, jitter: jitter ?? usual.jitter, seed: seed ?? usual.seed,
      precision: precision ?? usual.precision, freeze: transfer.freeze, unfreeze: transfer.unfreeze,
      groups: transfer.group, keeping: usual.keeping)
    loss.complete(&settings)
    var request = TrainingRun.Request(
      network: network!, data: try scenes.source(data!), settings: settings, checkpointEvery: checkpointEvery,
      commandLine: CommandLine.arguments)
    request.observeEvery = observe
    scenes.complete(&request)
    try transfer.complete(&request)
    return request
  }
}
