import ApusCore

/// The operations of a layer on an input of a shape, in inference, found without computing anything.
struct OperationTrace {
  struct Operation {
    let name: String
    let path: String?
    let result: Tensor
  }

  let operations: [Operation]
  let output: Tensor

  /// Throws if the shape does not fit.
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

  /// The operation whose result the layer gives, perhaps in another shape; `nil` if it is none's.
  var last: Int? { operations.lastIndex { $0.result.body.storage === output.body.storage } }

  /// Whether the operations of `part`, a layer at `path`, are those from `start` on.
  func runs(_ part: OperationTrace, from start: Int, at path: String) -> Bool {
    guard !part.operations.isEmpty, start + part.operations.count <= operations.count else { return false }
    let inside = { (other: String?) in other.flatMap { $0 == path || $0.hasPrefix(path + ".") ? $0 : nil } }
    return zip(part.operations, operations[start...]).allSatisfy { own, whole in
      guard own.name == whole.name, own.result.shape == whole.result.shape else { return false }
      // An operation without a name has that of the layer where the layer is an element of a Sequential.
      return inside(own.path) == inside(whole.path) || (own.path == nil && whole.path == path)
    }
  }
}
