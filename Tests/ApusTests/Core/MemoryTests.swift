import Apus
import Testing

/// The pool's bookkeeping.
@Suite struct MemoryTests {
  /// Blocks taken and given in a random order, held against a plain list of them.
  @Test func blocksNeverOverlap() {
    var map = BlockMap()
    map.addSegment(size: 1 << 28)
    map.addSegment(size: 1 << 28)
    var blocks: [(place: BlockMap.Place, bytes: Int)] = []
    var live = 0
    let numbers = Random.bits(seed: 7, stream: 0, count: 6000)
    for index in stride(from: 0, to: numbers.count, by: 2) {
      if numbers[index] % 5 < 2, !blocks.isEmpty {
        let block = blocks.remove(at: Int(numbers[index + 1]) % blocks.count)
        map.give(block.place, block.bytes)
        live -= BlockMap.rounded(block.bytes)
      } else {
        let bytes = 1 + Int(numbers[index + 1] % (4 << 20))
        guard let place = map.take(bytes) else { continue }
        let range = place.offset..<place.offset + BlockMap.rounded(bytes)
        #expect(range.upperBound <= 1 << 28 && range.lowerBound % BlockMap.unit == 0)
        for other in blocks where other.place.segment == place.segment {
          #expect(!range.overlaps(other.place.offset..<other.place.offset + BlockMap.rounded(other.bytes)))
        }
        blocks.append((place, bytes))
        live += BlockMap.rounded(bytes)
      }
      #expect(map.liveBytes == live && map.heldBytes >= live)
    }
    for block in blocks { map.give(block.place, block.bytes) }
    #expect(map.liveBytes == 0)
    // Everything is one gap a segment again: a block of a whole segment fits into what is held.
    let held = map.heldBytes
    #expect(map.take(held / 2) != nil)
    #expect(map.heldBytes == held)
  }

  @Test func freedNeighborsServeALargerBlock() {
    var map = BlockMap()
    map.addSegment(size: 1 << 30)
    let places = (0..<4).map { _ in map.take(1 << 20)! }
    map.give(places[1], 1 << 20)
    map.give(places[2], 1 << 20)
    #expect(map.take(2 << 20) == places[1])
    #expect(map.heldBytes == 4 << 20)
    // The last gap is made longer, not passed by.
    map.give(places[3], 1 << 20)
    #expect(map.take(3 << 20) == places[3])
    #expect(map.heldBytes == 6 << 20)
  }

  @Test func theTightestGapIsTaken() {
    var map = BlockMap()
    map.addSegment(size: 1 << 30)
    let sizes = [4, 1, 2, 1, 3].map { $0 << 20 }
    let places = sizes.map { map.take($0)! }
    for index in [0, 2] { map.give(places[index], sizes[index]) }
    #expect(map.take(2 << 20) == places[2])
    #expect(map.take(2 << 20) == places[0])
  }

  @Test func nothingFitsAFullSegment() {
    var map = BlockMap()
    #expect(map.take(1) == nil)
    map.addSegment(size: 1 << 20)
    #expect(map.take(2 << 20) == nil)
    #expect(map.take(1 << 20) != nil)
    #expect(map.take(1) == nil)
  }

  /// Steps that go on alike give nothing up; a large network that is gone does.
  @Test func whatWasNotNeededForLongIsGivenUp() {
    var map = BlockMap()
    map.addSegment(size: 1 << 30)
    func step(_ map: inout BlockMap, _ sizes: [Int]) -> Int {
      let places = sizes.map { map.take($0)! }
      for (place, size) in zip(places, sizes).reversed() { map.give(place, size) }
      return map.trim().reduce(0) { $0 + $1.range.count }
    }
    let large = [300 << 20, 200 << 20, 100 << 20]
    var released = 0
    for _ in 0..<8000 { released += step(&map, large) }
    #expect(released == 0)
    #expect(map.heldBytes == 600 << 20)
    for _ in 0..<20000 { released += step(&map, [1 << 20]) }
    #expect(released == 600 << 20 && map.heldBytes <= 64 << 20)
    _ = step(&map, large)
    #expect(map.heldBytes == 600 << 20)
  }

  /// A third more than is needed is given up (a quarter and 64 MiB are kept), while a block is in use.
  @Test func aThirdTooMuchIsGivenUp() {
    var map = BlockMap()
    map.addSegment(size: 1 << 30)
    #expect(map.take(300 << 20) != nil)
    func released(by sizes: [Int], steps: Int) -> Int {
      (0..<steps).reduce(0) { sum, _ in
        for (place, size) in sizes.map({ (map.take($0)!, $0) }).reversed() { map.give(place, size) }
        return map.trim().reduce(sum) { $0 + $1.range.count }
      }
    }
    #expect(released(by: [200 << 20, 100 << 20], steps: 4000) == 0)
    #expect(released(by: [100 << 20], steps: 20_000) == 300 << 20)
    #expect(map.heldBytes == 400 << 20)
  }

  @Test func smallBlocksHoldWhatTheirClassSays() {
    var ofClass: [Int: Int] = [:]
    for byteCount in 0..<MemoryPool.smallLimit {
      let (index, bytes) = MemoryPool.sizeClass(byteCount)
      let lost = bytes - byteCount
      if bytes < byteCount || (lost > 64 && lost > byteCount / 8) { Issue.record("\(byteCount) bytes get \(bytes)") }
      let known = ofClass.updateValue(bytes, forKey: index)
      if let known, known != bytes { Issue.record("class \(index) holds \(known) and \(bytes) bytes") }
    }
    #expect(ofClass.count > 8 && ofClass.keys.allSatisfy { (0..<128).contains($0) })
  }

  /// A plan counts small blocks at their most, as the pool keeps what was freed.
  @Test func aPlanCountsSmallBlocksAtTheirMost() {
    var pool = PlannedPool()
    for _ in 0..<10 { #expect(pool.take(1000) == nil) }
    for _ in 0..<10 { pool.give(nil, 1000) }
    _ = pool.take(1000)
    #expect(pool.liveBytes == 1024 && pool.mostLiveBytes == 10_240 && pool.heldBytes == 10_240)
  }

  /// The pool's own memory: values survive what is taken and given around them, on several threads.
  @Test func tensorsKeepTheirValues() async {
    await withTaskGroup(of: Bool.self) { group in
      for worker in 0..<4 {
        group.addTask {
          var kept: [Tensor] = []
          for index in 0..<200 {
            let count =
              20_000 + Int(Random.bits(seed: 3, stream: UInt64(worker), first: UInt64(index), count: 1)[0] % 90_000)
            kept.append(.full([count], Double(index)))
            if kept.count > 8 {
              let tensor = kept.remove(at: index % 8)
              let values = tensor.array(of: Float.self)
              if values.contains(where: { $0 != values[0] }) { return false }
            }
          }
          return true
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
