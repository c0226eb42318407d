/// The end of the system's memory or threads, which nothing can go on after.
package enum Shortage {
  // `nonisolated(unsafe)`: set before there is another thread, and only read later.
  /// What a program does in place of trapping, for instance end with a line and an exit code of its own.
  package nonisolated(unsafe) static var whenStopping: (@Sendable (_ text: String) -> Never)?

  package static func stop(_ text: String) -> Never {
    if let whenStopping { whenStopping(text) }
    fatalError(text)
  }
}
