import ApusCore
import ApusData
import ApusInterchange
import ApusNetworks
import ApusSupport

/// A network with scores for every pixel from a file, with all that is needed to use it: `model.safetensors` of a run of scenes.
public struct SegmentationModel {
  /// The network with the file's parameters and buffers.
  public let model: any Layer
  /// The background, then the data set's classes, in the order of the network's scores.
  public let classNames: [String]
  /// Of the scenes.
  public let normalization: Normalization

  private struct Header: Codable {
    var network: String
    var classNames: [String]
    var mean: [Float]
    var deviation: [Float]
  }

  /// The file's name of a network; the catalogue's has a dot.
  private static func fileName(_ network: String) -> String { network.replacing(".", with: "-") }

  /// What the file of a run's model says of it.
  static func metadata(network: String, classNames: [String]) -> [String: String] {
    let normalization = ComposedScenes.normalization
    let header = Header(
      network: fileName(network), classNames: classNames, mean: normalization.mean, deviation: normalization.deviation)
    return ModelDescription.metadata(header, under: MetadataKey.segmentation)
  }

  /// Reads a model.
  ///
  /// - Throws: `FileError` if the file is damaged, is of another kind or names no network of the catalogue, `CheckpointError` if its
  ///   tensors do not fit the network.
  public static func read(_ path: String) throws -> SegmentationModel {
    guard let model = try readIfSegmentation(path) else {
      throw FileError(
        path, part: "metadata", found: "no \(MetadataKey.segmentation)", expected: "the model of a run of scenes")
    }
    return model
  }

  /// `nil` for a file of another kind.
  package static func readIfSegmentation(_ path: String) throws -> SegmentationModel? {
    guard let file = try ModelDescription<Header>(of: path, under: MetadataKey.segmentation) else { return nil }
    let (header, part) = (file.header, file.part)
    guard !header.classNames.isEmpty, header.mean.count == 1, header.deviation.count == 1, header.mean[0].isFinite,
      header.deviation[0] > 0, header.deviation[0].isFinite
    else {
      throw FileError(
        path, part: part, found: "\(header.mean.count) means for \(header.classNames.count) classes",
        expected: "classes, a mean, and a deviation above 0")
    }
    guard
      let network = NetworkCatalogue.names.first(where: { fileName($0) == header.network }),
      try NetworkCatalogue.entry(network).isDense
    else {
      throw FileError(
        path, part: part, found: "the network \(header.network)",
        expected: "one of the catalogue with scores for every pixel")
    }
    let model = try NetworkCatalogue.make(
      network, input: [64, 64, 1], classes: header.classNames.count, seed: 0)
    try model.load(file.tensors, from: path)
    return SegmentationModel(
      model: model, classNames: header.classNames,
      normalization: Normalization(mean: header.mean, deviation: header.deviation))
  }

  /// The class of each pixel, int32 `[H, W]`, by its place in `classNames`.
  ///
  /// - Parameter image: uint8 `[H, W, 1]`, of any size that the network takes.
  /// - Throws: `PlanError` if it does not take the size.
  public func prediction(for image: Tensor) throws -> Tensor {
    let input = Shape([1] + image.shape)
    _ = try model.plan(input: input)
    return SegmentationModel.prediction(of: model, for: normalization(image.reshaped(input)))
  }

  /// - Parameter input: float32 `[1, H, W, 1]`, normalized.
  static func prediction(of model: some Layer, for input: Tensor) -> Tensor {
    withPhase(.inference, of: model) { model(input) }.argmax()[0]
  }
}
