import Apus
import ApusVision
import ArgumentParser

/// `apus features`: what a layer inside a network gives for images.
struct Features: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what a layer inside a network gives for images.",
    discussion: """
      apus features runs/cifar --at stage3 --images a.png b.png --output features.npy
      apus features resnet18 --weights resnet18.safetensors --at layer4 --input images.npy --output features.npy
      """)

  @Argument(help: "The folder of a run, or with --weights the name of a network.")
  var network: String

  @Option(help: "The path of the layer: layer4, layer4.1.conv2, features.10.")
  var at: String

  @Option(help: "A file of weights for the network: safetensors, npz or PyTorch's, or a run.", completion: .file())
  var weights: String?

  @OptionGroup var names: PrefixOption

  @Option(
    help:
      "A .npy file [N, H, W, C]: bytes, which are normalised as the training data were, or float32 that already is.",
    completion: .file())
  var input: String?

  @Option(parsing: .upToNextOption, help: "Image files.", completion: .file())
  var images: [String] = []

  @Option(help: "A .npy file for the features, float32 [N, …].", completion: .file())
  var output: String

  @Option(help: "Threads.")
  var threads: Int?

  /// Images a pass.
  private static let batchSize = 32

  func validate() throws {
    if names.prefix != nil && weights == nil { throw ValidationError("--prefix is about --weights, which is missing") }
    if (input == nil) == images.isEmpty { throw ValidationError("one of --input and --images is needed") }
  }

  func run() throws {
    if let threads { Runtime.threadCount = threads }
    let file = try weights.map { try WeightsFile.read($0, prefix: names.prefix) }
    let source = try Source(network, weights: file, batch: input.map { try Npy.read($0) })
    let batch = try input.map { try normalized(Npy.read($0), source, $0) } ?? read(images, source)
    let extractor = try FeatureExtractor(source.model, at: at, input: Shape(batch.shape.dropFirst()))
    let parts = stride(from: 0, to: batch.shape[0], by: Features.batchSize).map { first in
      extractor(batch.slice(axis: 0, range: first..<min(first + Features.batchSize, batch.shape[0])))
    }
    let features = Tensor.concatenated(parts, axis: 0)
    try Npy.write(features, to: output)
    Terminal.printLine("\(network) at \(at): \(batch.shape) to \(features.shape) in \(output)")
    for note in source.notes { Terminal.printLine(note) }
  }

  private func normalized(_ batch: Tensor, _ source: Source, _ file: String) throws -> Tensor {
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

  private func read(_ files: [String], _ source: Source) throws -> Tensor {
    let parts = try files.map { try source.normalization(source.read($0)) }
    return Tensor.concatenated(parts, axis: 0)
  }

  /// A network with its weights, and what its images are made like.
  private struct Source {
    let model: any Layer
    let normalization: Normalization
    /// Brings an image file to the network's input, uint8 [1, H, W, C].
    let read: (_ file: String) throws -> Tensor
    /// What is to be known of how the weights were read.
    let notes: [String]

    init(_ network: String, weights: WeightsFile?, batch: Tensor?) throws {
      guard let weights else {
        let trained = try TrainedModel.read(RunFiles(network).model)
        model = trained.model
        normalization = trained.normalization
        read = { try Image(contentsOf: $0, reading: trained.reading).prepared(for: trained, file: $0) }
        notes = []
        return
      }
      let usual = try NetworkCatalogue.usualInput(of: network)
      let input = batch.flatMap { $0.rank == 4 ? Shape($0.shape.dropFirst()) : nil } ?? usual
      let (model, receipt) = try NetworkCatalogue.make(network, weights: weights, input: Shape([1] + input))
      self.model = model
      notes = receipt.notes
      normalization = .imageNet
      let options = ImageFolder.Options(input: usual)
      read = { Tensor(try Image.reader($0, options), shape: Shape([1] + usual)) }
    }
  }
}
