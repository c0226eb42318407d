import ApusCore
import ApusSupport

extension Nonlinearity {
  fileprivate static let leakyReLU = Nonlinearity("leaky_relu")
}

extension ActivationFunction {
  /// x where x > 0, else slope · x.
  public static func leakyReLU(slope: Double) -> ActivationFunction {
    ActivationFunction(
      .leakyReLU, "LeakyReLU", slope, details: { slope, _ in "slope \(slope)" },
      onnx: { slope, _ in .apply("LeakyRelu", [.x], [("alpha", slope)]) })
  }
}

/// x where x > 0, else slope · x. The derivative is 1 or the slope (a slide of the lecture prints −slope, which is wrong); the slope
/// at 0.
public func leakyReLU(_ x: consuming Tensor, slope: Double) -> Tensor {
  checkLeakySlope(slope)
  return nonlinearity(.leakyReLU(slope: slope), x)
}

/// The leaky rectifier: y = x where x > 0, else slope · x. It does not die.
///
/// There is no agreed slope: 0.01 in Maas, Hannun & Ng 2013 and in PyTorch, 0.1 and 0.02 elsewhere, so look at the argument.
public struct LeakyReLU: Layer {
  /// What negative numbers are multiplied by, at least 0; 0.01 unless given.
  package let slope: Double

  /// Traps unless `slope` is finite and at least 0.
  public init(slope: Double = 0.01) {
    checkLeakySlope(slope)
    self.slope = slope
  }

  /// x of any shape → the same shape.
  public func forward(_ x: consuming Tensor) -> Tensor { leakyReLU(x, slope: slope) }
}

/// With a negative slope the function would fold, and its sign no longer tell which side an output came from.
private func checkLeakySlope(_ slope: Double) {
  if !(slope >= 0 && Float(slope).isFinite) {
    fatalError("LeakyReLU: slope \(slope) is not a finite number of at least 0")
  }
}
