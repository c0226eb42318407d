import ApusCore
import ApusData
import ApusLayers
import ApusNetworks
import ApusSupport

extension Trainer {
  /// A trainer of a network with two heads, on scenes of one image each: its class and its box.
  ///
  /// - Parameter model: gives `[N, classes + 4]`; see `NetworkCatalogue.localizer`.
  convenience init(locating model: any Layer, scenes: TrainingData, classes: Int, settings: TrainingSettings) throws {
    try settings.validate()
    if settings.classWeights == .balanced {
      throw SettingsError(
        description: "the class weights are balanced, expected numbers: scenes are composed anew in every epoch")
    }
    let ofClass = try LossCatalogue.loss(settings, labels: [], classes: classes)
    try self.init(
      model, scenes, .localization(classes: classes, ofClass: ofClass), LocalizationMetrics(classes: classes), settings)
  }
}

extension NetworkCatalogue {
  /// A classifier whose last linear layer is two heads on the same features: the classes' scores and the four numbers of a box. Both
  /// are one matrix, `[features, classes + 4]`, with the classes first.
  ///
  /// - Throws: `NetworkError` for a network whose last layer is not linear: one with scores for every pixel, with auxiliary heads, or
  ///   with a convolution in the end.
  package static func localizer(
    _ name: String, input: Shape, classes: Int, seed: UInt64
  ) throws(NetworkError) -> any Layer {
    func refusal(_ found: String) -> NetworkError {
      NetworkError(
        description:
          "\(name) \(found): a box is found by networks that end in one linear layer, as lenet5 and resnet20 do")
    }
    if try entry(name).isDense { throw refusal("gives scores for every pixel") }
    let outline = try outline(name, input: input, classes: classes + BoxShares.count)
    if outline is any AuxiliaryClassifying { throw refusal("has auxiliary heads") }
    let head = Set(try headPaths(of: name, input: input))
    let shapes = outline.parameters.filter { head.contains($0.path) }.map(\.parameter.shape)
    // A weight and a bias, or a weight alone.
    let isLinear =
      shapes.count { $0.count == 2 } == 1 && shapes.allSatisfy { $0.count <= 2 && $0.last == classes + BoxShares.count }
    if !isLinear { throw refusal("ends in another way") }
    return try make(name, input: input, classes: classes + BoxShares.count, seed: seed)
  }
}
