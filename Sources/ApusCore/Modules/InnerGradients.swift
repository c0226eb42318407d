/// A value with its gradients with respect to inputs, parameters and what layers inside a model gave.
public struct InnerGradients {
  /// What the gradients are of: one number.
  public let value: Tensor
  /// One per input, of its shape: zeros where the value does not depend on it.
  public let inputs: [Tensor]
  /// Of the trainable parameters that were read; empty where they were not asked for.
  public let parameters: Gradients
  /// By path: what the layer there gave, and the value's gradient with respect to it, of the same shape.
  public let places: [String: (value: Tensor, gradient: Tensor)]

  /// What was taken by other means.
  package init(
    value: Tensor, inputs: [Tensor], parameters: Gradients = Gradients(),
    places: [String: (value: Tensor, gradient: Tensor)]
  ) {
    (self.value, self.inputs, self.parameters, self.places) = (value, inputs, parameters, places)
  }
}

/// The value of a scalar computation and its gradients with respect to inputs, parameters and values inside a model, in one pass.
///
/// ```swift
/// let taken = try valueWithGradients(of: model, places: ["layer4"], in: .inference) { _ in model(image)[0, 3] }
/// let (maps, gradient) = taken.places["layer4"]!          // what Grad-CAM is made of
/// ```
/// In `.inference` the value has the bits of inference. No state is updated, whatever the phase. Only what is asked for is computed:
/// with `places` alone the backward pass ends there.
///
/// - Parameters:
///   - inputs: what `body` is given; gradients are taken of them.
///   - places: paths of layers. One that is called several times counts with its first result.
///   - parameters: whether gradients are taken of the trainable parameters that are read.
/// - Throws: `PathError` for a place that is no layer of the model, that `body` does not call, or that the value does not depend on;
///   what `body` throws.
public func valueWithGradients(
  of model: some Model, at inputs: [Tensor] = [], places: [String], parameters: Bool = false, in phase: Phase,
  key: RandomKey? = nil, _ body: ([Tensor]) throws -> Tensor
) throws -> InnerGradients {
  let layers = ModelWalk(model, listsLayers: true).layers.map(\.path)
  for place in places where !layers.contains(place) { throw PathError.noLayer(place, of: layers) }
  let tape = Tape()
  let scope = Scope(recording: tape, phase.updating(state: false), key)
  scope.model = model
  scope.recordsParameters = parameters
  let catcher = PlaceCatcher(places, on: tape)
  scope.add(catcher)
  return try scope.run {
    let loss = try body(tape.leaves(inputs))
    let value = scope.beginBackward(from: loss)
    let caught = try places.map { place throws(PathError) in
      guard let tensor = catcher.found[place] else {
        throw PathError(place, problem: "is a layer that the computation does not call")
      }
      return tensor
    }
    var gradients: [Int32: Tensor] = [:]
    for tensor in caught {
      let node = tensor.body.node
      tape.watch(node) { gradients[node] = $0 }
    }
    let taken = tape.gradients(of: loss)
    var found: [String: (value: Tensor, gradient: Tensor)] = [:]
    for (index, place) in places.enumerated() {
      guard let gradient = gradients[caught[index].body.node] else {
        throw PathError(place, problem: "has no gradient: the value does not depend on what the layer gives")
      }
      found[place] = (caught[index].detached(), gradient)
    }
    return InnerGradients(
      value: value, inputs: zip(inputs, taken.inputs).map { $1 ?? .zeros($0.shape, value.scalarType) },
      parameters: taken.parameters, places: found)
  }
}

/// Keeps the first result of the layers at some paths. As they are held from then on, nothing writes over them.
private final class PlaceCatcher: OperationListener {
  private let paths: Set<String>
  private let tape: Tape
  private(set) var found: [String: Tensor] = [:]

  init(_ paths: [String], on tape: Tape) {
    self.paths = Set(paths)
    self.tape = tape
  }

  /// What depends on nothing that is recorded begins the recording.
  func layerReturned(_ result: Tensor, in scope: Scope) -> Tensor? {
    guard case .recording = scope.mode, let path = scope.path, paths.contains(path), found[path] == nil else {
      return nil
    }
    if result.body.node >= 0 {
      found[path] = result
      return nil
    }
    let leaf = tape.innerLeaf(result)
    found[path] = leaf
    return leaf
  }
}
