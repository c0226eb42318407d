import ApusCore
import ApusData
import ApusLayers

extension Trainer {
  /// A trainer of a network with scores for every pixel, on composed scenes whose soft borders are left out of loss and metrics.
  ///
  /// - Parameter classes: with the background.
  package convenience init(
    model: any Layer, scenes: TrainingData, classes: Int, settings: TrainingSettings
  ) throws {
    try settings.validate()
    if settings.classWeights == .balanced {
      throw SettingsError(
        description:
          "the class weights are balanced, expected numbers: how many pixels of a class there are is not known")
    }
    try self.init(
      model, scenes,
      LossCatalogue.loss(settings, labels: [], classes: classes, ignoring: ComposedScenes.ignored),
      SegmentationMetrics(classes: classes, ignoring: ComposedScenes.ignored), settings)
    let shape = scenes.train.sampleShape
    let expected: Shape = [plan.outputShape[0], shape[0], shape[1], classes]
    if plan.outputShape != expected {
      throw PlanError(
        path: "", operation: "\(type(of: model))",
        problem: "gives \(plan.outputShape), expected \(expected): scores for every pixel of the scenes")
    }
  }
}
