/// Finding what a user meant by a misspelt name.
package enum EditDistance {
  /// Insertions, deletions, substitutions and swaps of neighbors that turn `a` into `b` (optimal string alignment).
  package static func between(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var previous = [Int](repeating: 0, count: b.count + 1)
    var current = Array(0...b.count)
    var next = current
    for i in 1..<(a.count + 1) {
      next[0] = i
      for j in 1..<(b.count + 1) {
        next[j] = min(current[j] + 1, next[j - 1] + 1, current[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
          next[j] = min(next[j], previous[j - 2] + 1)
        }
      }
      (previous, current, next) = (current, next, previous)
    }
    return current[b.count]
  }

  /// The nearest of `names`, the first of several equally near.
  package static func nearest(to name: String, in names: [String]) -> String? {
    names.min { between(name.lowercased(), $0) < between(name.lowercased(), $1) }
  }
}
