import ApusCore
import ApusSupport

extension Nonlinearity {
  fileprivate static let plu = Nonlinearity("plu")
}

extension ActivationFunction {
  /// x within ±corner; outside it goes on by slope.
  public static func plu(slope: Double, corner: Double) -> ActivationFunction {
    ActivationFunction(
      .plu, "PLU", slope, corner, details: { slope, corner in "slope \(slope), corner \(corner)" },
      onnx: { slope, corner in
        func line(_ into: String, _ back: String) -> ONNXForm {
          .apply(back, [.apply("Mul", [.apply(into, [.x, .number(corner)]), .number(slope)]), .number(corner)])
        }
        return .apply("Max", [line("Add", "Sub"), .apply("Min", [line("Sub", "Add"), .x])])
      })
  }
}

/// max(slope · (x + corner) − corner, min(slope · (x − corner) + corner, x)). The derivative is 1 within ±corner, else the slope.
public func plu(_ x: consuming Tensor, slope: Double = 0.1, corner: Double = 1) -> Tensor {
  checkPLU(slope, corner)
  return nonlinearity(.plu(slope: slope, corner: corner), x)
}

/// The piecewise linear unit: the identity within ±corner, and lines of a smaller slope outside.
///
/// It is nearly tanh where that is steep, and never saturates. Nicolae 2018, "PLU: The piecewise linear unit activation function".
public struct PLU: Layer {
  let slope: Double
  let corner: Double

  /// Traps unless the slope is above 0 and at most 1, and the corner above 0 and finite.
  public init(slope: Double = 0.1, corner: Double = 1) {
    checkPLU(slope, corner)
    self.slope = slope
    self.corner = corner
  }

  /// x of any shape → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor { plu(x, slope: slope, corner: corner) }
}

private func checkPLU(_ slope: Double, _ corner: Double) {
  if !(slope > 0 && slope <= 1) { fatalError("PLU: slope \(slope) is not above 0 and at most 1") }
  if !(corner > 0 && Float(corner).isFinite) { fatalError("PLU: corner \(corner) is not a finite number above 0") }
}
