/// The account of memory while a model runs on shapes alone: what tensors and kernels would take, operation by operation.
///
/// Operations are numbered in the order in which they are reported (the rows of a plan). While the model runs, memory is booked on
/// the one that comes next, in the backward pass on that of the operation that was recorded.
package final class PlannedMemory {
  /// The memory pool, without memory.
  package private(set) var pool = PlannedPool()
  /// Bytes of abstract tensors alive now, and the most at any time.
  private(set) var (liveBytes, peakBytes) = (0, 0)
  /// By the operation that took it: bytes alive now, and the largest scratch.
  private(set) var liveByOperation: [Int: Int] = [:]
  private(set) var scratchByOperation: [Int: Int] = [:]

  /// Whether to keep what kernels would do, so that it can be done on real memory and timed.
  package var takesWork = false
  /// What they would do in the last step.
  package private(set) var works: [PlannedWork] = []

  /// Operations that were reported.
  private var count = 0
  private var current: Int?
  private var step = 0

  /// Keeps an error of code that reads a shape, which runs on.
  var keepsError: ((_ operation: String, _ problem: String) -> Void)?

  package init() {}

  /// The one that memory is booked on.
  var operation: Int {
    get { current ?? count }
    set { current = newValue }
  }

  /// One more was reported; its number.
  func next() -> Int {
    defer { count += 1 }
    return count
  }

  /// Books on an operation that was reported before it runs.
  func booking(on operation: Int, _ body: () -> Void) {
    let outer = current
    current = operation
    body()
    current = outer
  }

  /// Forgets the operations, not what is in memory.
  func startStep() {
    (count, current, liveByOperation, scratchByOperation, works) = (0, nil, [:], [:], [])
    step += 1
  }

  /// A block of an abstract tensor.
  struct Block {
    fileprivate let memory: PlannedMemory
    fileprivate let place: BlockMap.Place?
    fileprivate let operation: Int
    fileprivate let step: Int

    func giveBack(_ byteCount: Int) { memory.give(self, byteCount) }
  }

  func take(_ byteCount: Int) -> Block {
    liveBytes += byteCount
    peakBytes = max(peakBytes, liveBytes)
    liveByOperation[operation, default: 0] += byteCount
    return Block(memory: self, place: pool.take(byteCount), operation: operation, step: step)
  }

  private func give(_ block: Block, _ byteCount: Int) {
    liveBytes -= byteCount
    pool.give(block.place, byteCount)
    if block.step == step { liveByOperation[block.operation, default: 0] -= byteCount }
  }

  /// Memory that is there before the first step and stays: parameters that are no abstract tensors of this plan.
  func hold(_ byteCount: Int) { _ = pool.take(byteCount) }

  func useScratch(_ byteCount: Int) {
    if byteCount == 0 { return }
    scratchByOperation[operation] = max(scratchByOperation[operation] ?? 0, byteCount)
    pool.give(pool.take(byteCount), byteCount)
  }

  func add(_ work: PlannedWork) { works.append(work) }
}
