/// Where blocks lie in a few long stretches of address space ("segments"): the bookkeeping of the memory pool, without the memory.
///
/// A block goes where it fits best among the gaps that were used before, else at the end of a segment, so that what was never used
/// is never touched. Freed neighbors become one gap again: a gap serves any size, and what a training step needs at its worst
/// moment is close to what the pool holds. A segment costs address space only; its memory is what lies below its `end`.
///
/// Plans keep a map of their own: the same code places the same sizes at the same addresses.
package struct BlockMap {
  /// Smallest unit: a page, so that blocks never share one.
  package static let unit = 4096

  fileprivate struct Segment {
    let size: Int
    /// What was in use at some time lies below.
    var end = 0
    /// Gaps below `end`, by address; no two touch.
    var gaps: [Range<Int>] = []
  }

  /// A block's place.
  package struct Place: Hashable {
    package var segment: Int
    package var offset: Int
  }

  /// Memory below a segment's old end that was given up.
  package struct Release {
    package var segment: Int
    package var range: Range<Int>
  }

  private var segments: [Segment] = []
  package private(set) var liveBytes = 0
  /// Sum of the segments' ends: the memory that the pool holds.
  package private(set) var heldBytes = 0

  /// Of the most live bytes, over the last two stretches of `window` blocks taken.
  private var peaks = (last: 0, now: 0)
  private var taken = 0
  private static let window = 4096

  /// Address space that a segment takes; a larger block gets a segment of its size.
  private static let segmentBytes = 1 << 30

  package init() {}

  /// The size of a segment for a block that fits into none; where the system refuses it, the block's own size must do.
  static func segmentSize(for byteCount: Int) -> Int { max(rounded(byteCount), segmentBytes) }

  package static func rounded(_ byteCount: Int) -> Int { (max(byteCount, 1) + unit - 1) / unit * unit }

  package mutating func addSegment(size: Int) { segments.append(Segment(size: size)) }

  /// A place for a block, or `nil` where no segment has room for it.
  package mutating func take(_ byteCount: Int) -> Place? {
    let bytes = BlockMap.rounded(byteCount)
    guard let place = bestGap(bytes) ?? extended(bytes) else { return nil }
    liveBytes += bytes
    peaks.now = max(peaks.now, liveBytes)
    taken += 1
    return place
  }

  package mutating func give(_ place: Place, _ byteCount: Int) {
    let bytes = BlockMap.rounded(byteCount)
    liveBytes -= bytes
    segments[place.segment].insert(place.offset..<place.offset + bytes)
  }

  /// What was not needed for long, at the segments' ends. Each `window` blocks the map looks whether it holds much more than was
  /// alive at one time since the look before the last: steps that go on alike give nothing up.
  package mutating func trim() -> [Release] {
    if taken < BlockMap.window { return [] }
    let needed = max(peaks.last, peaks.now)
    peaks = (peaks.now, liveBytes)
    taken = 0
    var releases: [Release] = []
    for index in segments.indices where heldBytes > needed + needed / 4 + (64 << 20) {
      guard let gap = segments[index].gaps.last, gap.upperBound == segments[index].end else { continue }
      segments[index].gaps.removeLast()
      segments[index].end = gap.lowerBound
      heldBytes -= gap.count
      releases.append(Release(segment: index, range: gap))
    }
    return releases
  }

  private mutating func bestGap(_ bytes: Int) -> Place? {
    var best: (segment: Int, gap: Int, size: Int)?
    for (index, segment) in segments.enumerated() {
      for (position, gap) in segment.gaps.enumerated() where gap.count >= bytes && gap.count < best?.size ?? .max {
        best = (index, position, gap.count)
      }
    }
    guard let best else { return nil }
    let gap = segments[best.segment].gaps[best.gap]
    if gap.count == bytes {
      segments[best.segment].gaps.remove(at: best.gap)
    } else {
      segments[best.segment].gaps[best.gap] = gap.lowerBound + bytes..<gap.upperBound
    }
    return Place(segment: best.segment, offset: gap.lowerBound)
  }

  /// At the end of the segment whose last gap is longest, so that least is added.
  private mutating func extended(_ bytes: Int) -> Place? {
    var best: (segment: Int, offset: Int)?
    var least = Int.max
    for (index, segment) in segments.enumerated() {
      let offset = segment.gaps.last.flatMap { $0.upperBound == segment.end ? $0.lowerBound : nil } ?? segment.end
      let added = offset + bytes - segment.end
      if offset + bytes <= segment.size, added < least {
        best = (index, offset)
        least = added
      }
    }
    guard let best else { return nil }
    if best.offset < segments[best.segment].end { segments[best.segment].gaps.removeLast() }
    segments[best.segment].end = best.offset + bytes
    heldBytes += least
    return Place(segment: best.segment, offset: best.offset)
  }
}

extension BlockMap.Segment {
  /// Adds a gap and joins it with its neighbors.
  fileprivate mutating func insert(_ range: Range<Int>) {
    var (low, high) = (0, gaps.count)
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    let joinsBefore = low > 0 && gaps[low - 1].upperBound == range.lowerBound
    let joinsAfter = low < gaps.count && gaps[low].lowerBound == range.upperBound
    switch (joinsBefore, joinsAfter) {
    case (true, true):
      gaps[low - 1] = gaps[low - 1].lowerBound..<gaps[low].upperBound
      gaps.remove(at: low)
    case (true, false): gaps[low - 1] = gaps[low - 1].lowerBound..<range.upperBound
    case (false, true): gaps[low] = range.lowerBound..<gaps[low].upperBound
    case (false, false): gaps.insert(range, at: low)
    }
  }
}
