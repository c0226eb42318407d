import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C and the request to terminate: the first one is noted, so that the step can be finished; a second one ends the process.
enum Interruption {
  // An atomic without a lock is what a signal handler may write. Relaxed: the number is all that it tells.
  private static let noted = Atomic<Int32>(0)

  /// The signal that came, or 0.
  static var signal: Int32 { noted.load(ordering: .relaxed) }

  /// From now on the first SIGINT and the first SIGTERM are noted.
  static func watch() {
    _ = signal  // makes the static before a handler can need it
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = handler
      #else
        action.__sigaction_handler.sa_handler = handler
      #endif
      // After the first one the signal does again what it does by default.
      action.sa_flags = Int32(truncatingIfNeeded: UInt32(SA_RESETHAND)) | Int32(SA_RESTART)
      sigaction(number, &action, nil)
    }
    // A process that starts this one from a worker thread may have left them blocked.
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  private static let handler: @convention(c) (Int32) -> Void = { number in
    Interruption.noted.store(number, ordering: .relaxed)
  }
}
