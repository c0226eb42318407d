import Apus
import Foundation
import Synchronization
import Testing

/// Eleven images of 3×4 pixels with two channels, every byte different from its neighbors.
private func split(augmentation: Augmentation? = nil, count: Int = 11) throws -> DataSplit {
  let bytes = (0..<count * 24).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
  let dataset = try ImageDataset(
    images: Tensor(bytes, shape: [count, 3, 4, 2]), labels: (0..<Int32(count)).map { $0 % 3 },
    classNames: ["a", "b", "c"],
    source: "test")
  let all = Array(0..<Int32(count))
  return DataSplit(
    dataset, indices: all, normalization: Normalization(of: dataset, at: all), augmentation: augmentation)
}

private func bits(_ batch: Batch) -> [UInt8] {
  batch.images.withUnsafeBytes { Array($0) } + batch.labels.withUnsafeBytes { Array($0) }
}

@Suite struct LoaderTests {
  @Test func everySampleComesOnceInTheOrderOfItsBatches() throws {
    let split = try split()
    let ordered = Array(split.batches(of: 4))
    #expect(ordered.map(\.count) == [4, 4, 3])
    #expect(ordered.flatMap { $0.labels.array(of: Int32.self) } == split.labels)
    let whole = split.normalization(split.dataset.images).array(of: Float.self)
    #expect(ordered.flatMap { $0.images.array(of: Float.self) } == whole)

    let shuffled = Array(split.batches(of: 4, shuffled: 3, epoch: 0))
    #expect(shuffled.map(\.count) == [4, 4, 3])
    let images = shuffled.flatMap { batch in
      let values = batch.images.array(of: Float.self)
      return (0..<batch.count).map { Array(values[$0 * 24..<($0 + 1) * 24]) }
    }
    let original = (0..<11).map { Array(whole[$0 * 24..<($0 + 1) * 24]) }
    #expect(images != original)
    let positions = images.compactMap { original.firstIndex(of: $0) }
    #expect(positions.sorted() == Array(0..<11))
    // Labels travel with their images.
    #expect(shuffled.flatMap { $0.labels.array(of: Int32.self) } == positions.map { Int32($0 % 3) })
  }

  @Test func batchesArePureFunctionsOfSeedEpochAndNumber() throws {
    let split = try split(augmentation: Augmentation(maximumShift: 1))
    let first = Array(split.batches(of: 4, shuffled: 7, epoch: 2)).map(bits)
    #expect(Array(split.batches(of: 4, shuffled: 7, epoch: 2)).map(bits) == first)
    let sequence = split.batches(of: 4, shuffled: 7, epoch: 2)
    #expect([2, 0, 1].map { bits(sequence[$0]) } == [first[2], first[0], first[1]])
    #expect(Array(split.batches(of: 4, shuffled: 7, epoch: 3)).map(bits) != first)
    #expect(Array(split.batches(of: 4, shuffled: 8, epoch: 2)).map(bits) != first)
  }

  @Test(arguments: 0...3) func goesOnInMidEpoch(from: Int) throws {
    let split = try split(augmentation: Augmentation(maximumShift: 1))
    let whole = Array(split.batches(of: 4, shuffled: 7, epoch: 2)).map(bits)
    let rest = Array(split.batches(of: 4, shuffled: 7, epoch: 2, from: from)).map(bits)
    #expect(rest == Array(whole[from...]))
  }

  @Test func theOrderDoesNotDependOnTheBatchSizeNorDoesTheAugmentation() throws {
    let split = try split(augmentation: Augmentation(maximumShift: 2))
    let four = Array(split.batches(of: 4, shuffled: 7, epoch: 0)).flatMap { $0.images.array(of: Float.self) }
    let eleven = Array(split.batches(of: 20, shuffled: 7, epoch: 0)).flatMap { $0.images.array(of: Float.self) }
    #expect(four == eleven)
  }

