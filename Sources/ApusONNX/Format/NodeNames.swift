/// Names from a file, as errors show them.
package enum NodeNames {
  /// `node "/conv1/Conv" (Conv)`
  static func place(of node: NodeRecord) -> String {
    "node \(quoted(node.name.isEmpty ? node.outputs.first ?? "" : node.name)) (\(shown(node.operation)))"
  }

  /// In quotes, on one line.
  static func quoted(_ name: String) -> String { "\"\(shown(name))\"" }

  /// On one line, and not longer than one.
  static func shown(_ name: String) -> String {
    let mostCharacters = 120
    let scalars = name.unicodeScalars
    let text = scalars.prefix(mostCharacters).map { scalar in
      scalar.properties.generalCategory == .control || scalar.properties.isPatternWhitespace ? " " : String(scalar)
    }
    return text.joined() + (scalars.count > mostCharacters ? "…" : "")
  }
}
