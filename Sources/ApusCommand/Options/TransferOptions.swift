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

  @OptionGroup var images: ImageOptions

  @Option(
    help: """
      Normalization of the images: data (mean and standard deviation of the training images), imagenet, mean-image, or pca-whitening \
      and zca-whitening by the training images' principal components; only zca-whitening leaves images for convolutions. (default: \
      data; with --init, what the weights were trained with)
      """, transform: OptionValue.normalization)
  var normalize: NormalizationChoice?

  @Flag(help: "Subtract the training images' mean image, the same as --normalize mean-image.")
  var meanImage = false

  @Option(
    parsing: .unconditional, help: "Number of classes that the data must have.",
    transform: OptionValue.whole(1...65536))
  var classes: Int?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Initial weights: a run, its model.safetensors, or a safetensors, npz or PyTorch file in torchvision's names.",
      valueName: "file"), completion: .file())
  var initialWeights: String?

  @OptionGroup var names: PrefixOption

  @Option(
    parsing: .unconditional,
    help: "Channels of the images: 3 repeats that of gray ones, for weights that expect color. (default: the data's)",
    transform: OptionValue.whole(1...65536))
  var channels: Int?

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
      ("--input", input), ("--crop", crop), ("--normalize", normalize), ("--mean-image", meanImage ? true : nil),
      ("--classes", classes),
      ("--init", initialWeights), ("--prefix", names.prefix), ("--channels", channels),
      ("--new-head", newHead ? true : nil), ("--freeze", freeze.first),
      ("--unfreeze", unfreeze.first), ("--group", group.first),
    ] + images.given
  }

  func validate() throws {
    if meanImage, let normalize, normalize != .meanImage {
      throw ValidationError("--mean-image and --normalize \(normalize.rawValue): give one of them")
    }
    if let channels, channels != 1 && channels != 3 {
      throw ValidationError("--channels is \(channels), expected 1 (gray) or 3 (color)")
    }
  }

  func complete(_ request: inout TrainingRun.Request) throws {
    if input != nil || crop != nil || !images.isEmpty {
      let usual = try NetworkCatalogue.usualInput(of: request.network)
      var options = ImageFolder.Options(input: input?.shape(channels: usual[2]) ?? usual, crop: crop)
      images.complete(&options)
      request.imageFolder = options
    }
    request.normalization = meanImage ? .meanImage : normalize
    request.classes = classes
    request.initialWeights = initialWeights.map { source in
      // A path with nothing at it is not a run's folder: the error is about the path.
      ModelSource.exists(source) ? ModelSource(source).file : source
    }
    request.weightsPrefix = names.prefix
    request.channels = channels
    request.newHead = newHead
  }
}
