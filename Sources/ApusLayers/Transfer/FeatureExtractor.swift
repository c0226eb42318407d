import ApusCore
import ApusSupport

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
  private let pass: ForwardPass
  /// Path of the layer.
  package let path: String
  /// The shape of the features of one sample.
  public let outputShape: Shape

  /// - Parameter input: the shape of one sample, `[H, W, C]`.
  /// - Throws: `PathError` if there is no such layer, or the model does not call it in inference; `PlanError` if the input does
  ///   not fit.
  public init(_ model: any Layer, at path: String, input: Shape) throws {
    try self.init(ForwardPass(model, input: Shape([1] + input)), at: path)
  }

  /// Of a network that takes several tensors.
  ///
  /// - Parameter inputs: the shapes of one sample, without the batch size.
  public init(_ network: some Network, at path: String, inputs: [Shape]) throws {
    try self.init(ForwardPass(network, inputs: inputs.map { Shape([1] + $0) }), at: path)
  }

  private init(_ pass: ForwardPass, at path: String) throws {
    let layers = ModelWalk(pass.model, listsLayers: true).layers
    guard layers.contains(where: { $0.path == path }) else {
      throw PathError.noLayer(path, of: layers.map(\.path))
    }
    self.pass = pass
    self.path = path
    let planner = Planner(inputs: pass.inputs)
    let scope = Scope(planning: planner, of: pass.model)
    let features = ResultCatcher.results(at: [path], of: pass, in: scope) { planner.makeInputs() }[path]
    if let error = planner.error { throw error }
    guard let features else {
      throw PathError(path, problem: "is a layer that the model does not call in inference")
    }
    outputShape = Shape(features.shape.dropFirst())
  }

  /// [N, …] of the model's input → [N, …] of `outputShape`.
  ///
  /// Traps if the input does not fit the model, as the model does.
  public func callAsFunction(_ x: Tensor) -> Tensor { self([x]) }

  /// The same of the inputs of a network that takes several.
  public func callAsFunction(_ inputs: [Tensor]) -> Tensor {
    if inputs.count != pass.inputs.count {
      fatalError("FeatureExtractor at \(path): the model takes \(pass.inputs.count) inputs, not \(inputs.count)")
    }
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.model = pass.model
    let results = ResultCatcher.results(at: [path], of: pass, in: scope) { inputs.map { $0.detached() } }
    guard let features = results[path] else {
      let shapes = inputs.map { "\($0.shape)" }.joined(separator: " and ")
      fatalError("FeatureExtractor at \(path): for an input of \(shapes) the model does not call the layer")
    }
    return features
  }
}

/// As `FeatureExtractor` for one batch.
public func features(of model: any Layer, at path: String, _ x: Tensor) throws -> Tensor {
  try FeatureExtractor(model, at: path, input: Shape(x.shape.dropFirst()))(x)
}
