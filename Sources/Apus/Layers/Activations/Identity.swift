/// The input itself: where an architecture has a place for an activation and none is wanted.
public struct Identity: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { x }
}

extension ActivationFacts {
  public static let identity = ActivationFacts(
    name: "Identity", equation: "x", paper: "", decks: [], range: -.infinity ... .infinity, saturation: .none,
    centring: .zero, cost: .comparison, isMonotone: true, canDie: false, gain: 1, function: { $0 })
}
