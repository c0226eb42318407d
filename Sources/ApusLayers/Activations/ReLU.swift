import ApusCore

/// ReLU: max(x, 0), element by element (Nair & Hinton 2010). Taken into the pending pass of what made x, where nobody else holds x.
public func relu(_ x: consuming Tensor) -> Tensor {
  if let decisions = Scope.current?.decisions { return decisions.relu(x) }
  if let pending = PendingOperation.appendable(&x), pending.appendReLU() {
    report("ReLU", x, from: [x], as: .activation(.relu))
    return x
  }
  return nonlinearity(.relu, x)
}

extension Tensor {
  /// max(x, 0), element by element; NaN stays NaN; the derivative at 0 is 0.
  public func relu() -> Tensor { ApusLayers.relu(self) }
}

/// The rectified linear unit: y = max(x, 0), element by element.
///
/// It does not saturate above 0 and costs a comparison; a unit whose input is never positive gets no gradient and stays dead. The
/// derivative at 0 is 0 (as PyTorch's; two of the lecture's slides print 1). Nair & Hinton 2010.
public struct ReLU: Layer {
  /// No options: `LeakyReLU` has a slope for negative numbers, `PReLU` learns one.
  public init() {}

  /// x of any shape → the same shape. NaN stays NaN.
  public func forward(_ x: consuming Tensor) -> Tensor { relu(x) }
}
