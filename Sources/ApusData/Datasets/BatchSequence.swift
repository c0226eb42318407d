import ApusSupport

/// The batches of one pass through some samples. Iterating makes them ahead of time on another thread; `sequence[k]` makes one at once.
public struct BatchSequence: Sequence, Sendable {
  private let make: @Sendable (Int) -> Batch
  /// Number of batches of the whole pass, those before `first` included.
  public let batchCount: Int
  /// The first batch that iterating gives.
  package let first: Int

  /// Batches that are made and wait to be used, at most.
  static let depth = 4

  /// - Parameters:
  ///   - count: number of batches of the whole pass.
  ///   - first: the first batch that iterating gives.
  ///   - make: makes any batch of the pass, a pure function of its number. It is called on a thread of its own, one batch at a time, and must
  ///     not enter a parallel region: what it computes by operations on tensors should be small.
  public init(count: Int, from first: Int = 0, make: @escaping @Sendable (_ index: Int) -> Batch) {
    if first < 0 || first > count { fatalError("from batch \(first) of a pass of \(count)") }
    batchCount = count
    self.first = first
    self.make = make
  }

  /// The exact number of batches that iterating gives: those of the pass without the ones before `first`.
  public var underestimatedCount: Int { batchCount - first }

  /// Batch `index` of the pass, made on the calling thread: the very bits that iterating gives.
  public subscript(index: Int) -> Batch {
    if index < 0 || index >= batchCount { fatalError("batch \(index) of a pass of \(batchCount)") }
    return make(index)
  }

  /// Starts a thread that makes up to four batches ahead of their use. It ends with the last copy of the iterator.
  public func makeIterator() -> Iterator {
    Iterator(prefetcher: Prefetcher(first..<batchCount, depth: BatchSequence.depth) { [make] in make($0) })
  }

  /// Hands out the batches in order. Copies share one thread, and a batch goes to one of them only.
  public struct Iterator: IteratorProtocol {
    let prefetcher: Prefetcher<Batch, Never>

    /// The next batch, waiting until it is made; `nil` after the last.
    public mutating func next() -> Batch? { prefetcher.next() }
  }
}
