/// The batches of one pass through a split. Iterating makes them ahead of time on another thread; `sequence[k]` makes one at once.
public struct BatchSequence: Sequence, Sendable {
  private let maker: BatchMaker
  /// The first batch that iterating gives.
  package let first: Int

  /// Batches that are made and wait to be used, at most.
  static let depth = 4

  init(_ maker: BatchMaker, first: Int) {
    if first < 0 || first > maker.count { fatalError("from batch \(first) of a pass of \(maker.count)") }
    self.maker = maker
    self.first = first
  }

  /// Number of batches of the whole pass, those before `first` included.
  public var batchCount: Int { maker.count }

  /// The exact number of batches that iterating gives: those of the pass without the ones before `first`.
  public var underestimatedCount: Int { maker.count - first }

  /// Batch `index` of the pass, made on the calling thread: the very bits that iterating gives.
  public subscript(index: Int) -> Batch {
    if index < 0 || index >= maker.count { fatalError("batch \(index) of a pass of \(maker.count)") }
    return maker.batch(index)
  }

  /// Starts a thread that makes up to four batches ahead of their use. It ends with the last copy of the iterator.
  public func makeIterator() -> Iterator {
    Iterator(prefetcher: Prefetcher(first..<maker.count, depth: BatchSequence.depth) { [maker] in maker.batch($0) })
  }

  /// Hands out the batches in order. Copies share one thread, and a batch goes to one of them only.
  public struct Iterator: IteratorProtocol {
    let prefetcher: Prefetcher<Batch, Never>

    /// The next batch, waiting until it is made; `nil` after the last.
    public mutating func next() -> Batch? { prefetcher.next() }
  }
}
