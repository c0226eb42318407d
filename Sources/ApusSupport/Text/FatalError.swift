// `stdout` is a variable of C's: nothing here or in Swift's library sets it.
#if canImport(Glibc)
  @preconcurrency import Glibc
#elseif canImport(Musl)
  @preconcurrency import Musl
#else
  @preconcurrency import Darwin
#endif

/// Stops the program as Swift's function of this name does, after writing out what the program has printed: on a pipe or into a file
/// standard output is written in blocks, and what lies in the last one would be lost, the lines that say how far it came.
///
/// A file that imports this module calls this one instead of Swift's; `Scripts/check-style` finds files that do not.
package func fatalError(
  _ message: @autoclosure () -> String = String(), file: StaticString = #file, line: UInt = #line
) -> Never {
  let message = message()
  // Another thread that is printing may wait for this one: the text is then not worth a program that never ends.
  if ftrylockfile(stdout) == 0 {
    fflush(stdout)
    funlockfile(stdout)
  }
  Swift.fatalError(message, file: file, line: line)
}
