import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the command writes to. All of its text goes through here, help and version too.
///
/// Output that is lost counts: the first loss is told on standard error, and the command, which goes on, since it may be writing
/// files that are worth more than its lines, ends with an error (`exitCode`). Where the reader has left (`| head`) the command ends
/// quietly, as commands do. What standard error does not take is not looked at: there is no other place to tell it.
enum Terminal {
  /// Whether standard output is a terminal that can redraw a line.
  static let isInteractive =
    isatty(STDOUT_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } ?? "dumb" != "dumb"

  /// Columns of the terminal; 80 where it does not say.
  static var width: Int {
    var size = winsize()
    return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// A line on standard output, there at once, also in a pipe.
  static func printLine(_ text: String) { print(text + "\n") }

  /// Text on standard output without a new line.
  static func print(_ text: String) {
    // Behind a gap nothing more is written: what is there is then the beginning of the output.
    if failure.load(ordering: .relaxed) != 0 { return }
    let code = put(text, STDOUT_FILENO)
    if code == 0 { return }
    if code == EPIPE && !outlivesReader.load(ordering: .relaxed) { endByBrokenPipe() }
    fail(code)
  }

  /// A line on standard error, `apus: …`.
  static func printError(_ text: String) {
    // That nobody reads it is not noted as the end of whoever reads standard output.
    var (set, before, pending) = (sigset_t(), sigset_t(), sigset_t())
    sigemptyset(&set)
    sigaddset(&set, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &set, &before)
    _ = put("apus: \(text)\n", STDERR_FILENO)
    sigpending(&pending)
    if sigismember(&pending, SIGPIPE) == 1 {
      var number: Int32 = 0
      sigwait(&set, &number)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }

  // MARK: Losses

  /// The error number of the first loss; 0: everything was written.
  private static let failure = Atomic<Int32>(0)
  private static let outlivesReader = Atomic<Bool>(false)

  /// Whether whoever read standard output has left.
  static var readerHasLeft: Bool { failure.load(ordering: .relaxed) == EPIPE }

  /// From now on a reader that leaves does not end the process at once: the command looks at `readerHasLeft` and saves first.
  static func outliveReader() { outlivesReader.store(true, ordering: .relaxed) }

  private static func fail(_ code: Int32) {
    failure.store(code, ordering: .relaxed)
    if code == EPIPE { return }
    printError("error: standard output: \(String(cString: strerror(code))); the output is incomplete from here on")
  }

  /// The exit code of a command that would end with `code`, which is its last act on standard output.
  static func exitCode(_ code: Int32) -> Int32 {
    // Some file systems tell only now that there was no room. One that was closed before is the caller's wish.
    if failure.load(ordering: .relaxed) == 0, close(STDOUT_FILENO) != 0, errno != EBADF, errno != EINTR { fail(errno) }
    switch failure.load(ordering: .relaxed) {
    case 0: return code
    case EPIPE where code == 0 || code == 128 + SIGPIPE: endByBrokenPipe()
    default: return code == 0 ? 1 : code
    }
  }

  /// The end that a process has by default where nobody reads what it writes.
  private static func endByBrokenPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGPIPE)
    sigprocmask(SIG_UNBLOCK, &set, nil)
    raise(SIGPIPE)
    _exit(128 + SIGPIPE)
  }

  // MARK: The process

  /// How the caller had the signals that `begin` ignores. `nonisolated(unsafe)`: written there, before there is another thread, and
  /// only read later.
  private nonisolated(unsafe) static var former: [(signal: Int32, action: sigaction)] = []

  /// Called before anything is opened or written.
  static func begin() {
    // Where the caller has closed one of these, the next file that is opened would take its number, and the lines meant for the
    // terminal would land in that file. Opened the wrong way round it is an error to use, as before.
    for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", mode)
    }
    // A write to nobody, or beyond `ulimit -f`, is then an error of that write and does not end the process.
    for number in [SIGPIPE, SIGXFSZ] {
      var action = sigaction()
      sigaction(number, nil, &action)
      former.append((number, action))
      signal(number, SIG_IGN)
    }
  }

  /// For a program that takes the place of this process: signals that are ignored stay so.
  static func restoreSignals() {
    for (number, action) in former {
      var action = action
      sigaction(number, &action, nil)
    }
  }

  /// Writes all of the text, however little a write takes at a time; the error number, or 0.
  private static func put(_ text: String, _ descriptor: Int32) -> Int32 {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if count == 0 {
        return ENOSPC
      } else if errno == EAGAIN || errno == EWOULDBLOCK {
        // Whoever shares the pipe has made it non-blocking; a slow reader gets everything all the same.
        var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&place, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
