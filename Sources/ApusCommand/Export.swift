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
    abstract: "Write a network's inference pass as an ONNX file.",
    discussion: """
      Operator set 17, float32; images are [N, C, H, W] in the file and are normalised as in training. A run's file says in its
      metadata with which means and deviations, and the names of the classes.
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder of a run, or a network: \(NetworkCatalogue.names.joined(separator: ", ")).", valueName: "network|run")
  )
  var source: String

  @Option(name: [.short, .long], help: "The file to write.", completion: .file(extensions: ["onnx"]))
  var output: String

  @Option(
    help: "A network's weights, a safetensors, npz or PyTorch file, read strictly. (default: initial values)",
    completion: .file())
  var weights: String?

  @OptionGroup var names: PrefixOption

  @Option(help: ArgumentHelp("A network's images. (default: the network's own)", valueName: "HxWxC"))
  var input: String?

  @Option(help: "A network's number of classes. (default: as many as the weights have, or the network's own)")
  var classes: Int?

  @Option(help: "Seed of a network's initial values.")
  var seed: UInt64 = 1

  @Flag(help: "Fold batch norms into the layers before them.")
  var fold = false

  @Option(help: ArgumentHelp("Images at a time: a number, or dynamic for any.", valueName: "n|dynamic"))
  var batch = "dynamic"

  func validate() throws {
    if let classes, !(1...65536).contains(classes) {
      throw ValidationError("--classes is \(classes), expected 1 to 65536")
    }
    _ = try input.map(Export.shape)
    _ = try fixedBatch
  }

  func run() throws {
    // A folder that is called as a network is meant by ./NAME.
    if (try? NetworkCatalogue.entry(source)) == nil, FileManager.default.fileExists(atPath: source) {
      try exportRun()
    } else {
      try exportNetwork()
    }
  }

  private func exportRun() throws {
    let options = [
      ("--weights", weights != nil), ("--prefix", names.prefix != nil), ("--input", input != nil),
      ("--classes", classes != nil),
    ]
    for case (let name, true) in options {
      throw ValidationError("\(source) is a run, which has \(name.dropFirst(2)) of its own: \(name) is for networks")
    }
    let trained = try TrainedModel.read(RunFiles(source).model)
    func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: " ") }
    var metadata = [
      "apus.network": trained.network, "apus.classes": trained.classNames.joined(separator: "\n"),
      "apus.mean": list(trained.normalization.mean), "apus.deviation": list(trained.normalization.deviation),
    ]
    if let crop = trained.crop { metadata["apus.crop"] = "\(crop)" }
    try write(trained.model, input: trained.input, name: trained.network, metadata: metadata)
  }

  private func exportNetwork() throws {
    if names.prefix != nil && weights == nil { throw ValidationError("--prefix is about --weights, which is missing") }
    let entry = try NetworkCatalogue.entry(source)
    var shape = try input.map(Export.shape) ?? entry.usualInput
    let model: any Layer
    if let weights {
      let file = try WeightsFile.read(weights, prefix: names.prefix)
      if input == nil, let channels = try NetworkCatalogue.channels(of: source, in: file) { shape[2] = channels }
      let loaded = try NetworkCatalogue.make(source, weights: file, input: Shape([1] + shape), classes: classes)
      model = loaded.model
      for note in loaded.receipt.notes { Terminal.printLine(note) }
    } else {
      model = try NetworkCatalogue.make(source, input: shape, classes: classes ?? entry.usualClasses, seed: seed)
    }
    try write(model, input: shape, name: entry.name, metadata: ["apus.network": entry.name])
  }

  private func write(_ model: any Layer, input: Shape, name: String, metadata: [String: String]) throws {
    let count = try fixedBatch
    let options = ONNXOptions(
      foldsBatchNorms: fold, batch: count == nil ? .dynamic : .fixed, name: name, metadata: metadata)
    try model.exportONNX(input: Shape([count ?? 1] + input), to: output, options: options)
  }

  /// `nil` for any number.
  private var fixedBatch: Int? {
    get throws {
      if batch == "dynamic" { return nil }
      guard let count = Int(batch), (1...65536).contains(count) else {
        throw ValidationError("--batch is \(batch), expected dynamic or 1 to 65536")
      }
      return count
    }
  }

  /// `224x224x3`
  private static func shape(_ text: String) throws -> Shape {
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard sizes.count == 3, sizes.allSatisfy({ $0.map { (1...65536).contains($0) } ?? false }) else {
      throw ValidationError("--input is \(text), expected height, width and channels, as 224x224x3")
    }
    return Shape(sizes.map { $0! })
  }
}
