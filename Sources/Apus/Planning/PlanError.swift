/// A model and an input that do not fit: found by `plan`, before any training starts.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model, `layer1.0.conv1`; empty where the operation belongs to no layer.
  public var path: String
  /// The operation: `Conv2D`.
  public var operation: String
  /// What is wrong: what was expected and what came.
  public var problem: String

  public var description: String { (path.isEmpty ? "" : path + ": ") + operation + " " + problem }
}

/// A shape that does not fit: while a plan is made the error is kept and a poisoned tensor goes on in the result's place;
/// else the program is wrong and stops here, with the same text. A layer that nothing has named yet is named first, if what runs is
/// known to belong to a model.
func shapeFailure(
  _ operation: StaticString, _ problem: String, path: @autoclosure () -> String? = nil, input: Tensor
) -> Tensor {
  let scope = Scope.current
  var found = path()
  if found == nil, let scope, scope.planner == nil {
    scope.nameLayers()
    found = path()
  }
  let error = PlanError(path: found ?? scope?.path ?? "", operation: "\(operation)", problem: problem)
  guard let planner = scope?.planner else { fatalError(error.description) }
  planner.fail(error)
  let poison = Tensor(uninitialized: input.shape, input.scalarType)
  poison.body.trace = PlanTrace(receptiveField: nil, isPoisoned: true)
  return poison
}

extension Tensor {
  /// The result of a shape error earlier in a plan: it makes every result that depends on it poisoned too.
  var isPoisoned: Bool { body.trace?.isPoisoned ?? false }
}
