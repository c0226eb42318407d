import Apus
import ApusVision

/// A network with its weights, and what its images are made like: a run, an imported model, or a network of the catalogue with a file.
struct NetworkSource {
  let model: any Layer
  /// An image's `[H, W, C]`.
  let input: Shape
  /// In the order of the scores; `nil` for weights that do not say them.
  let classNames: [String]?
  let normalization: Normalization
  let reading: ImageReading
  /// Brings an image to the network's input, uint8 [1, H, W, C]; `file` is named in errors.
  let prepared: (_ image: Image, _ file: String) throws -> Tensor
  /// What is to be known of how the weights were read.
  let notes: [String]

  /// - Parameter batch: of a file of numbers, which says the input's size where a network takes any.
  init(_ network: String, weights: WeightsFile?, batch: Tensor? = nil) throws {
    guard let weights else {
      let trained = try ModelSource(network).read()
      model = trained.model
      input = trained.input
      classNames = trained.classNames
      normalization = trained.normalization
      reading = trained.reading
      prepared = { try $0.prepared(for: trained, file: $1) }
      notes = []
      return
    }
    let usual = try NetworkCatalogue.usualInput(of: network)
    input = batch.flatMap { $0.rank == 4 ? Shape($0.shape.dropFirst()) : nil } ?? usual
    let (model, receipt) = try NetworkCatalogue.make(network, weights: weights, input: Shape([1] + input))
    self.model = model
    classNames = nil
    reading = ImageReading()
    notes = receipt.notes
    normalization = .imageNet
    let options = ImageFolder.Options(input: usual)
    prepared = { image, file in
      if usual[2] != Normalization.imageNet.channels {
        throw DataError(
          file, found: "an image for \(network), whose weights do not say how gray images were normalized",
          expected: "a run of apus train, whose model says it")
      }
      return try image.prepared(for: options, file: file)
    }
  }

  /// Brings an image file to the network's input, uint8 [1, H, W, C].
  func read(_ file: String) throws -> Tensor { try prepared(Image(contentsOf: file, reading: reading), file) }
}
