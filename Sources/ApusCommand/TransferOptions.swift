import Apus
import ArgumentParser

/// Options of `apus train` for images in folders, and for training that begins with weights of another.
struct TransferOptions: ParsableArguments {
  @Option(
    help:
      "Size that image files are brought to, HEIGHTxWIDTHxCHANNELS or one number for a square. (default: the network's)"
  )
  var input: ImageSize?

  @Option(help: "Part of the scaled image whose centre is taken. (default: 0.875, 1 below 64 pixels)")
  var crop: Double?

  @OptionGroup var images: ImageOptions

  @Option(
    help: """
      What images are normalised by: data (mean and deviation of the training images) or imagenet. (default: data; with --init, what \
      the weights were trained with)
      """)
  var normalize: NormalizationChoice?

  @Option(help: "The number of classes that the data must have.")
  var classes: Int?

  @Option(
    name: .customLong("init"),
    help: ArgumentHelp(
      "Weights to begin with: a safetensors, npz or PyTorch file in torchvision's names, or a run.",
      valueName: "file"), completion: .file())
  var initialWeights: String?

  @OptionGroup var names: PrefixOption

  @Option(
    help: "Channels of the images: 3 repeats that of gray ones, for weights that expect color. (default: the data's)")
  var channels: Int?

  @Flag(help: "Draw the classifier from the seed even where that of --init fits.")
  var newHead = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Parameters that are not trained, as paths with * and ?; the statistics of their batch norms stay too.",
      valueName: "pattern"))
  var freeze: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Parameters that are trained although --freeze matches them.", valueName: "pattern"))
  var unfreeze: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Settings of a part: a pattern, a colon, and of lr=FACTOR of the learning rate, wd=DECAY, train=false some.",
      valueName: "group"))
  var group: [ParameterGroup] = []

  /// Those given, for a run that keeps its settings.
  var given: [(String, Any?)] {
    [
      ("--input", input), ("--crop", crop), ("--normalize", normalize), ("--classes", classes),
      ("--init", initialWeights), ("--prefix", names.prefix), ("--channels", channels),
      ("--new-head", newHead ? true : nil), ("--freeze", freeze.first),
      ("--unfreeze", unfreeze.first), ("--group", group.first),
    ] + images.given
  }

  func validate() throws {
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
    request.normalization = normalize
    request.classes = classes
    request.initialWeights = initialWeights
    request.weightsPrefix = names.prefix
    request.channels = channels
    request.newHead = newHead
  }
}

/// `224`, `224x224` or `224x224x3`.
struct ImageSize: ExpressibleByArgument {
  private let sizes: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(parts.count), parts.allSatisfy({ ($0 ?? 0) > 0 }) else { return nil }
    sizes = parts.compactMap { $0 }
  }

  func shape(channels: Int) -> Shape {
    [sizes[0], sizes.count > 1 ? sizes[1] : sizes[0], sizes.count > 2 ? sizes[2] : channels]
  }
}

extension NormalizationChoice: ExpressibleByArgument {}

extension ParameterGroup: ExpressibleByArgument {
  public init?(argument: String) { self.init(text: argument) }
}