  /// Compares a shifted pass with its definition, pixel by pixel; which shifts came, and how many images were black all over.
  private func expectShifts(of maximum: Int) throws -> (seen: Set<Int>, black: Int) {
    let split = try split(augmentation: Augmentation(maximumShift: maximum))
    let maker = Augmentation(maximumShift: maximum)
    let order = Shuffle.permutation(11, seed: 7, stream: RandomDomain.shuffle | 1)
    let (factors, offsets) = split.normalization.affine
    let batch = split.batches(of: 11, shuffled: 7, epoch: 1)[0].images.array(of: Float.self)
    let bytes = split.dataset.images.array(of: UInt8.self)
    var seen = Set<Int>()
    var black = 0
    for (position, sample) in every(order).enumerated() {
      let (down, right) = maker.shift(sample: Int(sample), seed: 7, epoch: 1)
      seen.formUnion([down, right])
      if abs(down) >= 3 || abs(right) >= 4 { black += 1 }
      for y in 0..<3 {
        for x in 0..<4 {
          for channel in 0..<2 {
            let (j, i) = (y - down, x - right)
            let isInside = j >= 0 && j < 3 && i >= 0 && i < 4
            let byte = isInside ? bytes[((Int(sample) * 3 + j) * 4 + i) * 2 + channel] : 0
            let found = batch[((position * 3 + y) * 4 + x) * 2 + channel]
            #expect(found == Float(byte) * factors[channel] + offsets[channel])
          }
        }
      }
    }
    return (seen, black)
  }

  @Test func shiftsMoveWholePixelsAndFillWithBlack() throws {
    #expect(try expectShifts(of: 2).seen == [-2, -1, 0, 1, 2])
  }

  @Test func shiftsLargerThanTheImageAreBlack() throws {
    #expect(try expectShifts(of: 50).black > 5)
  }

  @Test func permutationsAreUniform() {
    var counts: [[Int32]: Int] = [:]
    for stream in 0..<6000 as Range<UInt64> {
      counts[Shuffle.permutation(3, seed: 5, stream: stream), default: 0] += 1
    }
    #expect(counts.count == 6)
    // A thousand each; five standard deviations are 144.
    for (order, count) in counts { #expect(abs(count - 1000) < 144, "\(order): \(count)") }
    #expect(Shuffle.permutation(0, seed: 1, stream: 0) == [] && Shuffle.permutation(1, seed: 1, stream: 0) == [0])
  }

  @Test func stratifiedDrawsKeepTheShares() {
    let labels: [Int32] =
      Array(repeating: 0, count: 50) + Array(repeating: 1, count: 30) + Array(repeating: 2, count: 20)
    let (drawn, others) = StratifiedDraw.draw(
      11, of: Array(0..<100), labels: labels, classCount: 3, seed: 1)
    #expect(drawn.count == 11 && (drawn + others).sorted() == Array(0..<100))
    // Shares 5.5, 3.3 and 2.2: the place left over goes to the largest remainder.
    #expect((0..<3 as Range<Int32>).map { label in drawn.count { labels[Int($0)] == label } } == [6, 3, 2])
    // Shares 5.2, 2.7 and 2.1.
    let unequal: [Int32] = [(0, 52), (1, 27), (2, 21)].flatMap { Array(repeating: $0.0, count: $0.1) }
    let ten = StratifiedDraw.draw(10, of: Array(0..<100), labels: unequal, classCount: 3, seed: 1).drawn
    #expect((0..<3 as Range<Int32>).map { label in ten.count { unequal[Int($0)] == label } } == [5, 3, 2])
    #expect(StratifiedDraw.draw(0, of: [], labels: labels, classCount: 3, seed: 1).drawn == [])
    #expect(StratifiedDraw.draw(100, of: Array(0..<100), labels: labels, classCount: 3, seed: 1).others == [])
  }

  /// A constant channel is centered, not divided by 0.
  @Test func aConstantChannelHasDeviationOne() throws {
    let bytes = (0..<32).map { UInt8($0 % 2 == 0 ? 51 : $0) }
    let data = try ImageDataset(
      images: Tensor(bytes, shape: [2, 2, 4, 2]), labels: [0, 1], classNames: ["a", "b"], source: "test")
    let normalization = Normalization(of: data, at: [0, 1])
    #expect(normalization.deviation[0] == 1 && normalization.deviation[1] < 0.1)
    let centered = normalization(data.images).array(of: Float.self)
    #expect(centered.enumerated().allSatisfy { $0 % 2 == 1 || abs($1) < 1e-7 })
  }

  @Test func aPartOfASplitIsFixed() throws {
    let split = try split(augmentation: Augmentation(maximumShift: 2), count: 30)
    let part = split.sample(12)
    #expect(part.indices == split.sample(12).indices && part.count == 12 && part.augmentation == nil)
    #expect((0..<3 as Range<Int32>).map { label in part.labels.count { $0 == label } } == [4, 4, 4])
    #expect(split.sample(1000).count == 30)
  }

  @Test func anEpochAbandonedEarlyEndsItsThread() throws {
    let split = try split()
    for _ in 0..<200 {
      for batch in split.batches(of: 1, shuffled: 1, epoch: 0) {
        #expect(batch.count == 1)
        break
      }
      _ = split.batches(of: 1, shuffled: 1, epoch: 0).makeIterator()
    }
  }
}

@Suite struct PrefetcherTests {
  struct Failed: Error, Equatable { let index: Int }

