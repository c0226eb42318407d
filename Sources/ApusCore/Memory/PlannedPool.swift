/// The memory pool while a model is planned: large blocks get the places that `MemoryPool` would give them in a process that did
/// nothing before, small ones are counted.
package struct PlannedPool {
  private var map = BlockMap()
  private var smallBytes = 0
  private var smallPeak = 0

  /// Memory that a process would hold now.
  package var heldBytes: Int { map.heldBytes + smallPeak }
  /// Bytes of blocks in use.
  package var liveBytes: Int { map.liveBytes + smallBytes }
  package private(set) var mostLiveBytes = 0

  package init() {}

  /// `nil`: a small block.
  package mutating func take(_ byteCount: Int) -> BlockMap.Place? {
    defer { mostLiveBytes = max(mostLiveBytes, liveBytes) }
    if byteCount < MemoryPool.smallLimit {
      smallBytes += MemoryPool.sizeClass(byteCount).bytes
      smallPeak = max(smallPeak, smallBytes)
      return nil
    }
    if let place = map.take(byteCount) { return place }
    map.addSegment(size: BlockMap.segmentSize(for: byteCount))
    return map.take(byteCount)
  }

  package mutating func give(_ place: BlockMap.Place?, _ byteCount: Int) {
    if let place {
      map.give(place, byteCount)
      _ = map.trim()
    } else {
      smallBytes -= MemoryPool.sizeClass(byteCount).bytes
    }
  }
}
