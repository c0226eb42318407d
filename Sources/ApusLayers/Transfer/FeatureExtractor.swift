import ApusCore

/// What a layer inside a model gives for an input of the model, in inference.
///
/// ```swift
/// let features = try FeatureExtractor(model, at: "layer4", input: [224, 224, 3])
/// let maps = features(batch.images)                     // [N, 7, 7, 512] of ResNet-18
/// ```
/// The path is that of any layer: of a property, an element of a `Sequential`, at any depth. Nothing is asked of the layers. The model
/// is planned, and the layer by itself; where its operations lie among the model's tells which result is the layer's. The whole
/// model is run, so features from its end cost nothing beside it.
public struct FeatureExtractor {
  /// Run as a whole by every call.
  package let model: any Layer
  /// Path of the layer.
  package let path: String
  /// The shape of the features of one sample.
  public let outputShape: Shape
  private let layer: any Layer
  /// For one sample of `input`.
  private let input: Shape
  private let place: Place

  private struct Place {
    let operation: Int
    let name: String
    var shape: Shape
  }

  /// - Parameter input: the shape of one sample, `[H, W, C]`.
  /// - Throws: `PathError` if there is no such layer, or it runs no operation of its own; `PlanError` if the input does not fit.
  public init(_ model: any Layer, at path: String, input: Shape) throws {
    let layers = ModelWalk(model, listsLayers: true).layers
    guard let found = layers.first(where: { $0.path == path }) else {
      let known = layers.map(\.path).filter { !$0.isEmpty }
      throw PathError(
        path, problem: "is not one of the model's \(known.count) layers",
        nearest: PathError.nearest(to: path, in: known.map { ($0, $0) }))
    }
    self.model = model
    self.path = path
    layer = found.layer
    self.input = input
    place = try FeatureExtractor.place(of: found.layer, at: path, in: model, Shape([1] + input))
    outputShape = Shape(place.shape.dropFirst())
  }

  /// [N, …] of the model's input → [N, …] of `outputShape`.
  ///
  /// Traps if the input does not fit the model, as the model does.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    _ = model.parameters  // another model with the same layers may have named them otherwise
    let place = place(for: x.shape)
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    var count = 0
    var features: Tensor?
    scope.observer = { [path] name, _, result in
      if count == place.operation {
        if "\(name)" != place.name || result.shape.elementCount != place.shape.elementCount {
          fatalError("FeatureExtractor at \(path): the model runs \(name) where its plan has \(place.name)")
        }
        _ = result.body.storage
        features = result
      }
      count += 1
    }
    let output = scope.run { () -> Tensor in
      let output = model(x.detached())
      _ = output.body.storage
      return output
    }
    scope.observer = nil
    guard let features else {
      fatalError("FeatureExtractor at \(path): the model ran \(count) operations for \(output.shape)")
    }
    return features.reshaped(place.shape)
  }

  /// Samples of the size asked for at first need no other plan, however many they are.
  private func place(for shape: Shape) -> Place {
    if shape.count == input.count + 1, Shape(shape.dropFirst()) == input, place.shape.first == 1 {
      var place = place
      place.shape[0] = shape[0]
      return place
    }
    do {
      return try FeatureExtractor.place(of: layer, at: path, in: model, shape)
    } catch {
      fatalError("FeatureExtractor at \(path): \(error)")
    }
  }

  /// Which of the model's operations has the layer's result.
  private static func place(of layer: any Layer, at path: String, in model: any Layer, _ input: Shape) throws -> Place {
    let whole = try OperationTrace(model, input: input)
    if path.isEmpty { return try result(of: whole, from: 0, at: path) }
    let isInside = { (other: String?) in other.map { $0 == path || $0.hasPrefix(path + ".") } ?? false }
    let anchor = whole.operations.firstIndex { isInside($0.path) }
    // With an operation that names the layer the start is there or, where the layer begins with some that name none, before it.
    var found: [(start: Int, part: OperationTrace)] = []
    for start in (0...(anchor ?? whole.operations.count - 1)).reversed() {
      if anchor != nil && !found.isEmpty { break }
      var tried: Set<Shape> = []
      let before = whole.operations[..<start].reversed().map(\.result.shape) + [input]
      for shape in before where tried.insert(shape).inserted {
        // A shape that the layer refuses is not its input.
        guard let part = try? OperationTrace(layer, input: shape), whole.runs(part, from: start, at: path) else {
          continue
        }
        found.append((start, part))
        break
      }
    }
    guard let first = found.first else {
      throw PathError(path, problem: "runs no operation in inference that could be told from the others")
    }
    if anchor == nil && found.count > 1 {
      throw PathError(
        path, problem: "has no parameters, and its operations run at \(found.count) places of the model")
    }
    return try result(of: first.part, from: first.start, at: path)
  }

  private static func result(of trace: OperationTrace, from start: Int, at path: String) throws(PathError) -> Place {
    guard let last = trace.last else {
      throw PathError(path, problem: "gives a result that none of its operations made")
    }
    return Place(operation: start + last, name: trace.operations[last].name, shape: trace.output.shape)
  }
}

/// As `FeatureExtractor` for one batch.
public func features(of model: any Layer, at path: String, _ x: Tensor) throws -> Tensor {
  try FeatureExtractor(model, at: path, input: Shape(x.shape.dropFirst()))(x)
}
