import ApusCore
import ApusData
import ApusInterchange
import ApusNetworks
import ApusSupport

/// A model from a file, with all that is needed to use it: `model.safetensors` of a run.
///
/// The file holds the parameters and buffers, and in its metadata under `apus.model` what is below as JSON. It holds no time, path,
/// number of threads or version: the same training gives the same bytes.
public struct TrainedModel {
  /// The network with the file's parameters and buffers.
  public let model: any Layer
  /// A name of `NetworkCatalogue`, or one that was registered there.
  package let network: String
  /// An image's `[H, W, C]`.
  public let input: Shape
  /// The classes' names, in the order of the network's scores.
  public let classNames: [String]
  /// Of the training data. What is done to whole images besides, such as whitening, is the network's first layer.
  public let normalization: Normalization
  /// The part of an image file that the model was trained on, see `ImageFolder.Options`; `nil` if its data were not files.
  package let crop: Double?
  /// How image files become pixels, as those of the training data did.
  public let reading: ImageReading

  /// A model that was read by other means, with what is needed to use it.
  package init(
    model: any Layer, network: String, input: Shape, classNames: [String], normalization: Normalization, crop: Double?,
    reading: ImageReading
  ) {
    self.model = model
    self.network = network
    self.input = input
    self.classNames = classNames
    self.normalization = normalization
    self.crop = crop
    self.reading = reading
  }

  private struct Header: Codable {
    var network: String
    var input: [Int]
    var classNames: [String]
    var mean: [Float]
    var deviation: [Float]
    var crop: Double?
    var reading: ImageReading?
    var imageMap: ImageMap?
  }

  static let key = MetadataKey.model

  /// Reads a model; throws where the file is damaged or does not fit the network that it names.
  public static func read(_ path: String) throws -> TrainedModel {
    let bytes = try File.contents(of: path)
    switch try? WeightsFormat(bytes, file: path) {
    case .safetensors?, nil: break
    default: throw weightsAlone(path)
    }
    let file = try Safetensors.decode(bytes, file: path)
    let header = try header(of: file, path)
    try NetworkCatalogue.check(header.network, namedIn: path, part: "metadata \(key)")
    var model = try NetworkCatalogue.make(
      header.network, input: Shape(header.input), classes: header.classNames.count, seed: 0)
    if let map = header.imageMap { model = model.mapped(by: try map.layer(for: Shape(header.input), source: path)) }
    try model.load(file.tensors, from: path)
    return TrainedModel(
      model: model, network: header.network, input: Shape(header.input), classNames: header.classNames,
      normalization: Normalization(mean: header.mean, deviation: header.deviation), crop: header.crop,
      // A model of other data has nothing recorded; one of image files that has not is from before.
      reading: header.reading ?? (header.crop == nil ? ImageReading() : .before))
  }

  /// What a model was trained on.
  struct Origin {
    let classNames: [String]
    let normalization: Normalization
    let imageMap: ImageMap?
  }

  /// The origin of a run's model; `nil` for the bytes of other weights. `path` is named in errors.
  static func origin(in bytes: [UInt8], _ path: String) throws -> Origin? {
    guard case .safetensors = try WeightsFormat(bytes, file: path) else { return nil }
    let file = try Safetensors.decodeReadable(bytes, file: path).content
    if file.metadata[key] == nil { return nil }
    let header = try header(of: file, path)
    return Origin(
      classNames: header.classNames, normalization: Normalization(mean: header.mean, deviation: header.deviation),
      imageMap: header.imageMap)
  }

  /// A file of weights in a place where a run's model is wanted.
  private static func weightsAlone(_ path: String) -> FileError {
    FileError(
      path, found: "weights that do not say which network they are of",
      expected: """
        a run of apus train, or its model.safetensors; weights of a network of apus zoo are run by apus forward NETWORK --weights FILE, \
        those of a network of your own in its program, by model.load("FILE")
        """)
  }

  private static func header(of file: SafetensorsFile, _ path: String) throws -> Header {
    guard let description = try ModelDescription<Header>(in: file, of: path, under: key) else {
      let other = [MetadataKey.segmentation: "classes for pixels", MetadataKey.localization: "boxes"]
      guard let found = other.first(where: { file.metadata[$0.key] != nil }) else { throw weightsAlone(path) }
      throw FileError(
        path, found: "a network that finds \(found.value)",
        expected: "a classifier of images; apus evaluate and apus predict take the other ones")
    }
    let header = description.header
    guard header.input.count == 3, header.input.allSatisfy({ (1...1 << 20).contains($0) }), !header.classNames.isEmpty,
      header.mean.count == header.input[2], header.deviation.count == header.input[2],
      header.deviation.allSatisfy({ $0 > 0 && $0.isFinite }), header.mean.allSatisfy(\.isFinite),
      header.crop.map({ ImageFolder.Options.crops.contains($0) }) ?? true
    else {
      throw FileError(
        path, part: description.part, found: "input \(header.input) with \(header.mean.count) means",
        expected: "a size [H, W, C], classes, and a mean and a deviation above 0 per channel")
    }
    return header
  }

  /// What the file of a run's model says of it.
  static func metadata(_ data: DataSplits, network: String, images: ImageFolder.Options?, map: ImageMap?)
    -> [String: String]
  {
    let header = Header(
      network: network, input: Array(data.imageShape), classNames: data.classNames, mean: data.normalization.mean,
      deviation: data.normalization.deviation, crop: images?.crop, reading: images?.reading, imageMap: map)
    return ModelDescription.metadata(header, under: key)
  }

  /// Measures it on a split, whose images are normalized as the training data were.
  ///
  /// - Parameter loss: what is measured beside the accuracy.
  /// - Throws: `DataError` if there is no sample, or images or classes are others than the model's.
  public func evaluated(
    on split: DataSplit, loss: Loss = .crossEntropy()
  ) throws -> Evaluation<ClassificationMetrics> {
    let split = try normalized(split)
    return evaluate(
      model, on: split.batches(of: TrainingData.usualEvaluationBatchSize), loss: loss, metrics: ClassificationMetrics())
  }

  /// The split with the training data's normalization; throws as `evaluated`.
  func normalized(_ split: DataSplit) throws -> DataSplit {
    if split.count == 0 {
      throw DataError(split.dataset.source, found: "no images to measure with", expected: "at least one")
    }
    let shape: Shape = [split.dataset.height, split.dataset.width, split.dataset.channels]
    if shape != input {
      throw DataError(
        split.dataset.source, found: "images of shape \(shape)", expected: "\(input), which the model was made for")
    }
    if split.dataset.classNames.count != classNames.count {
      throw DataError(
        split.dataset.source, found: "\(split.dataset.classNames.count) classes",
        expected: "\(classNames.count), as the model has")
    }
    if let place = classNames.indices.first(where: { classNames[$0] != split.dataset.classNames[$0] }) {
      throw DataError(
        split.dataset.source, found: "class \(place) \"\(split.dataset.classNames[place])\"",
        expected: "\"\(classNames[place])\", as the model has")
    }
    return DataSplit(split.dataset, indices: split.indices, normalization: normalization)
  }

  /// Classes with their probabilities, the most probable first: a `predictor` for one image.
  ///
  /// - Parameters:
  ///   - image: uint8 `[1, H, W, C]` of the model's input shape.
  ///   - source: names the image in errors.
  public func predict(_ image: Tensor, from source: String) throws -> [(className: String, probability: Double)] {
    try predictor().predict(image, from: source)
  }
}
