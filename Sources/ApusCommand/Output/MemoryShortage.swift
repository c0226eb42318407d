import Apus

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// No memory ends the command with one line and exit code 1, wherever it is noticed.
///
/// The pool of tensors says so itself. Elsewhere, in an array of Swift's or a library, the process is stopped by a trap: where a
/// limit on its memory is set, that is taken as the likely reason.
enum MemoryShortage {
  static func watch() {
    Shortage.whenStopping = { text in
      Terminal.printError("error: \(text)\(hint)")
      _exit(1)
    }
    guard limit != nil else { return }
    _ = alternateStack
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] { takeOver(number) }
  }

  /// Bytes of address space that the process may have; `nil` if there is no limit.
  private static let limit: UInt64? = {
    var limit = rlimit()
    #if canImport(Glibc)
      let code = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    #else
      let code = getrlimit(RLIMIT_AS, &limit)
    #endif
    return code == 0 && limit.rlim_cur < 1 << 62 ? UInt64(limit.rlim_cur) : nil
  }()

  private static var hint: String {
    guard let limit else { return "; smaller images, a smaller batch or a smaller network needs less" }
    return ": the limit (ulimit -v) is \((Double(limit) / 1e6).formatted(decimals: 0)) MB"
  }

  /// The line for a trap, made before there is one: a handler must not take memory.
  private static let line: [UInt8] = Array("apus: error: stopped by a trap, probably for lack of memory\(hint)\n".utf8)

  /// For handlers: the stack may be what is used up.
  private static let alternateStack: Void = {
    let size = 1 << 16
    var stack = stack_t()
    stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    stack.ss_size = size
    sigaltstack(&stack, nil)
  }()

  private static func takeOver(_ number: Int32) {
    _ = line
    var action = sigaction()
    let handler: @convention(c) (Int32) -> Void = { _ in
      MemoryShortage.line.withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      _exit(1)
    }
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = Int32(SA_ONSTACK)
    sigaction(number, &action, nil)
  }
}
