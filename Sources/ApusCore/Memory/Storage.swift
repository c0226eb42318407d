import ApusSupport

/// The memory of a tensor: 64-byte aligned, from one pool, returned to it when the last tensor that shares it is gone.
///
/// While a model is planned storage is abstract: it has a size and a place in the plan's pool, but no memory.
///
/// `@unchecked Sendable` for the pointer alone: everything here is constant. Bytes are written by the kernel that fills a new tensor,
/// before anybody else has it, or in place of an operand whose storage nobody else refers to (`Kernels.consume`); from then on they
/// are only read. An abstract block stays on the thread that plans.
package final class Storage: @unchecked Sendable {
  /// Traps where the storage is abstract.
  package var pointer: UnsafeMutableRawPointer {
    guard let memory else { fatalError("values cannot be read while a model is planned: only shapes are known") }
    return memory
  }
  package let byteCount: Int

  private let memory: UnsafeMutableRawPointer?
  private let planned: PlannedMemory.Block?

  package init(byteCount: Int) {
    self.byteCount = byteCount
    if let account = ThreadContext.ofThread?.plannedMemory {
      planned = account.take(byteCount)
      memory = nil
    } else {
      planned = nil
      memory = MemoryPool.take(byteCount)
    }
  }

  deinit {
    if let memory { MemoryPool.give(memory, byteCount) } else { planned?.giveBack(byteCount) }
  }

  package var isAbstract: Bool { memory == nil }
}
