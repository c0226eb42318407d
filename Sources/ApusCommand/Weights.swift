import Apus
import ArgumentParser

/// `apus weights NETWORK FILE`: what a file's tensors are to a network, and the same in another format.
struct Weights: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how the weights of a file fit a network, and convert them.",
    discussion: """
      apus weights resnet20 runs/cifar/model.safetensors --to resnet20.safetensors   (for PyTorch's load_state_dict)
      apus weights vgg16 vgg16.pth --to vgg16.safetensors                            (from a pickle, which is not executed)

      A file is known by its content, whatever its name. What a checkpoint puts before the names (state_dict.module.) is found and \
      removed; if it holds several sets of weights, --prefix says which.
      """)

  @Argument(help: "The network.")
  var network: String

  @Argument(help: "Weights: a safetensors, npz or PyTorch file, or a run.", completion: .file())
  var file: String

  @Option(help: "A .safetensors or .npz file to write the weights to.", completion: .file())
  var to: String?

  @Option(help: "Layout of the written file: pytorch or apus. (default: pytorch)", transform: OptionValue.layout)
  var layout: WeightsFile.Layout?

  @OptionGroup var names: PrefixOption

  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if layout != nil && to == nil { throw ValidationError("--layout requires --to") }
  }

  func run() throws {
    let weights = try WeightsFile.read(file, prefix: names.prefix)
    var input = try NetworkCatalogue.usualInput(of: network)
    if let channels = try NetworkCatalogue.channels(of: network, in: weights) { input[2] = channels }
    let batch = Shape([1] + input)
    let (model, receipt) = try NetworkCatalogue.make(network, weights: weights, input: batch)
    Terminal.printLine("\(receipt)")
    guard let to else { return }
    try model.save(weights: to, layout: layout ?? .pytorch, input: batch)
    Terminal.printLine("written to \(to)")
  }
}
