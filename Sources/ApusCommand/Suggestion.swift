import Apus

/// What a misspelt word may have meant.
enum Suggestion {
  /// The name that begins with the word, or the one that takes the fewest changes, where they are no more than half of the
  /// letters.
  static func nearest(to word: String, in names: [String]) -> String? {
    let word = word.lowercased()
    if word.count > 1, let longer = names.first(where: { $0.hasPrefix(word) }) { return longer }
    let best = names.map { (name: $0, changes: EditDistance.between(word, $0)) }.min { $0.changes < $1.changes }
    return best.flatMap { 2 * $0.changes <= max(word.count, $0.name.count) ? $0.name : nil }
  }
}
