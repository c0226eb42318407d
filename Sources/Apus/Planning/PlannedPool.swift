/// The memory pool while a model is planned: large blocks get the places that `MemoryPool` would give them in a process that did
/// nothing before, small ones are counted.
struct PlannedPool {
  private var map = BlockMap()
  private var smallBytes = 0
  private var smallPeak = 0

  /// Memory that a process would hold now.
  var heldBytes: Int { map.heldBytes + smallPeak }
  /// Bytes of blocks in use.
  var liveBytes: Int { map.liveBytes + smallBytes }
  private(set) var mostLiveBytes = 0

  /// `nil`: a small block.
  mutating func take(_ byteCount: Int) -> BlockMap.Place? {
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

  mutating func give(_ place: BlockMap.Place?, _ byteCount: Int) {
    if let place {
      map.give(place, byteCount)
      _ = map.trim()
    } else {
      smallBytes -= MemoryPool.sizeClass(byteCount).bytes
    }
  }
}
