import ArgumentParser

/// `--prefix` of the commands that read a file of weights.
struct PrefixOption: ParsableArguments {
  @Option(help: "Prefix of the weights' names in a checkpoint with several sets, such as ema. (default: detected)")
  var prefix: String?
}
