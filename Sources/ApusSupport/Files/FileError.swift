#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that cannot be read or written, or whose content is not what its format says. One line of text.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Whether the system refused, or the content is not as expected.
  package enum Problem: Hashable, Sendable {
    /// A system call failed with the given `errno`.
    case system(operation: String, code: Int32)
    /// The content differs from what the format asks for.
    case content(found: String, expected: String)
  }

  /// Path of the file.
  public let file: String
  /// The part of the file that it is about, for instance a tensor's name in quotes; empty if it is the whole.
  package let part: String
  /// What went wrong with the file or its part.
  package let problem: Problem

  /// Something in `file` that is not as expected.
  package init(_ file: String, part: String = "", found: String, expected: String) {
    self.file = file
    self.part = part
    problem = .content(found: found, expected: expected)
  }

  /// A failed system call: `operation` completes the sentence "cannot …".
  package init(_ file: String, cannot operation: String, code: Int32 = errno) {
    self.file = file
    part = ""
    problem = .system(operation: operation, code: code)
  }

  /// One line: `FILE: PART: FOUND, expected EXPECTED`, or `FILE: cannot OPERATION: ` and the system's words for the code.
  public var description: String {
    let place = part.isEmpty ? file : "\(file): \(part)"
    switch problem {
    case .system(let operation, let code): return "\(place): cannot \(operation): \(String(cString: strerror(code)))"
    case .content(let found, let expected): return "\(place): \(found), expected \(expected)"
    }
  }
}
