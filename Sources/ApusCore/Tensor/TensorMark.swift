/// What whoever listens to operations remembers of a tensor for as long as it lives, such as its place in a plan or in a graph.
///
/// `@unchecked Sendable`, as a class that is inherited from cannot be checked: here and in what inherits everything is constant.
package class TensorMark: @unchecked Sendable {
  /// The result of a shape error earlier in a plan: it makes every result that depends on it poisoned too.
  package final let isPoisoned: Bool
  /// The operation that made it, where memory is booked by operations.
  final let operation: Int?

  init(isPoisoned: Bool = false, operation: Int? = nil) {
    self.isPoisoned = isPoisoned
    self.operation = operation
  }

  /// That of the same elements in another shape, before anything is reported about it.
  func ofView() -> TensorMark? { self }
}

extension Tensor {
  /// The result of a shape error earlier in a plan: it makes every result that depends on it poisoned too.
  package var isPoisoned: Bool { body.mark?.isPoisoned ?? false }
}
