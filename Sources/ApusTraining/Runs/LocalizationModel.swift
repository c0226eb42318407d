import ApusCore
import ApusData
import ApusInterchange
import ApusLayers
import ApusNetworks
import ApusSupport

/// A network that finds the class and the box of an object from a file, with all that is needed to use it: `model.safetensors` of a run of
/// scenes of one image each.
package struct LocalizationModel {
  /// Gives `[N, classes + 4]`.
  package let model: any Layer
  /// The images' `[H, W, 1]`.
  package let input: Shape
  /// The classes' names, in the order of the network's scores.
  package let classNames: [String]
  private let normalization: Normalization

  private struct Header: Codable {
    var network: String
    var input: [Int]
    var classNames: [String]
    var mean: [Float]
    var deviation: [Float]
  }

  /// What the file of a run's model says of it.
  static func metadata(network: String, input: Shape, classNames: [String]) -> [String: String] {
    let normalization = ComposedScenes.normalization
    let header = Header(
      network: network, input: Array(input), classNames: classNames, mean: normalization.mean,
      deviation: normalization.deviation)
    return ModelDescription.metadata(header, under: MetadataKey.localization)
  }

  /// Reads a model; `nil` for a file of another kind.
  ///
  /// - Throws: `FileError` if the file is damaged, `NetworkError` or `CheckpointError` if its tensors do not fit the network that it
  ///   names.
  package static func readIfLocalization(_ path: String) throws -> LocalizationModel? {
    guard let file = try ModelDescription<Header>(of: path, under: MetadataKey.localization) else { return nil }
    let (header, part) = (file.header, file.part)
    guard !header.classNames.isEmpty, header.input.count == 3, header.input.allSatisfy({ (1...1 << 20).contains($0) }),
      header.mean.count == header.input[2], header.deviation.count == header.input[2],
      header.mean.allSatisfy(\.isFinite), header.deviation.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw FileError(
        path, part: part, found: "input \(header.input) with \(header.mean.count) means",
        expected: "a size [H, W, C], classes, and a mean and a deviation above 0 per channel")
    }
    try NetworkCatalogue.check(header.network, namedIn: path, part: part)
    let model = try NetworkCatalogue.localizer(
      header.network, input: Shape(header.input), classes: header.classNames.count, seed: 0)
    try model.load(file.tensors, from: path)
    return LocalizationModel(
      model: model, input: Shape(header.input), classNames: header.classNames,
      normalization: Normalization(mean: header.mean, deviation: header.deviation))
  }

  /// The classes with their probabilities, the most probable first, and the box.
  ///
  /// - Parameters:
  ///   - image: uint8 `[1, H, W, 1]` of the model's input shape.
  ///   - source: names the image in errors.
  package func predict(
    _ image: Tensor, from source: String
  ) throws -> (classes: [(name: String, probability: Double)], box: BoxShares) {
    if image.shape != Shape([1] + input) {
      throw DataError(
        source, found: "an image of shape \(image.shape)",
        expected: "\(Shape([1] + input)), which the model was made for")
    }
    let outputs = withPhase(.inference, of: model) { model(normalization(image)) }
    let scores = softmax(outputs.slice(axis: 1, range: 0..<classNames.count)).array(of: Float.self)
    let classes = zip(classNames, scores).map { (name: $0, probability: Double($1)) }
      .sorted { $0.probability > $1.probability }
    return (classes, BoxShares(outputs.array(of: Float.self).suffix(BoxShares.count)))
  }
}
