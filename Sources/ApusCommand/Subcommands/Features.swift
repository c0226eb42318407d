import Apus
import ApusVision
import ArgumentParser

/// `apus features`: extracts one layer's output for a set of images.
struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Extract one layer's output for a set of images.",
    discussion: """
      apus features runs/cifar --at stage3 --images a.png b.png --output features.npy
      apus features resnet18 --weights resnet18.safetensors --at layer4 --input images.npy --output features.npy
      """)

  @Argument(help: "A run, or its model.safetensors; with --weights, the name of a network.", completion: .file())
  var network: String

  @Option(help: "Path of the layer: layer4, layer4.1.conv2, features.10.")
  var at: String

  @Option(help: "Weights for the network: a safetensors, npz or PyTorch file, or a run.", completion: .file())
  var weights: String?

  @OptionGroup var names: NameOptions

  @Option(
    help: "A .npy file [N, H, W, C]: bytes, which are normalized as the training data were, or normalized float32.",
    completion: .file())
  var input: String?

  @Option(parsing: .upToNextOption, help: "Image files, or folders of them.", completion: .file())
  var images: [String] = []

  @Option(name: [.long, .short], help: "The .npy file to write the features to, float32 [N, …].", completion: .file())
  var output: String

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  private struct Result: Encodable {
    /// The layer's path, and the file that was written.
    var network, at, output: String
    /// Shapes: of the images, and of what was written.
    var images, features: [Int]
    var notes: [String]
  }

  /// Images per pass.
  private static let batchSize = 32

  func validate() throws {
    if names.prefix != nil && weights == nil { throw ValidationError("--prefix requires --weights") }
    if (input == nil) == images.isEmpty { throw ValidationError("give either --input FILE.npy or --images FILE…") }
  }

  func run() throws {
    let file = try weights.map { try names.read($0) }
    let source = try NetworkSource(network, weights: file, batch: input.map { try Npy.read($0) })
    let batch = try input.map { try normalized(Npy.read($0), source, $0) } ?? read(images, source)
    let extractor = try FeatureExtractor(source.model, at: at, input: Shape(batch.shape.dropFirst()))
    let parts = stride(from: 0, to: batch.shape[0], by: Features.batchSize).map { first in
      extractor(batch.slice(axis: 0, range: first..<min(first + Features.batchSize, batch.shape[0])))
    }
    let features = Tensor.concatenated(parts, axis: 0)
    try Npy.write(features, to: output)
    if form.json {
      return Terminal.printLine(
        try JSONText.of(
          Result(
            network: network, at: at, output: output, images: Array(batch.shape), features: Array(features.shape),
            notes: source.notes)))
    }
    Terminal.printLine("\(network) at \(at): \(batch.shape) to \(features.shape) in \(output)")
    for note in source.notes { Terminal.printLine(note) }
  }

  private func normalized(_ batch: Tensor, _ source: NetworkSource, _ file: String) throws -> Tensor {
    if batch.rank != 4 || batch.elementCount == 0 {
      throw FileError(file, found: "shape \(batch.shape)", expected: "a batch of images, [N, H, W, C]")
    }
    switch batch.scalarType {
    case .uint8 where batch.shape[3] == source.normalization.channels: return source.normalization(batch)
    case .uint8:
      throw FileError(
        file, found: "\(batch.shape[3]) channels", expected: "\(source.normalization.channels), as the network takes")
    case .float32, .float64: return batch.cast(to: .float32)
    default: throw FileError(file, found: batch.scalarType.rawValue, expected: "uint8, float32 or float64")
    }
  }

  private func read(_ files: [String], _ source: NetworkSource) throws -> Tensor {
    let pictures = try PictureFiles(files, source.reading)
    for note in pictures.notes { Terminal.printError("note: \(note)") }
    let parts = try pictures.paths.map { try source.normalization(source.read($0)) }
    return Tensor.concatenated(parts, axis: 0)
  }
}
