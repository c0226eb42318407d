#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the command writes to.
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
  static func printLine(_ text: String) { put(text + "\n", STDOUT_FILENO) }

  /// Text on standard output without a new line.
  static func print(_ text: String) { put(text, STDOUT_FILENO) }

  /// A line on standard error, `apus: …`.
  static func printError(_ text: String) { put("apus: \(text)\n", STDERR_FILENO) }

  /// Nothing can be said where the output is gone, so that errors are not looked at.
  private static func put(_ text: String, _ descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(count, 0))
    }
  }
}
