import ApusSupport

/// The memory of all tensors, so that a training step takes nothing from the system after the first ones: blocks that fault in new
/// pages at each step cost as much as whole layers.
///
/// Small blocks come by size class from the C library; larger ones are placed in segments by a `BlockMap`, whose memory asks for
/// large pages as a whole.
///
/// One locked pool: buffers allocated on a prefetch thread and freed on the trainer's come back to both.
package enum MemoryPool {
  /// Blocks below it are small.
  package static let smallLimit = 64 << 10
  /// Bytes of small blocks kept for reuse at most.
  private static let smallKept = 64 << 20

  fileprivate struct State {
    var small: [[UnsafeMutableRawPointer]] = Array(repeating: [], count: 128)
    var keptBytes = 0
    var map = BlockMap()
    var segments: [(start: UnsafeMutableRawPointer, size: Int)] = []
  }

  // `@unchecked Sendable`, as raw pointers are not Sendable: each is owned by exactly one list, segment or Storage, and everything
  // else is reached inside the lock only. A monitor and no `Mutex`, whose futex the thread sanitizer does not see on Linux: memory
  // that goes from thread to thread by the pool would look like a race.
  private struct Locked: @unchecked Sendable { var state = State() }
  private static let pool = Monitor(Locked())

  static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    byteCount < smallLimit ? takeSmall(byteCount) : takeLarge(byteCount)
  }

  static func give(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    byteCount < smallLimit ? giveSmall(pointer, byteCount) : giveLarge(pointer, byteCount)
  }

  /// Bytes of memory held for large blocks, used or not.
  package static var heldBytes: Int { pool.locked { $0.state.map.heldBytes } }

  private static func noMemory(_ byteCount: Int) -> Never {
    Shortage.stop("no memory for a tensor of \(byteCount.grouped) bytes")
  }

  // MARK: Small blocks

  /// Class of a size and the bytes it holds: eight classes an octave, so at most an eighth is lost.
  package static func sizeClass(_ byteCount: Int) -> (index: Int, bytes: Int) {
    let units = Swift.max(1, (byteCount + 63) / 64)
    if units <= 8 { return (units - 1, units * 64) }
    let shift = Int.bitWidth - (units - 1).leadingZeroBitCount - 4
    let step = ((units - 1) >> shift) + 1  // 9...16: eighths of the octave
    return (shift * 8 + step - 1, (step << shift) * 64)
  }

  private static func takeSmall(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let (index, bytes) = sizeClass(byteCount)
    let reused = pool.locked { locked -> UnsafeMutableRawPointer? in
      guard let pointer = locked.state.small[index].popLast() else { return nil }
      locked.state.keptBytes -= bytes
      return pointer
    }
    guard let pointer = reused ?? SystemMemory.allocate(bytes) else { noMemory(byteCount) }
    return pointer
  }

  private static func giveSmall(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    let (index, bytes) = sizeClass(byteCount)
    let kept = pool.locked { locked in
      guard locked.state.keptBytes + bytes <= smallKept else { return false }
      locked.state.small[index].append(pointer)
      locked.state.keptBytes += bytes
      return true
    }
    if !kept { SystemMemory.free(pointer) }
  }

  // MARK: Large blocks

  private static func takeLarge(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let pointer = pool.locked { locked -> UnsafeMutableRawPointer? in
      if let place = locked.state.map.take(byteCount) { return locked.state.pointer(at: place) }
      for size in [BlockMap.segmentSize(for: byteCount), BlockMap.rounded(byteCount)] {
        guard let start = SystemMemory.allocate(size) else { continue }
        locked.state.segments.append((start, size))
        locked.state.map.addSegment(size: size)
        return locked.state.map.take(byteCount).map { locked.state.pointer(at: $0) }
      }
      return nil
    }
    guard let pointer else { noMemory(byteCount) }
    return pointer
  }

  private static func giveLarge(_ pointer: UnsafeMutableRawPointer, _ byteCount: Int) {
    pool.locked { locked in
      locked.state.map.give(locked.state.place(of: pointer), byteCount)
      for release in locked.state.map.trim() {
        let start = locked.state.segments[release.segment].start
        SystemMemory.discard(start + release.range.lowerBound, release.range.count)
      }
    }
  }
}

extension MemoryPool.State {
  fileprivate func pointer(at place: BlockMap.Place) -> UnsafeMutableRawPointer {
    segments[place.segment].start + place.offset
  }

  fileprivate func place(of pointer: UnsafeMutableRawPointer) -> BlockMap.Place {
    for (index, segment) in segments.enumerated() where pointer >= segment.start {
      let offset = pointer - segment.start
      if offset < segment.size { return BlockMap.Place(segment: index, offset: offset) }
    }
    fatalError("memory at \(pointer) is in no segment of the pool")
  }
}
