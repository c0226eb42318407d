/// Gradients as values: of a loss with respect to each trainable parameter that was read while it was computed.
public struct Gradients {
  private var entries: [(parameter: Parameter, gradient: Tensor)] = []
  private var places: [ObjectIdentifier: Int] = [:]

  init() {}

  /// The gradient, of the parameter's shape, or `nil` where the loss does not depend on the parameter.
  public subscript(parameter: Parameter) -> Tensor? { places[ObjectIdentifier(parameter)].map { entries[$0].gradient } }

  /// Number of parameters that have a gradient.
  package var count: Int { entries.count }

  /// A parameter has several leaves where a nested `valueWithGradients` read it in between: their gradients add up.
  mutating func add(_ gradient: Tensor?, for parameter: Parameter) {
    guard let gradient else { return }
    if let place = places[ObjectIdentifier(parameter)] {
      entries[place].gradient = entries[place].gradient + gradient
    } else {
      places[ObjectIdentifier(parameter)] = entries.count
      entries.append((parameter, gradient))
    }
  }

  /// In the order in which the parameters were read.
  package var all: [(parameter: Parameter, gradient: Tensor)] { entries }

  /// Changes all gradients in place: `body` gets them with storage of their own, which it may write to.
  package mutating func change(_ body: ([Tensor]) -> Void) {
    for place in entries.indices {
      entries[place].gradient = entries[place].gradient.asGradient(of: entries[place].parameter)
      entries[place].gradient.makeUnique()
    }
    body(entries.map(\.gradient))
  }

  /// Sum with the gradients of another batch, for accumulation over micro-batches.
  public static func + (a: Gradients, b: Gradients) -> Gradients {
    var sum = a
    for entry in b.entries { sum.add(entry.gradient, for: entry.parameter) }
    return sum
  }

  /// Every gradient times a number.
  public static func * (a: Gradients, factor: Double) -> Gradients {
    var scaled = a
    for place in a.entries.indices { scaled.entries[place].gradient = a.entries[place].gradient * factor }
    return scaled
  }
}
