/// In what order the last axis of a planned tensor lists the features of a flattened image. PyTorch flattens (C, H, W), Apus
/// [H, W, C], so that the rows of a linear layer behind it lie differently in files. What is not known here says nothing: `nil`.
package enum FeatureOrder: Hashable, Sendable {
  /// The features of an image of this shape, channels last; there is more than one position and more than one channel.
  case flattened(Shape)
  /// Features of a flattened image, moved or joined by what is named.
  case unclear(String)

  /// After a reshape.
  static func reshaped(_ order: FeatureOrder?, from old: Shape, to new: Shape) -> FeatureOrder? {
    guard let (last, newLast) = zip(old.last, new.last), last != newLast else { return order }
    switch order {
    case .unclear: return order
    case .flattened(let image): return new == Shape([old[0]] + image) ? nil : .unclear("Reshape")
    case nil: break
    }
    if new.count == 2, old.count > 2, new[0] == old[0] {
      let image = Shape(old.dropFirst())
      return image.elementCount > last && last > 1 ? .flattened(image) : nil
    }
    // Channels in groups, and back.
    if new.starts(with: old.dropLast()) && old.count > 2 { return nil }
    if new.count >= 4 && old.starts(with: new.dropLast()) { return nil }
    // An axis of its own for a number, or without one: nothing moves between channels and positions.
    return last == 1 || newLast == 1 || old.count < 2 || new.count < 2 ? nil : .unclear("Reshape")
  }

  /// Of parts that were joined along an axis.
  static func joined(_ parts: [Tensor]) -> FeatureOrder? {
    parts.contains { $0.body.trace?.features != nil } ? .unclear("Concatenate") : nil
  }

  private static func zip(_ a: Int?, _ b: Int?) -> (Int, Int)? {
    guard let a, let b else { return nil }
    return (a, b)
  }
}

extension PlanTrace {
  /// The trace of the same elements in another shape.
  func reshaped(from old: Shape, to new: Shape) -> PlanTrace {
    with(FeatureOrder.reshaped(features, from: old, to: new))
  }

  /// The trace after a transpose. Channels that leave the last axis cannot be followed.
  func transposed(by order: [Int]) -> PlanTrace {
    order.count < 3 || order.last == order.count - 1 ? self : with(.unclear("Transpose"))
  }

  private func with(_ order: FeatureOrder?) -> PlanTrace {
    order == features
      ? self
      : PlanTrace(
        receptiveField: receptiveField, isPoisoned: isPoisoned, isConstant: isConstant, row: row, features: order)
  }
}

/// What each layer of a planned model was given, as far as the order of features matters to its weights.
package final class FeatureOrders {
  /// By the layer's path; `.some(nil)`: the order does not matter.
  package private(set) var layers: [String: FeatureOrder?] = [:]

  package init(layers: [String: FeatureOrder?] = [:]) {
    self.layers = layers
  }

  /// Takes note of an operation; the order of its result.
  func follow(_ operation: String, _ result: Tensor, _ a: Tensor, _ b: Tensor?, _ note: Scope.Note) -> FeatureOrder? {
    let effect = note.features ?? note.graph?.featureEffect ?? .mixes
    if effect == .reshapes { return result.body.trace?.features }
    let order = merged(operation, a, b)
    let hasWeights = !note.parameters.isEmpty || effect == .scales(hasBuffers: true)
    if hasWeights, let path = note.path { add(accepted(order, effect, by: operation), at: path) }
    guard case .flattened = order else { return hasWeights ? nil : order }
    switch effect {
    case .keeps, .scales: return order
    case .consumes: return nil
    case .mixes, .reshapes: return .unclear(operation)
    }
  }

  /// The order that an operation's weights have.
  private func accepted(_ order: FeatureOrder?, _ effect: FeatureEffect, by operation: String) -> FeatureOrder? {
    guard case .flattened = order else { return order }
    switch effect {
    case .consumes, .scales: return order
    case .keeps, .mixes, .reshapes: return .unclear(operation)
    }
  }

  /// A layer that is used twice must be given the same order.
  private func add(_ order: FeatureOrder?, at path: String) {
    if let known = layers[path], known != order {
      layers[path] = .unclear("a second use of the layer")
    } else {
      layers[path] = .some(order)
    }
  }

  private func merged(_ operation: String, _ a: Tensor, _ b: Tensor?) -> FeatureOrder? {
    let first = a.body.trace?.features
    guard let b else { return first }
    let second = b.body.trace?.features
    if first == second { return first }
    if case .unclear = first { return first }
    if case .unclear = second { return second }
    // A number for all features does not know their order.
    let other = first == nil ? a : b
    return (first == nil || second == nil) && (other.shape.last ?? 1) == 1 ? first ?? second : .unclear(operation)
  }
}
