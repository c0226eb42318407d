/// Gradients as values: of a loss with respect to each trainable parameter that was read while it was computed.
public struct Gradients {
  private var entries: [ObjectIdentifier: (parameter: Parameter, gradient: Tensor)] = [:]

  init() {}

  /// The gradient, of the parameter's shape, or `nil` where the loss does not depend on the parameter.
  public subscript(parameter: Parameter) -> Tensor? { entries[ObjectIdentifier(parameter)]?.gradient }

  public var count: Int { entries.count }

  /// A parameter has several leaves where a nested `valueWithGradients` read it in between: their gradients add up.
  mutating func add(_ gradient: Tensor?, for parameter: Parameter) {
    guard let gradient else { return }
    let present = entries[ObjectIdentifier(parameter)]?.gradient
    entries[ObjectIdentifier(parameter)] = (parameter, present.map { $0 + gradient } ?? gradient)
  }

  /// Sum with the gradients of another batch, for accumulation over micro-batches.
  public static func + (a: Gradients, b: Gradients) -> Gradients {
    var sum = a
    for entry in b.entries.values { sum.add(entry.gradient, for: entry.parameter) }
    return sum
  }

  /// Every gradient times a number.
  public static func * (a: Gradients, factor: Double) -> Gradients {
    var scaled = a
    for (key, entry) in a.entries { scaled.entries[key] = (entry.parameter, entry.gradient * factor) }
    return scaled
  }
}
