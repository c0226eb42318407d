import Apus
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C, the request to terminate, a terminal that was closed, a reader that has left: the first one is noted, so that the step
/// can be finished and saved; a second one of its kind ends the process.
enum Interruption {
  // An atomic without a lock is what a signal handler may write. Relaxed: the number is all that it tells.
  private static let noted = Atomic<Int32>(0)

  /// The signal that came, or 0.
  static var signal: Int32 { noted.load(ordering: .relaxed) }

  /// Whether the first one was that a reader has left.
  static var isLostReader: Bool { signal == SIGPIPE || signal == 0 }

  /// From now on the first SIGINT, SIGTERM, SIGHUP or SIGPIPE is noted.
  static func watch() {
    _ = signal  // makes the static before a handler can need it
    // What is ignored stays so: SIGHUP under nohup, SIGINT of a command that a shell script started with &.
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) { note(number, once: true) }
    // It comes with every write to a reader that has left, also while the step is being saved: it never ends the process by
    // itself.
    note(SIGPIPE, once: false)
    // A process that starts this one from a worker thread may have left them blocked.
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&set, number) }
    sigprocmask(SIG_UNBLOCK, &set, nil)
  }

  /// - Parameter once: whether the signal then does again what it does by default.
  private static func note(_ number: Int32, once: Bool) {
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = (once ? Int32(truncatingIfNeeded: UInt32(SA_RESETHAND)) : 0) | Int32(SA_RESTART)
    sigaction(number, &action, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  private static let handler: @convention(c) (Int32) -> Void = { number in
    // The reader of a pipe often ends with the same Ctrl-C: what came first is the reason.
    _ = Interruption.noted.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  }

  /// A reader of image files that gives up once a signal was noted: reading a large folder takes minutes, and there is no step to
  /// finish.
  static func stopping(_ reader: @escaping ImageFolder.Reader) -> ImageFolder.Reader {
    { content, file, options in
      if signal != 0 { throw InterruptedError() }
      return try reader(content, file, options)
    }
  }
}

/// Noted before the first step: nothing is to be saved.
struct InterruptedError: Error {}
