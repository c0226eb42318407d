import ApusCore
import ApusSupport

/// The search for a winning ticket: train, prune the smallest weights, go back to the first values, train again.
///
/// ```swift
/// let ticket = LotteryTicket(model.parameters)
/// for _ in 0..<5 {
///   train(model)
///   ticket.prune(fraction: 0.2)
///   ticket.rewind()
/// }
/// train(model)
/// ```
/// Pruned weights are masked (`Parameter.mask`): exactly 0 from then on, under any optimizer. What momenta an
/// optimizer keeps of the former training is its own: make a new one. Frankle & Carbin 2019, "The lottery ticket
/// hypothesis".
public struct LotteryTicket {
  /// Whose weights compete for staying.
  public enum Extent: Sendable {
    /// Each parameter loses the same fraction.
    case layer
    /// All parameters together lose it, wherever their smallest weights are.
    case model
  }

  private let all: [(parameter: Parameter, initial: Tensor)]
  private let pruned: [Parameter]

  /// Remembers the values of now. `prunes` chooses among the parameters with at least two axes, filters and matrices;
  /// biases and norms are never pruned.
  public init(_ parameters: ParameterList, prunes: (_ path: String) -> Bool = { _ in true }) {
    all = parameters.map { ($0.parameter, $0.parameter.value.detached()) }
    pruned = parameters.filter { $0.parameter.shape.count >= 2 && prunes($0.path) }.map(\.parameter)
  }

  /// Masks `fraction` of the weights that are left, those of the smallest magnitude; of equal ones, the first.
  public func prune(fraction: Double, over extent: Extent = .layer) {
    if !(fraction >= 0 && fraction <= 1) { fatalError("prune: fraction \(fraction), expected 0...1") }
    let groups = extent == .layer ? pruned.map { [$0] } : [pruned]
    for group in groups { LotteryTicket.prune(group, fraction) }
  }

  /// Sets every parameter to its first value, pruned weights to 0.
  public func rewind() {
    for entry in all { entry.parameter.value = entry.initial }
  }

  /// The share of the weights of the parameters that may be pruned which are left.
  package var density: Double {
    let total = pruned.reduce(0) { $0 + $1.shape.elementCount }
    let left = pruned.reduce(0) { $0 + LotteryTicket.mask(of: $1).count(where: { $0 != 0 }) }
    return total == 0 ? 1 : Double(left) / Double(total)
  }

  private static func mask(of parameter: Parameter) -> [UInt8] {
    parameter.mask?.array(of: UInt8.self) ?? Array(repeating: 1, count: parameter.shape.elementCount)
  }

  private static func prune(_ group: [Parameter], _ fraction: Double) {
    var masks = group.map(mask)
    var left: [(magnitude: Float, member: Int, index: Int)] = []
    for (member, parameter) in group.enumerated() {
      for (index, value) in parameter.value.array(of: Float.self).enumerated() where masks[member][index] != 0 {
        left.append((value.isNaN ? .infinity : abs(value), member, index))
      }
    }
    let count = Int(fraction * Double(left.count))
    left.sort { ($0.magnitude, $0.member, $0.index) < ($1.magnitude, $1.member, $1.index) }
    for weight in left.prefix(count) { masks[weight.member][weight.index] = 0 }
    for (parameter, mask) in zip(group, masks) { parameter.mask = Tensor(mask, shape: parameter.shape) }
  }
}
