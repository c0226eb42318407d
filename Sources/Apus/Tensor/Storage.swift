import Synchronization

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

/// Freed buffers by size class, so that a training step allocates nothing from the system after the first one.
///
/// One locked pool: buffers allocated on a prefetch thread and freed on the trainer's come back to both.
enum MemoryPool {
  /// Bytes kept for reuse at most; what is freed beyond goes back to the system.
  static let limit = 1 << 30

  private struct State {
    var free: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 512)
    var cachedBytes = 0
  }

  // Raw pointers are not Sendable; each is owned by exactly one list or one Storage.
  private struct Locked: @unchecked Sendable { var state = State() }
  private static let pool = Mutex(Locked())

  /// Class of a size and the bytes it holds: eight classes an octave, so at most an eighth is lost.
  static func sizeClass(_ byteCount: Int) -> (index: Int, bytes: Int) {
    let units = Swift.max(1, (byteCount + 63) / 64)
    if units <= 8 { return (units - 1, units * 64) }
    let shift = Int.bitWidth - (units - 1).leadingZeroBitCount - 4
    let step = ((units - 1) >> shift) + 1  // 9...16: eighths of the octave
    return (shift * 8 + step - 1, (step << shift) * 64)
  }

  static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let (index, bytes) = sizeClass(byteCount)
    let reused = pool.withLock { locked -> UnsafeMutableRawPointer? in
      guard let pointer = locked.state.free[index].popLast() else { return nil }
      locked.state.cachedBytes -= bytes
      return pointer
    }
    if let reused { return reused }
    guard let pointer = Kernels.allocate(bytes) else { fatalError("no memory for a tensor of \(byteCount) bytes") }
    return pointer
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    let (index, bytes) = sizeClass(byteCount)
    let kept = pool.withLock { locked in
      guard locked.state.cachedBytes + bytes <= limit else { return false }
      locked.state.free[index].append(pointer)
      locked.state.cachedBytes += bytes
      return true
    }
    if !kept { Kernels.free(pointer) }
  }
}
