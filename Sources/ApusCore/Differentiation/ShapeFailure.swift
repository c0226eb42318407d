import ApusSupport

/// A shape that does not fit: while a plan is made the error is kept and a poisoned tensor goes on in the result's place; else the
/// program is wrong and stops here, with the same text.
package func shapeFailure(_ operation: StaticString, _ problem: String, input: Tensor) -> Tensor {
  shapeFailure(of: "\(operation)", problem, input: input)
}

/// The same of an operation whose name a file has.
package func shapeFailure(of operation: String, _ problem: String, input: Tensor) -> Tensor {
  let scope = Scope.current
  let error = PlanError(
    path: scope?.path ?? "", operation: operation, problem: problem, owners: scope?.ownLayers ?? [])
  guard let scope, scope.keepsError(error) else { fatalError(error.description) }
  let poison = Tensor(uninitialized: input.shape, input.scalarType)
  poison.body.mark = TensorMark(isPoisoned: true)
  return poison
}

/// What an input of another number of channels is told; one whose channels come first, as PyTorch's do, also what to do.
package func wrongChannels(_ expected: Int, _ input: Shape) -> String {
  let problem = "expects \(expected) channel\(expected == 1 ? "" : "s"), input is \(input)"
  guard input.count == 4, input[1] == expected else { return problem }
  return problem + "; images are [N, H, W, C], and x.transposed([0, 2, 3, 1]) turns [N, C, H, W] into that"
}
