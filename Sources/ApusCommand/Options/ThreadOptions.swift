import Apus
import ArgumentParser

/// `--threads`, the same in every command.
struct ThreadOptions: ParsableArguments {
  static let range = 1...Runtime.maximumThreadCount

  @Option(
    parsing: .unconditional,
    help: "Number of threads; results do not depend on it. (default: OMP_NUM_THREADS, or else the available CPUs)",
    transform: OptionValue.whole(ThreadOptions.range))
  var threads: Int?

  /// The parser calls it once the value is known, before the command runs.
  func validate() throws {
    if let threads { Runtime.threadCount = threads }
  }
}
