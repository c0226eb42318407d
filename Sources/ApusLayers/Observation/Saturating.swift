/// An activation whose values are bounded, and whose gradient is all but 0 near its bounds.
package protocol Saturating {
  /// What lies at an end of it or beyond counts as saturated: a hundredth of the values' range is left out on each side where they
  /// come to the bounds in infinity alone.
  var saturation: ClosedRange<Float> { get }
}

extension Sigmoid: Saturating {
  package var saturation: ClosedRange<Float> { 0.01...0.99 }
}

extension Tanh: Saturating {
  package var saturation: ClosedRange<Float> { -0.98...0.98 }
}

extension HardSigmoid: Saturating {
  package var saturation: ClosedRange<Float> { 0...1 }
}

extension Hardtanh: Saturating {
  package var saturation: ClosedRange<Float> { Float(min)...Float(max) }
}

extension ReLU6: Saturating {
  package var saturation: ClosedRange<Float> { 0...6 }
}
