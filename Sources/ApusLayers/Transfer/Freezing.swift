import ApusCore

/// The parts of a model that patterns of paths matched.
public struct MatchedParts: Hashable, Sendable, Codable {
  /// Paths of parameters, in the model's order.
  public var parameters: [String] = []
  /// Paths of buffers: running statistics of batch norms.
  public var buffers: [String] = []
  /// Numbers in those parameters.
  package var scalarCount = 0
}

extension Model {
  /// Keeps the parameters whose paths match as they are: no gradients are taken of them, nor of what lies before the first layer that
  /// is trained. The statistics of a batch norm stay with them, and are used in training too, where its paths match or all of its
  /// parameters are kept.
  ///
  /// ```swift
  /// try model.freeze("*")
  /// try model.unfreeze("fc.*")     // a new classifier on features that stay
  /// ```
  /// - Parameter patterns: as a `ParameterGroup`'s: `*` stands for any characters, dots too, and `?` for one.
  /// - Throws: `PathError` for a pattern that matches no parameter, with the nearest paths; then nothing is changed.
  @discardableResult
  public func freeze(_ patterns: String...) throws(PathError) -> MatchedParts {
    try setFrozen(true, matching: patterns)
  }

  /// Trains them again, and moves the statistics of batch norms that match or of which a parameter is trained.
  @discardableResult
  public func unfreeze(_ patterns: String...) throws(PathError) -> MatchedParts {
    try setFrozen(false, matching: patterns)
  }

  /// What is kept as it is now.
  public var frozenParts: MatchedParts {
    let walk = ModelWalk(self)
    var parts = MatchedParts()
    for (path, parameter) in walk.parameters where !parameter.isTrainable {
      parts.parameters.append(path)
      parts.scalarCount += parameter.shape.elementCount
    }
    parts.buffers = walk.buffers.filter(\.buffer.isFrozen).map(\.path)
    return parts
  }

  package func setFrozen(_ isFrozen: Bool, matching patterns: [String]) throws(PathError) -> MatchedParts {
    let walk = ModelWalk(self)
    let (parameters, buffers) = (walk.parameters, walk.buffers)
    let groups = patterns.map { ParameterGroup($0) }
    for group in groups where !parameters.contains(where: { group.matches($0.path) }) {
      throw PathError.noMatch(group.pattern, of: parameters.map(\.path))
    }
    var parts = MatchedParts()
    for (path, parameter) in parameters where groups.contains(where: { $0.matches(path) }) {
      parameter.isTrainable = !isFrozen
      parts.parameters.append(path)
      parts.scalarCount += parameter.shape.elementCount
    }
    let layers = Set(parts.parameters.map(ModelWalk.parent))
    let trained = Set(parameters.filter(\.parameter.isTrainable).map { ModelWalk.parent($0.path) })
    for (path, buffer) in buffers {
      let layer = ModelWalk.parent(path)
      // Where the patterns name the parameters alone, these decide.
      let follows = layers.contains(layer) && trained.contains(layer) != isFrozen
      guard follows || groups.contains(where: { $0.matches(path) }) else { continue }
      buffer.isFrozen = isFrozen
      parts.buffers.append(path)
    }
    return parts
  }
}
