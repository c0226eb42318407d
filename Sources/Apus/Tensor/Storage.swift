/// The memory of a tensor: 64-byte aligned, from one pool, returned to it when the last tensor that shares it is gone.
///
/// While a model is planned storage is abstract: it has a size but no memory, and counts as live in the plan.
final class Storage: @unchecked Sendable {
  /// Traps where the storage is abstract.
  var pointer: UnsafeMutableRawPointer {
    guard let memory else { fatalError("values cannot be read while a model is planned: only shapes are known") }
    return memory
  }
  let byteCount: Int

  private let memory: UnsafeMutableRawPointer?
  private let planner: Planner?

  init(byteCount: Int) {
    self.byteCount = byteCount
    if let planner = Scope.current?.planner {
      self.planner = planner
      memory = nil
      planner.allocated(byteCount)
    } else {
      planner = nil
      memory = MemoryPool.take(byteCount)
    }
  }

  deinit {
    if let memory { MemoryPool.give(memory, byteCount) } else { planner?.released(byteCount) }
  }

  var isAbstract: Bool { memory == nil }
}
