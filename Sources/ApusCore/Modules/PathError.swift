import ApusSupport

/// A path, or a pattern of paths, that a model does not have. One line, with what was perhaps meant.
public struct PathError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path or pattern, as given.
  package var pattern: String
  /// What is wrong with it, to be read behind the pattern: `matches none of the 62 parameters`.
  package var problem: String
  /// Paths, or patterns, that are most like it, the nearest first.
  package var nearest: [String]

  /// - Parameter problem: the end of a sentence that the quoted pattern begins.
  package init(_ pattern: String, problem: String, nearest: [String] = []) {
    self.pattern = pattern
    self.problem = problem
    self.nearest = nearest
  }

  /// One line: the pattern in quotes, the problem, the nearest paths if there are any.
  public var description: String {
    let hint = nearest.isEmpty ? "" : "; the nearest are \(nearest.joined(separator: ", "))"
    return "\"\(pattern)\" \(problem)\(hint)"
  }

  /// Of a pattern that matches none of these parameters.
  package static func noMatch(_ pattern: String, of paths: [String]) -> PathError {
    let layers = Set(paths.flatMap { path in parents(of: path) })
    // A layer's own path names no parameter: all below it was meant.
    let candidates = layers.map { (name: $0, shown: $0 + ".*") } + paths.map { (name: $0, shown: $0) }
    let name = withoutDots(pattern.filter { $0 != "*" && $0 != "?" })
    return PathError(
      pattern, problem: "matches none of the \(paths.count) parameters", nearest: nearest(to: name, in: candidates))
  }

  /// Of a path that is none of a model's layers, whose own path is empty.
  package static func noLayer(_ path: String, of layers: [String]) -> PathError {
    let known = layers.filter { !$0.isEmpty }
    return PathError(
      path, problem: "is not one of the model's \(known.count) layers",
      nearest: nearest(to: path, in: known.map { ($0, $0) }))
  }

  /// The three most like `name`, those of fewer characters and then the alphabet's first where they are equally near.
  package static func nearest(to name: String, in candidates: [(name: String, shown: String)]) -> [String] {
    let ranked = candidates.map { ($0, EditDistance.between(name.lowercased(), $0.name.lowercased())) }
    return ranked.sorted { a, b in
      (a.1, a.0.name.utf8.count, a.0.shown) < (b.1, b.0.name.utf8.count, b.0.shown)
    }.prefix(3).map(\.0.shown)
  }

  private static func withoutDots(_ text: some StringProtocol) -> String {
    text.split(separator: ".").joined(separator: ".")
  }

  /// `a.b.c` → `a`, `a.b`.
  private static func parents(of path: String) -> [String] {
    path.indices.filter { path[$0] == "." }.map { String(path[..<$0]) }
  }
}
