/// The operations of a layer on an input of a shape, in inference, found without computing anything.
struct OperationTrace {
  struct Operation {
    let name: String
    let path: String?
    let result: Tensor
  }

  let operations: [Operation]
  let output: Tensor

  /// Throws where the shape does not fit.
  init(_ layer: any Layer, input: Shape) throws {
    let planner = Planner(input: input)
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0), planner: planner)
    var found: [Operation] = []
    // Results are kept, so that each operation has one of its own: none takes another's memory, and none is fused.
    scope.observer = { found.append(Operation(name: "\($0)", path: $1, result: $2)) }
    output = scope.run {
      let output = layer(Tensor(uninitialized: input, .float32))
      _ = output.body.storage
      for operation in found { _ = operation.result.body.storage }
      return output
    }
    scope.observer = nil
    if let error = planner.error { throw error }
    operations = found
  }

  /// The operation whose result the layer gives, perhaps in another shape; `nil` where it is none's.
  var last: Int? { operations.lastIndex { $0.result.body.storage === output.body.storage } }

  /// Whether the operations of `part`, a layer at `path`, are those from `start` on.
  func runs(_ part: OperationTrace, from start: Int, at path: String) -> Bool {
    guard !part.operations.isEmpty, start + part.operations.count <= operations.count else { return false }
    let below = path + "."
    return zip(part.operations, operations[start...]).allSatisfy { own, whole in
      own.name == whole.name && own.result.shape == whole.result.shape
        && own.path.flatMap { $0.hasPrefix(below) ? $0 : nil } == whole.path.flatMap { $0.hasPrefix(below) ? $0 : nil }
    }
  }
}
