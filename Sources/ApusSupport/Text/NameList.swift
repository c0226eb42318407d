/// Names in an error's one line: the first ones, and how many more there are.
package enum NameList {
  /// As many as a person reads.
  private static let shown = 20

  package static func text(_ names: [String]) -> String {
    let more = names.count - shown
    return names.prefix(shown).joined(separator: ", ") + (more > 0 ? " and \(more.grouped) more" : "")
  }
}
