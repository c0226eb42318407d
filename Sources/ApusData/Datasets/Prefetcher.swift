import ApusSupport

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
package final class Prefetcher<Element: Sendable, Failure: Error>: Sendable {
  private let ring: PrefetchRing<Element, Failure>
  private let thread: Joinable

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - range: what `produce` is called with, in order.
  ///   - depth: the most elements that wait to be used; traps below 1.
  ///   - produce: makes an element, on the prefetcher's thread.
  package init(_ range: Range<Int>, depth: Int, produce: @escaping @Sendable (Int) throws(Failure) -> Element) {
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
  package func next() throws(Failure) -> Element? {
    try ring.take()
  }

  /// Whether its thread has nothing to do: it has made as many elements as are kept, or all.
  package var isIdle: Bool { ring.isIdle }
}

/// What the producing thread and the consumer share. The lock is held for the exchange only, never while an element is made.
private final class PrefetchRing<Element: Sendable, Failure: Error>: Sendable {
  private struct Shared: Sendable {
    var ready: [Element] = []
    var failure: Failure?
    var isFinished = false
    var isCancelled = false
    /// The producing thread waits for room.
    var isFull = false
  }

  private let produce: @Sendable (Int) throws(Failure) -> Element
  private let depth: Int
  private let shared = Monitor(Shared())

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

  /// False if the consumer is gone.
  private func waitForRoom() -> Bool {
    shared.locked(
      when: {
        $0.isFull = $0.ready.count == depth && !$0.isCancelled
        return !$0.isFull
      }, { !$0.isCancelled })
  }

  var isIdle: Bool { shared.locked { $0.isFull || $0.isFinished } }

  private func put(_ element: Element) {
    shared.locked { $0.ready.append(element) }
    shared.signal()
  }

  private func finish(_ error: Failure?) {
    shared.locked {
      $0.failure = error
      $0.isFinished = true
    }
    shared.signal()
  }

  func cancel() {
    shared.locked { $0.isCancelled = true }
    shared.signal()
  }

  func take() throws(Failure) -> Element? {
    func taken(_ shared: inout Shared) -> Result<Element?, Failure> {
      shared.isFull = false
      if !shared.ready.isEmpty { return .success(shared.ready.removeFirst()) }
      guard let failure = shared.failure else { return .success(nil) }
      shared.failure = nil
      return .failure(failure)
    }
    let result = shared.locked(when: { !$0.ready.isEmpty || $0.isFinished }, taken)
    shared.signal()
    return try result.get()
  }
}
