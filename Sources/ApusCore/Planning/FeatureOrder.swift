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

  private static func zip(_ a: Int?, _ b: Int?) -> (Int, Int)? {
    guard let a, let b else { return nil }
    return (a, b)
  }
}

/// Listens while a model runs on shapes alone: what each of its layers was given, as far as the order of features matters to its
/// weights.
package final class FeatureOrders: OperationListener {
  /// By the layer's path; `.some(nil)`: the order does not matter.
  package private(set) var layers: [String: FeatureOrder?] = [:]

  /// By memory and shape, as views share memory. The tensors are held, so that no memory has two meanings.
  private var orders: [Place: FeatureOrder] = [:]
  private var held: [Tensor] = []
  /// Those that an operation has told about, whether their order matters or not.
  private var reported: Set<Place> = []

  private struct Place: Hashable {
    let memory: ObjectIdentifier
    let shape: Shape

    init(_ tensor: Tensor) { (memory, shape) = (ObjectIdentifier(tensor.body.storage), tensor.shape) }
  }

  package init(layers: [String: FeatureOrder?] = [:]) { self.layers = layers }

  package func operationRan(_ report: OperationReport, in scope: Scope) {
    let inputs = report.inputs.compactMap { $0 }
    guard let first = inputs.first else { return }
    held.append(report.result)
    let place = Place(report.result)
    let name = "\(report.name)"
    let isReported = !reported.insert(place).inserted
    switch report.details.features ?? report.operation?.featureEffect ?? .moves {
    case .reshapes:
      orders[place] = FeatureOrder.reshaped(order(of: first), from: first.shape, to: report.result.shape)
    case .permutes(let keepsChannels):
      orders[place] = order(of: first) != nil || !keepsChannels ? .unclear(name) : nil
    case .joins: orders[place] = inputs.contains { order(of: $0) != nil } ? .unclear(name) : nil
    case .keeps: orders[place] = merged(name, inputs)
    case .moves:
      // A whole whose parts have reported themselves, or a view of what a reshape has told about, has its order.
      if (!report.isListed && isReported) || place.memory == Place(first).memory { return }
      orders[place] = moved(merged(name, inputs), by: name)
    case .weighs(let effect):
      let order = order(of: first)
      let isKnown = effect != .blurs
      add(isKnown ? order : moved(order, by: name), at: scope.path ?? "")
      guard case .flattened = order else { break }
      orders[place] = effect == .blurs ? .unclear(name) : effect == .eachFeature ? order : nil
    }
  }

  private func order(of tensor: Tensor) -> FeatureOrder? { orders[Place(tensor)] }

  private func moved(_ order: FeatureOrder?, by name: String) -> FeatureOrder? {
    if case .flattened = order { .unclear(name) } else { order }
  }

  /// A layer that is used twice must be given the same order.
  private func add(_ order: FeatureOrder?, at path: String) {
    if let known = layers[path], known != order {
      layers[path] = .unclear("a second use of the layer")
    } else {
      layers[path] = .some(order)
    }
  }

  private func merged(_ name: String, _ inputs: [Tensor]) -> FeatureOrder? {
    let first = order(of: inputs[0])
    guard inputs.count > 1 else { return first }
    let second = order(of: inputs[1])
    if first == second { return first }
    if case .unclear = first { return first }
    if case .unclear = second { return second }
    // A number for all features does not know their order.
    let other = first == nil ? inputs[0] : inputs[1]
    return (first == nil || second == nil) && (other.shape.last ?? 1) == 1 ? first ?? second : .unclear(name)
  }
}
