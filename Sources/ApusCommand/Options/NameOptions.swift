import Apus
import ArgumentParser

/// What the names of a file's weights are to a network: `--prefix` and `--rename`.
struct NameOptions: ParsableArguments {
  @OptionGroup var below: PrefixOption

  @Option(
    help: """
      What a layer or weight is called in the file, and in the network: --rename backbone.stem=conv1. Repeat it for others.
      """, transform: NameOptions.rule)
  var rename: [Rule] = []

  var prefix: String? { below.prefix }

  /// The file at `path`, with its names as they are to be read.
  func read(_ path: String) throws -> WeightsFile {
    let twice = Dictionary(grouping: rename, by: \.key).first { $0.value.count > 1 }
    if let twice { throw ValidationError("--rename \(twice.key)=… is given twice") }
    return try WeightsFile.read(
      path, prefix: prefix, renaming: Dictionary(uniqueKeysWithValues: rename.map { ($0.key, $0.value) }))
  }

  /// `key=value`
  struct Rule {
    var key, value: String
  }

  static let rule: @Sendable (String) throws -> Rule = { text in
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts[0] != parts[1] else {
      throw OptionValue.Refusal(description: "expected NAME=NAME: the file's, then the network's")
    }
    return Rule(key: parts[0], value: parts[1])
  }
}

/// `--flattened`: how a file lists the features of flattened images.
struct FlattenedOption: ParsableArguments {
  @Option(
    help: """
      The order in which the file lists the inputs of a linear layer behind a flattened image: --flattened fc=whc (h, w and c \
      for height, width and channels, the outermost first). Repeat it for others. (default: chw, as PyTorch's flatten)
      """, transform: FlattenedOption.order)
  var flattened: [Order] = []

  var orders: [String: FlattenedOrder] { Dictionary(flattened.map { ($0.path, $0.order) }) { $1 } }

  struct Order {
    var path: String
    var order: FlattenedOrder
  }

  static let order: @Sendable (String) throws -> Order = { text in
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let order = FlattenedOrder(rawValue: parts[1].lowercased()) else {
      let orders = FlattenedOrder.allCases.map(\.rawValue).joined(separator: ", ")
      throw OptionValue.Refusal(description: "expected LAYER=ORDER, where the order is one of \(orders)")
    }
    return Order(path: parts[0], order: order)
  }
}
