import ApusCore
import ApusLayers

/// What a network's last linear layer classifies.
package enum LastFeatures {
  /// The path of the layer that gives it, the last one to return before the last linear layer runs: `avgpool` of ResNets.
  ///
  /// - Parameter input: with the batch size.
  /// - Throws: `PlanError` if the input does not fit; `AttributionError` if no layer comes before a linear one.
  package static func path(of model: some Layer, input: Shape) throws -> String {
    let planner = Planner(inputs: [input])
    let listener = LinearListener()
    let scope = Scope(planning: planner, of: model)
    scope.add(listener)
    scope.run { _ = model(planner.makeInputs()[0]).body.storage }
    if let error = planner.error { throw error }
    guard let path = listener.before else {
      throw AttributionError("the network has no linear layer behind another layer: give the path of a layer")
    }
    return path
  }
}

/// Notes which layer had returned when a linear layer ran.
private final class LinearListener: OperationListener {
  private var returned: String?
  private(set) var before: String?

  func operationRan(_ report: OperationReport, in _: Scope) {
    if case .linear = report.operation { before = returned }
  }

  func layerReturned(_: Tensor, in scope: Scope) -> Tensor? {
    returned = scope.path ?? returned
    return nil
  }
}
