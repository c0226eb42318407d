import ApusCore
import ApusSupport

extension Nonlinearity {
  fileprivate static let hardtanh = Nonlinearity("hardtanh")
}

extension ActivationFunction {
  /// min(max(x, low), high).
  public static func hardtanh(_ low: Double, _ high: Double) -> ActivationFunction {
    ActivationFunction(
      .hardtanh, "Hardtanh", low, high, details: { "from \($0) to \($1)" },
      onnx: { .apply("Clip", [.x, .number($0), .number($1)]) })
  }

  /// min(max(x, 0), 6).
  public static var relu6: ActivationFunction {
    ActivationFunction(.hardtanh, "ReLU6", 0, 6, onnx: { .apply("Clip", [.x, .number($0), .number($1)]) })
  }
}

/// min(max(x, min), max), element by element; PyTorch's `clamp` and `hardtanh`. The derivative is 1 between the bounds, else 0, also
/// at both.
public func hardtanh(_ x: consuming Tensor, min: Double = -1, max: Double = 1) -> Tensor {
  checkBounds(min, max)
  return nonlinearity(.hardtanh(min, max), x)
}

/// min(max(x, 0), 6), element by element. The derivative is 1 between 0 and 6, else 0, also at both.
public func relu6(_ x: consuming Tensor) -> Tensor { nonlinearity(.relu6, x) }

/// Bounds on both sides: y = min(max(x, min), max), with −1 and 1 the hyperbolic tangent made of straight lines.
///
/// Outside of the bounds it gives no gradient. Collobert 2004, "Large scale machine learning".
public struct Hardtanh: Layer {
  /// The least and the greatest value.
  package let min, max: Double

  /// Traps unless `min`, as a float, is below `max`. An infinite bound is none.
  public init(min: Double = -1, max: Double = 1) {
    checkBounds(min, max)
    (self.min, self.max) = (min, max)
  }

  /// x of any shape → the same shape, with values in [min, max]. NaN stays NaN.
  public func forward(_ x: consuming Tensor) -> Tensor { hardtanh(x, min: min, max: max) }
}

/// A ReLU that ends at 6: y = min(max(x, 0), 6). Outside of that it gives no gradient.
///
/// Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10".
public struct ReLU6: Layer {
  /// No options: `Hardtanh` has bounds.
  public init() {}

  /// x of any shape → the same shape, with values in [0, 6]. NaN stays NaN.
  public func forward(_ x: consuming Tensor) -> Tensor { relu6(x) }
}

private func checkBounds(_ min: Double, _ max: Double) {
  // As floats, which the kernel takes.
  if !(Float(min) < Float(max)) { fatalError("Hardtanh: the bounds \(min) and \(max) do not ascend") }
}
