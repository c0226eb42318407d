import ApusCore
import ApusLayers
import ApusSupport

/// What is known of an activation function: the lecture's tables of advantages and disadvantages as data.
///
/// ```swift
/// for facts in ActivationFacts.all where facts.saturation == .none { print(facts.name, facts.equation) }
/// ```
/// Functions with a parameter are described at its default.
package struct ActivationFacts: Sendable {
  /// On which side the derivative tends to 0, so that gradients vanish.
  package enum Saturation: Sendable { case none, negative, both }

  /// Where outputs lie for inputs that are symmetric about 0.
  package enum Centering: Sendable {
    /// An odd function: their mean is 0.
    case zero
    /// Both signs occur: their mean is nearer to 0 than that of a function without negative values.
    case bothSigns
    /// Never negative, so that all gradients of a unit's weights in the next layer share one sign.
    case positive
  }

  /// What an element costs.
  package enum Cost: Sendable {
    /// A comparison and a multiplication at most.
    case comparison
    /// An exponential, most with a division.
    case exponential
  }

  /// The layer's name: `LeakyReLU`.
  package var name: String
  /// The function of an element x, as plain text: `max(x, 0)`.
  package var equation: String
  /// Authors and year; empty if no paper is named.
  package var paper: String
  /// Numbers of the lectures that name it; empty if none does.
  package var lectures: [Int]
  /// Infimum and supremum.
  package var range: ClosedRange<Double>
  /// The sides on which gradients vanish.
  package var saturation: Saturation
  /// The signs of its outputs for inputs that are symmetric about 0.
  package var centering: Centering
  /// What one element takes to compute.
  package var cost: Cost
  /// Whether a larger input never gives a smaller output.
  package var isMonotone: Bool
  /// Whether the derivative is exactly 0 on a half-line, where a unit gets no gradient any more.
  package var canDie: Bool
  /// What initial deviations are multiplied by, as PyTorch's `calculate_gain` has it; `nil` if that knows none.
  package var gain: Double?
  /// Where its pieces meet, ascending; 0 unless said.
  package var kinks: [Double] = [0]
  /// The function, at the default of its parameter; `nil` for Maxout, which is none of one element.
  package var function: (@Sendable (Tensor) -> Tensor)?

  /// The function with a layer's name, `LeakyReLU`, in the same case; `nil` if there is none.
  package static func named(_ name: String) -> ActivationFacts? { all.first { $0.name == name } }
}

extension Initializer.Gain {
  /// The gain of an activation function. Traps if none is known: `.value` gives one of one's own.
  package static func activation(_ facts: ActivationFacts) -> Initializer.Gain {
    guard let gain = facts.gain else { fatalError("\(facts.name) has no known gain: give one with .value") }
    return .value(gain)
  }
}
