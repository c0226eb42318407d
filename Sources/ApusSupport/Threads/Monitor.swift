#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A value behind a lock with a condition to wait for; the standard library has the lock only, and Foundation's costs start-up time.
///
/// `@unchecked Sendable`: the two pointers never change, and the value is reached by `locked` alone, inside the lock. The compiler
/// checks the rest: the value is Sendable, so that a part of it may leave the lock. Inlined where it is used: each tensor's memory is
/// taken inside one, and a generic of another module is not specialized otherwise.
package final class Monitor<State: Sendable>: @unchecked Sendable {
  @usableFromInline var state: State
  @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  @usableFromInline let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init(_ state: State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  @inlinable
  package func locked<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// The same, once `isReady`; the lock is let go of while it is not.
  @inlinable
  package func locked<Result>(when isReady: (inout State) -> Bool, _ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    // It may also wake for nothing.
    while !isReady(&state) { pthread_cond_wait(condition, mutex) }
    return body(&state)
  }

  /// Wakes every waiting thread, to look at the value again.
  package func signal() { pthread_cond_broadcast(condition) }
}
