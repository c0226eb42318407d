import ApusCore

/// What a layer inside a model gives for an input of the model, in inference.
///
/// ```swift
/// let features = try FeatureExtractor(model, at: "layer4", input: [224, 224, 3])
/// let maps = features(batch.images)                     // [N, 7, 7, 512] of ResNet-18
/// ```
/// The path is that of any layer: of a property, an element of a `Sequential`, at any depth. Nothing is asked of the layers but that
/// they are called, `layer(x)`. One that is called several times gives its first result. The whole model is run, so features from its
/// end cost nothing beside it.
public struct FeatureExtractor {
  /// Run as a whole by every call.
  package let model: any Layer
  /// Path of the layer.
  package let path: String
  /// The shape of the features of one sample.
  public let outputShape: Shape

  /// - Parameter input: the shape of one sample, `[H, W, C]`.
  /// - Throws: `PathError` where there is no such layer, or the model does not call it in inference; `PlanError` where the input does
  ///   not fit.
  public init(_ model: any Layer, at path: String, input: Shape) throws {
    let layers = ModelWalk(model, listsLayers: true).layers
    guard layers.contains(where: { $0.path == path }) else {
      let known = layers.map(\.path).filter { !$0.isEmpty }
      throw PathError(
        path, problem: "is not one of the model's \(known.count) layers",
        nearest: PathError.nearest(to: path, in: known.map { ($0, $0) }))
    }
    self.model = model
    self.path = path
    let planner = Planner(input: Shape([1] + input))
    let scope = Scope(planning: planner, of: model)
    let features = FeatureExtractor.result(at: path, of: model, in: scope) { planner.makeInput() }
    if let error = planner.error { throw error }
    guard let features else {
      throw PathError(path, problem: "is a layer that the model does not call in inference")
    }
    outputShape = Shape(features.shape.dropFirst())
  }

  /// [N, …] of the model's input → [N, …] of `outputShape`.
  ///
  /// Traps if the input does not fit the model, as the model does.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.model = model
    guard let features = FeatureExtractor.result(at: path, of: model, in: scope, { x.detached() }) else {
      fatalError("FeatureExtractor at \(path): for an input of \(x.shape) the model does not call the layer")
    }
    return features
  }

  private static func result(
    at path: String, of model: any Layer, in scope: Scope, _ makeInput: () -> Tensor
  ) -> Tensor? {
    let catcher = ResultCatcher(path)
    scope.add(catcher)
    scope.run { _ = model(makeInput()).body.storage }
    return catcher.result
  }
}

/// Keeps the first result of the layer at a path. As it is held from then on, nothing writes over it.
private final class ResultCatcher: OperationListener {
  private let path: String
  private(set) var result: Tensor?

  init(_ path: String) { self.path = path }

  func layerReturned(_ result: Tensor, in scope: Scope) {
    if self.result == nil, scope.path == path { self.result = result }
  }
}

/// As `FeatureExtractor` for one batch.
public func features(of model: any Layer, at path: String, _ x: Tensor) throws -> Tensor {
  try FeatureExtractor(model, at: path, input: Shape(x.shape.dropFirst()))(x)
}
