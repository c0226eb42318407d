import ApusSupport
import Synchronization

/// What fills a tensor's storage when somebody reads it.
///
/// It may be read on several threads at once: the first one computes, the others sleep until it is done. A subclass's own variables
/// are written in two situations.
/// - waiting: an operation appends itself, having found the body uniquely referenced, so that nobody can be reading it;
/// - running: by the one thread whose exchange took the state from waiting to running. It stores `done` last, with release order,
///   and whoever loads `done` with acquire order sees the values. There is no way back from done.
package class DeferredValue {
  /// Whether computing it puts it on a tape.
  final let isRecorded: Bool
  private final let state = Atomic<State>(.waiting)

  private enum State: UInt8, AtomicRepresentable {
    /// `awaited`: running, and somebody sleeps until it is done.
    case waiting, running, awaited, done
  }

  init(isRecorded: Bool) { self.isRecorded = isRecorded }

  /// Fills the body; what is needed for it alone is let go of. Called once, on one thread.
  func compute(into body: TensorBody) { fatalError("\(Self.self) does not say how it is computed") }

  /// Whether it can still be changed. Relaxed: what it made is not read by those who ask.
  final var isWaiting: Bool { state.load(ordering: .relaxed) == .waiting }

  /// Returns when the body has its values.
  final func finish(_ body: TensorBody) {
    if state.load(ordering: .acquiring) == .done { return }
    guard state.compareExchange(expected: .waiting, desired: .running, ordering: .acquiring).exchanged else {
      DeferredValue.sleepers.locked(when: isDone) { _ in }
      return
    }
    if let operation = body.mark?.operation, let account = ThreadContext.ofThread?.plannedMemory {
      account.booking(on: operation) { compute(into: body) }
    } else {
      compute(into: body)
    }
    // Whoever marked the state as awaited looks at it again once the lock is free.
    if state.exchange(.done, ordering: .acquiringAndReleasing) == .awaited {
      DeferredValue.sleepers.locked { _ in DeferredValue.sleepers.signal() }
    }
  }

  /// One lock for all: two threads rarely read a value that is being computed. What it guards is the state, which is elsewhere; a number
  /// of its own, as the thread sanitizer would take an access to nothing for one to what lies there.
  private static let sleepers = Monitor(0)

  /// Inside the lock: from here on the thread that computes knows that somebody sleeps.
  private final func isDone(_: inout Int) -> Bool {
    let (_, found) = state.compareExchange(expected: .running, desired: .awaited, ordering: .acquiring)
    return found == .done
  }
}
