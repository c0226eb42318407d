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

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  /// A receipt of weights that fit.
  private struct Result: Encodable {
    struct Match: Encodable {
      /// In the file, and in the model.
      var name, path: String
      /// Whether its axes were moved on the way.
      var isTransposed: Bool
    }
    var network, file: String
    var layout: WeightsFile.Layout
    var isLayoutRecorded: Bool
    /// What was taken off the names.
    var prefix: String?
    var matched: [Match]
    /// Those that were not float32 in the file.
    var converted: [Conversion]
    struct Conversion: Encodable {
      /// The tensor, and its type in the file.
      var name, from: String
    }
    var counters, outside, skipped: [String]
    /// The file that was written.
    var to: String?

    init(_ network: String, _ receipt: LoadReceipt, to: String?) {
      (self.network, file) = (network, receipt.source)
      (layout, isLayoutRecorded, prefix) = (receipt.layout, receipt.isLayoutRecorded, receipt.prefix)
      matched = receipt.matched.map { Match(name: $0.name, path: $0.path, isTransposed: $0.change != .same) }
      converted = receipt.converted.map { Conversion(name: $0.name, from: $0.from) }
      (counters, outside, skipped) = (receipt.counters, receipt.outside, receipt.skipped)
      self.to = to
    }
  }

  func validate() throws {
    if layout != nil && to == nil { throw ValidationError("--layout requires --to") }
  }

  func run() throws {
    let weights = try WeightsFile.read(file, prefix: names.prefix)
    var input = try NetworkCatalogue.usualInput(of: network)
    if let channels = try NetworkCatalogue.channels(of: network, in: weights) { input[2] = channels }
    let batch = Shape([1] + input)
    let (model, receipt) = try NetworkCatalogue.make(network, weights: weights, input: batch)
    if !form.json { Terminal.printLine("\(receipt)") }
    if let to { try model.save(weights: to, layout: layout ?? .pytorch, input: batch) }
    if form.json { return Terminal.printLine(try JSONText.of(Result(network, receipt, to: to))) }
    if let to { Terminal.printLine("written to \(to)") }
  }
}
