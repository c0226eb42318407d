#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A thread that somebody waits for.
///
/// `@unchecked Sendable` for `pthread_t`, which is a pointer on some systems: it is constant, and names a thread to any other. The
/// closure is Sendable; the box that carries it over is given up here and taken by the new thread, once.
package final class Joinable: @unchecked Sendable {
  private let thread: pthread_t

  /// Traps if the system has no thread left.
  package init(_ body: @escaping @Sendable () -> Void) {
    final class Box {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let context = Unmanaged.passRetained(Box(body)).toOpaque()
    #if canImport(Darwin)
      var made: pthread_t?
    #else
      var made = pthread_t()
    #endif
    let code = pthread_create(
      &made, nil,
      { (context: UnsafeMutableRawPointer?) in
        Unmanaged<Box>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, context)
    if code != 0 { Shortage.stop("no memory for a thread: \(String(cString: strerror(code)))") }
    #if canImport(Darwin)
      thread = made!
    #else
      thread = made
    #endif
  }

  /// Waits until the thread has ended. Call it once.
  package func join() { pthread_join(thread, nil) }
}
