/// A model and an input that do not fit: found by `plan`, before any training starts.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model, `layer1.0.conv1`; empty where the operation belongs to no layer.
  public var path: String
  /// The operation: `Conv2D`.
  package var operation: String
  /// What is wrong: what was expected and what came.
  package var problem: String

  package init(path: String, operation: String, problem: String) {
    self.path = path
    self.operation = operation
    self.problem = problem
  }

  /// One line, `PATH: OPERATION PROBLEM`, without the path if it is empty.
  public var description: String { (path.isEmpty ? "" : path + ": ") + operation + " " + problem }
}

/// A shape that does not fit: while a plan is made the error is kept and a poisoned tensor goes on in the result's place;
/// else the program is wrong and stops here, with the same text. Layers that nothing has named yet are named first.
package func shapeFailure(_ operation: StaticString, _ problem: String, input: Tensor) -> Tensor {
  if let scope = Scope.current, scope.planner == nil, scope.isInUnnamedLayers { scope.nameLayers() }
  return fail(PlanError(path: Scope.current?.path ?? "", operation: "\(operation)", problem: problem), input)
}

/// The same of a layer with parameters, whose path they know. If nothing has named them yet and the program is about to stop, they are
/// named first; where no model is known that they could belong to, the text says how to find it.
package func shapeFailure(
  _ operation: StaticString, _ problem: String, path: @autoclosure () -> String?, input: Tensor
) -> Tensor {
  let scope = Scope.current
  var found = path()
  if found == nil, scope?.planner == nil {
    scope?.nameLayers()
    found = path()
  }
  let place = found ?? scope?.path
  let hint = place == nil && scope?.planner == nil ? "; try model.plan(input:), which names the layer" : ""
  return fail(PlanError(path: place ?? "", operation: "\(operation)", problem: problem + hint), input)
}

/// What an input of another number of channels is told; one whose channels come first, as PyTorch's do, also what to do.
package func wrongChannels(_ expected: Int, _ input: Shape) -> String {
  let problem = "expects \(expected) channel\(expected == 1 ? "" : "s"), input is \(input)"
  guard input.count == 4, input[1] == expected else { return problem }
  return problem + "; images are [N, H, W, C], and x.transposed([0, 2, 3, 1]) turns [N, C, H, W] into that"
}

private func fail(_ error: PlanError, _ input: Tensor) -> Tensor {
  guard let planner = Scope.current?.planner else { fatalError(error.description) }
  planner.fail(error)
  let poison = Tensor(uninitialized: input.shape, input.scalarType)
  poison.body.trace = PlanTrace(receptiveField: nil, isPoisoned: true)
  return poison
}

extension Tensor {
  /// The result of a shape error earlier in a plan: it makes every result that depends on it poisoned too.
  package var isPoisoned: Bool { body.trace?.isPoisoned ?? false }
}
