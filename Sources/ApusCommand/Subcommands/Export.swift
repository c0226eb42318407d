import Apus
import ApusONNX
import ArgumentParser

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `apus export NETWORK|RUN --output FILE.onnx`: the inference pass for other runtimes.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export a network's inference pass as an ONNX file.",
    discussion: """
      Operator set 17, float32. Images are [N, C, H, W] in the file and must be normalized as in training. The metadata of a \
      run's file holds the means and standard deviations, and the names of the classes.
      """)

  @Argument(
    help: ArgumentHelp(
      "A run, its model.safetensors, or a network: \(NetworkCatalogue.names.joined(separator: ", ")).",
      valueName: "network|run"), completion: .file())
  var source: String

  @Option(name: [.short, .long], help: "The file to write.", completion: .file(extensions: ["onnx"]))
  var output: String

  @Option(
    help: "Weights for a network: a safetensors, npz or PyTorch file, read strictly. (default: initial values)",
    completion: .file())
  var weights: String?

  @OptionGroup var names: NameOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Size of a network's images. (default: the network's)", valueName: "HxWxC"),
    transform: OptionValue.size)
  var input: ImageSize?

  @Option(
    parsing: .unconditional,
    help: "Number of classes of a network. (default: the one of the weights, or the network's)",
    transform: OptionValue.whole(1...65536))
  var classes: Int?

  @Option(
    parsing: .unconditional, help: "Seed of a network's initial values. (default: 1)", transform: OptionValue.seed)
  var seed: UInt64?

  @Flag(help: "Fold batch norms into the layers before them.")
  var fold = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Batch size: a number, or dynamic for any. (default: dynamic)", valueName: "n|dynamic"),
    transform: OptionValue.batch)
  var batch: Batch = .dynamic

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  private struct Result: Encodable {
    /// The file.
    var output: String
    var bytes, operatorSet: Int
    /// Batch size: a number, or `dynamic`.
    var batch: String
    /// Shapes of one image in the file's order, `[C, H, W]`, and of its logits.
    var input, logits: [Int]
    var notes: [String]
  }

  func run() throws {
    // A folder that is called as a network is meant by ./NAME.
    if (try? NetworkCatalogue.entry(source)) == nil, ModelSource.exists(source) {
      try exportRun()
    } else {
      try exportNetwork()
    }
  }

  private func exportRun() throws {
    let options = [
      ("--weights", weights != nil), ("--prefix", names.prefix != nil), ("--input", input != nil),
      ("--classes", classes != nil), ("--seed", seed != nil),
    ]
    for case (let name, true) in options {
      throw ValidationError("\(name) applies only to networks, and \(source) is a run")
    }
    let trained = try ModelSource(source).read()
    func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: " ") }
    var metadata = [
      "apus.network": trained.network, "apus.classes": trained.classNames.joined(separator: "\n"),
      "apus.mean": list(trained.normalization.mean), "apus.deviation": list(trained.normalization.deviation),
    ]
    if let crop = trained.crop { metadata["apus.crop"] = "\(crop)" }
    try write(trained.model, input: trained.input, name: trained.network, metadata: metadata)
  }

  private func exportNetwork() throws {
    if names.prefix != nil && weights == nil { throw ValidationError("--prefix requires --weights") }
    if seed != nil && weights != nil {
      throw ValidationError("--seed draws initial values, which --weights replaces: give one of them")
    }
    let entry = try NetworkCatalogue.entry(source)
    var shape = input?.shape(channels: entry.usualInput[2]) ?? entry.usualInput
    let model: any Layer
    var notes: [String] = []
    if let weights {
      let file = try names.read(weights)
      if input == nil, let channels = try NetworkCatalogue.channels(of: source, in: file) { shape[2] = channels }
      let loaded = try NetworkCatalogue.make(source, weights: file, input: Shape([1] + shape), classes: classes)
      model = loaded.model
      notes = loaded.receipt.notes
    } else {
      model = try NetworkCatalogue.make(source, input: shape, classes: classes ?? entry.usualClasses, seed: seed ?? 1)
    }
    try write(model, input: shape, name: entry.name, metadata: ["apus.network": entry.name], notes: notes)
  }

  private func write(
    _ model: any Layer, input: Shape, name: String, metadata: [String: String], notes: [String] = []
  ) throws {
    let count = batch.count
    let options = ONNXOptions(
      foldsBatchNorms: fold, batch: count == nil ? .dynamic : .fixed, name: name, metadata: metadata)
    let images = Shape([count ?? 1] + input)
    try model.exportONNX(input: images, to: output, options: options)
    // As the file has them: channels before height and width.
    func sample(_ shape: Shape) -> [Int] {
      shape.count == 4 ? [shape[3], shape[1], shape[2]] : Array(shape.dropFirst())
    }
    let logits = try model.plan(input: images).outputShape
    let bytes =
      try FileManager.default.attributesOfItem(
        atPath: URL(filePath: output).resolvingSymlinksInPath().path)[.size] as? Int ?? 0
    if form.json {
      return Terminal.printLine(
        try JSONText.of(
          Result(
            output: output, bytes: bytes, operatorSet: ONNXOptions.operatorSet, batch: "\(batch)",
            input: sample(images), logits: sample(logits), notes: notes)))
    }
    func text(_ shape: Shape) -> String {
      "[" + ([count.map(String.init) ?? "N"] + sample(shape).map(String.init)).joined(separator: ",") + "]"
    }
    for note in notes { Terminal.printLine(note) }
    Terminal.printLine(
      "wrote \(output) (opset \(ONNXOptions.operatorSet), \(Export.size(bytes))): input \(text(images)), "
        + "output logits \(text(logits))")
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1_000_000
      ? "\((Double(bytes) / 1e3).formatted(decimals: 0)) KB" : "\((Double(bytes) / 1e6).formatted(decimals: 1)) MB"
  }

  /// How many images the file takes at a time.
  enum Batch: CustomStringConvertible {
    case dynamic
    case fixed(Int)

    var count: Int? { if case .fixed(let count) = self { count } else { nil } }
    /// For the help's default.
    var description: String { count.map(String.init) ?? "dynamic" }
  }
}

extension OptionValue {
  static let batch: @Sendable (String) throws -> Export.Batch = { text in
    if text == "dynamic" { return .dynamic }
    guard let count = Int(text), (1...65536).contains(count) else {
      throw Refusal(description: "expected dynamic (default) or a whole number, 1 to 65,536")
    }
    return .fixed(count)
  }
}
