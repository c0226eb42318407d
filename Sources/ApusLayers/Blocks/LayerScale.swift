import ApusCore
import ApusSupport

/// A learned factor per channel: y = x · gamma, […, C]. At the end of a residual branch, where it begins so small that a deep network is
/// the identity at first. Touvron et al. 2021, "Going deeper with image transformers".
public struct LayerScale: Layer {
  /// [C]
  public let gamma: Parameter

  /// `initial`: of all factors; 1e-6 in ConvNeXt.
  public init(_ channels: Int, initial: Double = 1e-6) {
    if channels < 1 { fatalError("LayerScale(\(channels)): at least one channel") }
    gamma = Parameter(.full([channels], initial))
  }

  /// […, C] → the same shape. Traps on another number of channels.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    Tensor.enter(&x, "LayerScale")
    guard x.rank >= 1, x.shape[x.rank - 1] == gamma.shape[0] else {
      return shapeFailure("LayerScale", "expects [..., \(gamma.shape[0])], input is \(x.shape)", input: x)
    }
    return x * gamma.value
  }
}
