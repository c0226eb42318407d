import ArgumentParser

/// `--json`, the same in every command that prints a result.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false
}
