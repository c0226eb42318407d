import ApusCore
import ApusLayers

/// The layers of a model that give images, `[N, H, W, C]`, in the order in which they end: found on shapes alone.
package struct ImageLayers {
  package struct Place {
    package let path: String
    /// Of the result, with the batch size.
    package let shape: Shape
    /// Convolutions that had run when it ended.
    fileprivate let convolutions: Int
  }

  /// Those that are called once.
  package private(set) var places: [Place] = []
  /// How many run in all.
  private let convolutions: Int

  /// - Throws: `PlanError` if the input does not fit.
  package init(_ model: some Layer, input: Shape) throws {
    let planner = Planner(inputs: [input])
    let listener = ImageListener()
    let scope = Scope(planning: planner, of: model)
    scope.add(listener)
    scope.run { _ = model(planner.makeInputs()[0]).body.storage }
    if let error = planner.error { throw error }
    let calls = Dictionary(listener.places.map { ($0.path, 1) }, uniquingKeysWith: +)
    places = listener.places.filter { calls[$0.path] == 1 && $0.shape.count == 4 && !$0.path.isEmpty }
    convolutions = listener.convolutions
  }

  /// The last convolution, with the normalization, the sum and the activation behind it if these are layers that give images of its size:
  /// the block's end in a residual network.
  ///
  /// - Throws: `AttributionError` if there is no convolution.
  package func last() throws(AttributionError) -> String {
    let behind = places.filter { $0.convolutions == convolutions }
    guard convolutions > 0, let first = behind.first,
      let last = behind.last(where: { $0.shape[1] == first.shape[1] && $0.shape[2] == first.shape[2] })
    else {
      throw AttributionError("the model has no convolution in a layer of its own: give the path of a layer")
    }
    return last.path
  }
}

/// Notes each layer's result.
private final class ImageListener: OperationListener {
  var places: [ImageLayers.Place] = []
  var convolutions = 0

  func operationRan(_ report: OperationReport, in _: Scope) {
    if case .convolution = report.operation { convolutions += 1 }
  }

  func layerReturned(_ result: Tensor, in scope: Scope) -> Tensor? {
    if let path = scope.path {
      places.append(ImageLayers.Place(path: path, shape: result.shape, convolutions: convolutions))
    }
    return nil
  }
}
