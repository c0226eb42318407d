import ApusCore

extension Nonlinearity {
  fileprivate static let hardSigmoid = Nonlinearity("hard_sigmoid")
}

extension ActivationFunction {
  /// min(max(x + 3, 0), 6) / 6.
  public static var hardSigmoid: ActivationFunction {
    ActivationFunction(
      .hardSigmoid, "HardSigmoid",
      onnx: { _, _ in .apply("HardSigmoid", [.x], [("alpha", 1.0 / 6), ("beta", 0.5)]) })
  }
}

/// min(max(x + 3, 0), 6) / 6, element by element. The derivative is 1/6 between −3 and 3, else 0, also at both ends.
public func hardSigmoid(_ x: consuming Tensor) -> Tensor { nonlinearity(.hardSigmoid, x) }

/// The logistic function made of straight lines: y = min(max(x + 3, 0), 6) / 6, in [0, 1]; PyTorch's `nn.Hardsigmoid`.
///
/// It costs no exponential; beyond ±3 it gives no gradient. Courbariaux, Bengio & David 2015, "BinaryConnect", with another slope;
/// this one is of Howard et al. 2019, "Searching for MobileNetV3".
public struct HardSigmoid: Layer {
  /// No options: the slope is 1/6.
  public init() {}

  /// x of any shape → the same shape, with values in [0, 1]. NaN stays NaN.
  public func forward(_ x: consuming Tensor) -> Tensor { hardSigmoid(x) }
}