  @Test func keepsTheOrderWhateverTheTiming() {
    let prefetcher = Prefetcher<Int, Never>(0..<300, depth: 3) { index in
      if index % 7 == 0 { usleep(300) }
      return index
    }
    var seen: [Int] = []
    while let value = prefetcher.next() {
      if value % 11 == 0 { usleep(300) }
      seen.append(value)
    }
    #expect(seen == Array(0..<300))
    #expect(prefetcher.next() == nil)
  }

  @Test func isBounded() {
    let made = Atomic(0)
    withExtendedLifetime(
      Prefetcher<Int, Never>(0..<100, depth: 3) { index in
        made.add(1, ordering: .relaxed)
        return index
      }
    ) { prefetcher in
      // What it has made once it makes no more: this depends on no time.
      func countWhenIdle() -> Int {
        while !prefetcher.isIdle { sched_yield() }
        return made.load(ordering: .relaxed)
      }
      #expect(countWhenIdle() == 3)
      for taken in 0..<97 {
        #expect(prefetcher.next() == taken)
        #expect(countWhenIdle() == taken + 4)
      }
      for taken in 97..<100 { #expect(prefetcher.next() == taken) }
      #expect(prefetcher.next() == nil)
      #expect(countWhenIdle() == 100)
    }
  }

  @Test func throwsTheProducersErrorAfterTheElementsBeforeIt() throws {
    let prefetcher = Prefetcher<Int, Failed>(0..<10, depth: 2) { index throws(Failed) in
      if index == 3 { throw Failed(index: index) }
      return index
    }
    for index in 0..<3 { #expect(try prefetcher.next() == index) }
    #expect(throws: Failed(index: 3)) { try prefetcher.next() }
    #expect(try prefetcher.next() == nil)
  }

  @Test func stopsProducingWhenItIsGone() {
    final class Made: Sendable { let count = Atomic(0) }
    weak var held: Made?
    do {
      let made = Made()
      held = made
      let prefetcher = Prefetcher<Int, Never>(0..<1_000_000, depth: 2) { index in
        made.count.add(1, ordering: .relaxed)
        return index
      }
      #expect(prefetcher.next() == 0)
      while !prefetcher.isIdle { sched_yield() }
      #expect(made.count.load(ordering: .relaxed) == 3)
    }
    // The end of its owner waited for its thread, which would hold what it makes elements of.
    #expect(held == nil)
  }

  @Test func anEmptyRangeGivesNothing() {
    #expect(Prefetcher<Int, Never>(5..<5, depth: 1) { $0 }.next() == nil)
  }
}
