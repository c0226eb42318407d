import Apus
import ArgumentParser

/// Options of `apus train` for image folders, and for training that starts from other weights.
struct TransferOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help:
      "Size that images of a folder are resized to, HEIGHTxWIDTHxCHANNELS or one number for a square. (default: the network's)",
    transform: OptionValue.size)
  var input: ImageSize?

  @Option(
    parsing: .unconditional,
    help: "Fraction of the resized image that the center crop keeps. (default: 0.875, or 1 below 64 pixels)",
    transform: OptionValue.number("from 0.01 to 1") { $0 >= 0.01 && $0 <= 1 })
  var crop: Double?

  @Option(
    help: """
      Normalization of the images: data (mean and standard deviation of the training images) or imagenet. (default: data; with \
      --init, what the weights were trained with)
      """, transform: OptionValue.normalization)
  var normalize: NormalizationChoice?

  @Option(
    parsing: .unconditional, help: "Number of classes that the data must have.",
    transform: OptionValue.whole(1...65536))
  var classes: Int?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Initial weights: a run, its model.safetensors, or a file of weights in torchvision's names.",
      valueName: "file"), completion: .file())
  var initialWeights: String?

  @Flag(help: "Draw a new classifier from the seed even if the one of --init fits.")
  var newHead = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Parameters to freeze, as paths with * and ?; running statistics of their batch norms are frozen too.",
      valueName: "pattern"))
  var freeze: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Parameters to train although --freeze matches them.", valueName: "pattern"))
  var unfreeze: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Settings for some parameters, as PATTERN:lr=FACTOR,wd=DECAY,train=false; lr multiplies the learning rate.",
      valueName: "group"), transform: OptionValue.group)
  var group: [ParameterGroup] = []

  /// The options given, for a run that keeps its settings.
  var given: [(String, Any?)] {
    [
      ("--input", input), ("--crop", crop), ("--normalize", normalize), ("--classes", classes),
      ("--init", initialWeights), ("--new-head", newHead ? true : nil), ("--freeze", freeze.first),
      ("--unfreeze", unfreeze.first), ("--group", group.first),
    ]
  }

  func complete(_ request: inout TrainingRun.Request) throws {
    if input != nil || crop != nil {
      let usual = try NetworkCatalogue.usualInput(of: request.network)
      request.imageFolder = ImageFolder.Options(input: input?.shape(channels: usual[2]) ?? usual, crop: crop)
    }
    request.normalization = normalize
    request.classes = classes
    request.initialWeights = initialWeights.map { ModelSource($0).file }
    request.newHead = newHead
  }
}
