import ApusCore
import ApusSupport

/// Fully connected layer: y = x · weight + bias, [N, in] → [N, out].
///
/// Initial weights: He's normal distribution, deviation √(2 / in); bias 0.
public struct Linear: Layer {
  /// [in, out]
  public let weight: Parameter
  /// [out]
  public let bias: Parameter?

  /// Traps if a count is below 1. Initializers see fan-in `inputs` and fan-out `outputs`.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initializer: Initializer = .kaimingNormal(gain: .relu),
    biasInitializer: Initializer = .zeros
  ) {
    if inputs < 1 || outputs < 1 { fatalError("Linear(\(inputs), \(outputs)): both counts must be at least 1") }
    weight = Parameter(
      [inputs, outputs], drawnBy: Initializer.chosen ?? initializer, fanIn: inputs, fanOut: outputs)
    self.bias = bias ? Parameter(biasInitializer.tensor([outputs], fanIn: inputs, fanOut: outputs)) : nil
  }

  /// […, in] → […, out], two axes or more. Traps if the last axis is not `in`.
  public func forward(_ x: consuming Tensor) -> Tensor {
    linear(x, weight: weight.value, bias: bias?.value)
  }
}
