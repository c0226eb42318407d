#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Elements made in order on a thread of its own, a bounded number ahead of their use.
///
/// `produce` is called with each index of the range, one at a time. It must not enter a parallel region: OpenMP would make a second
/// team of threads that fights with the trainer's for the cores. An error that it throws comes out of `next()` after the elements
/// before it, and ends the sequence. When the last reference is gone the thread is told to stop, and waited for.
public final class Prefetcher<Element: Sendable, Failure: Error>: Sendable {
  private let ring: PrefetchRing<Element, Failure>
  private let thread: Joinable

  public init(_ range: Range<Int>, depth: Int, produce: @escaping @Sendable (Int) throws(Failure) -> Element) {
    if depth < 1 { fatalError("a prefetcher that keeps \(depth) elements") }
    let ring = PrefetchRing(depth: depth, produce)
    self.ring = ring
    thread = Joinable { ring.run(range) }
  }

  deinit {
    ring.cancel()
    thread.join()
  }

  /// The next element, waiting for it where need be; `nil` after the last.
  public func next() throws(Failure) -> Element? {
    try ring.take()
  }
}

/// What the producing thread and the consumer share. The lock is held for the exchange only, never while an element is made.
private final class PrefetchRing<Element: Sendable, Failure: Error>: @unchecked Sendable {
  private let produce: @Sendable (Int) throws(Failure) -> Element
  private let depth: Int
  private let lock = Monitor()
  // Guarded by `lock`.
  private var ready: [Element] = []
  private var failure: Failure?
  private var isFinished = false
  private var isCancelled = false

  init(depth: Int, _ produce: @escaping @Sendable (Int) throws(Failure) -> Element) {
    self.depth = depth
    self.produce = produce
  }

  func run(_ range: Range<Int>) {
    for index in range {
      if !waitForRoom() { return }
      do throws(Failure) {
        put(try produce(index))
      } catch {
        finish(error)
        return
      }
    }
    finish(nil)
  }

  /// False where the consumer is gone.
  private func waitForRoom() -> Bool {
    lock.locked {
      while ready.count == depth && !isCancelled { lock.wait() }
      return !isCancelled
    }
  }

  private func put(_ element: Element) {
    lock.locked {
      ready.append(element)
      lock.signal()
    }
  }

  private func finish(_ error: Failure?) {
    lock.locked {
      failure = error
      isFinished = true
      lock.signal()
    }
  }

  func cancel() {
    lock.locked {
      isCancelled = true
      lock.signal()
    }
  }

  func take() throws(Failure) -> Element? {
    var thrown: Failure?
    let element: Element? = lock.locked {
      while ready.isEmpty && !isFinished { lock.wait() }
      if ready.isEmpty {
        thrown = failure
        failure = nil
        return nil
      }
      defer { lock.signal() }
      return ready.removeFirst()
    }
    if let thrown { throw thrown }
    return element
  }
}
