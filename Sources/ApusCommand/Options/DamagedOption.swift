import Apus
import ArgumentParser

/// `--damaged`, the same in every command that reads image files.
struct DamagedOption: ParsableArguments {
  @Option(
    help: """
      Image files that cannot be read: stop, or skip (left out and listed; of a data set at most \
      \(Int(100 * DamagedImages.limit)) %). (default: stop)
      """, transform: OptionValue.damaged)
  var damaged: DamagedImages?
}
