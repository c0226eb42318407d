import ArgumentParser

/// `--prefix` of the commands that read a file of weights.
struct PrefixOption: ParsableArguments {
  @Option(
    help: """
      What stands before the weights' names in a checkpoint with several sets, such as ema. (default: what the network's names are \
      found with)
      """)
  var prefix: String?
}
