import ApusCore

extension Nonlinearity {
  fileprivate static let hardSwish = Nonlinearity("hard_swish")
}

extension ActivationFunction {
  /// x · min(max(x + 3, 0), 6) / 6.
  public static var hardSwish: ActivationFunction {
    ActivationFunction(.hardSwish, "HardSwish", onnx: { _, _ in .apply("HardSwish", [.x]) })
  }
}

/// x · min(max(x + 3, 0), 6) / 6, element by element. The derivative is 0 up to −3, x/3 + 1/2 between, 1 from 3 on.
public func hardSwish(_ x: consuming Tensor) -> Tensor { nonlinearity(.hardSwish, x) }

/// Swish with a hard sigmoid as its gate: y = x · min(max(x + 3, 0), 6) / 6; PyTorch's `nn.Hardswish`.
///
/// Unbounded above, with a minimum of −0.375 at −1.5, so not monotone; below −3 it gives no gradient. It costs no exponential.
/// Howard et al. 2019, "Searching for MobileNetV3".
public struct HardSwish: Layer {
  /// No options: the gate is `HardSigmoid`.
  public init() {}

  /// x of any shape → the same shape, with values of at least −0.375. NaN stays NaN.
  public func forward(_ x: consuming Tensor) -> Tensor { hardSwish(x) }
}
