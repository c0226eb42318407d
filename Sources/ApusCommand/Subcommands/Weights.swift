import Apus
import ArgumentParser

/// `apus weights NETWORK FILE`: what a file's tensors are to a network, and the same in another format.
struct Weights: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how the weights of a file fit a network, and convert them.",
    discussion: """
      apus weights resnet20 runs/cifar/model.safetensors --to resnet20.safetensors   (for PyTorch's load_state_dict)
      apus weights vgg16 vgg16.pth --to vgg16.safetensors                            (from a pickle, which is not executed)
      apus weights vgg16 vgg16.pth --input x.npy --compare logits.npy                (fails if PyTorch's logits differ)

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

  @OptionGroup var names: NameOptions

  @OptionGroup var features: FlattenedOption

  @Option(
    help:
      "A .npy file with the output that the original network makes of --input, to compare with: fails if they differ.",
    completion: .file())
  var compare: String?

  @Option(help: "A .npy file with the batch of --compare, [N, H, W, C].", completion: .file())
  var input: String?

  @Option(
    parsing: .unconditional,
    help: "The largest difference that --compare allows, as a part of the largest number. (default: 1e-5)",
    transform: OptionValue.number("of at least 0") { $0 >= 0 })
  var tolerance: Double?

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
    /// The file's names that `--rename` changed.
    var renamed: [Renaming]
    struct Renaming: Encodable {
      var from, to: String
    }
    var counters, outside, skipped: [String]
    /// Linear layers that inference does not come to.
    var unreached: [String]
    /// What `--compare` found.
    var largestError: Double?
    /// The file that was written.
    var to: String?

    init(_ network: String, _ receipt: LoadReceipt, _ largestError: Double?, to: String?) {
      (self.network, file) = (network, receipt.source)
      (layout, isLayoutRecorded, prefix) = (receipt.layout, receipt.isLayoutRecorded, receipt.prefix)
      matched = receipt.matched.map { Match(name: $0.name, path: $0.path, isTransposed: $0.change != .same) }
      converted = receipt.converted.map { Conversion(name: $0.name, from: $0.from) }
      renamed = receipt.renamed.map { Renaming(from: $0.from, to: $0.to) }
      self.largestError = largestError
      (counters, outside, skipped) = (receipt.counters, receipt.outside, receipt.skipped)
      unreached = receipt.unreached
      self.to = to
    }
  }

  func validate() throws {
    if layout != nil && to == nil { throw ValidationError("--layout requires --to") }
    if (compare == nil) != (input == nil) { throw ValidationError("--compare and --input go together") }
    if tolerance != nil && compare == nil { throw ValidationError("--tolerance requires --compare") }
  }

  func run() throws {
    let weights = try names.read(file)
    let images = try input.map { try NumberFile.images($0) }
    var size = try NetworkCatalogue.usualInput(of: network)
    if let channels = try NetworkCatalogue.channels(of: network, in: weights) { size[2] = channels }
    let batch = images?.shape ?? Shape([1] + size)
    let (model, receipt) = try NetworkCatalogue.make(
      network, weights: weights, input: batch, flattened: features.orders)
    if !form.json { Terminal.printLine("\(receipt)") }
    // Before anything is written: weights that compute something else are not to be used.
    let comparison = try images.flatMap { images in
      try compare.map { try model.compare(images, with: NumberFile.floats($0), tolerance: tolerance ?? 1e-5) }
    }
    if let to {
      try model.save(weights: to, layout: layout ?? .pytorch, input: batch, flattened: features.orders)
    }
    if form.json {
      return Terminal.printLine(try JSONText.of(Result(network, receipt, comparison?.largestError, to: to)))
    }
    if let comparison { Terminal.printLine("\(comparison)") }
    if let to { Terminal.printLine("written to \(to)") }
  }
}
