import Apus

/// What a misspelt word may have meant.
enum Suggestion {
  /// The word itself, the name that it begins or that begins it, or the one that takes the fewest changes, where they are no more than half of the
  /// letters.
  static func nearest(to word: String, in names: [String]) -> String? {
    let word = word.lowercased()
    if names.contains(word) { return word }
    if word.count > 1, let longer = names.first(where: { $0.hasPrefix(word) }) { return longer }
    let shorter = names.filter { $0.count > 2 && word.hasPrefix($0) }
    if let longest = shorter.max(by: { $0.count < $1.count }) { return longest }
    let best = names.map { (name: $0, changes: EditDistance.between(word, $0)) }.min { $0.changes < $1.changes }
    return best.flatMap { 2 * $0.changes <= max(word.count, $0.name.count) ? $0.name : nil }
  }
}
