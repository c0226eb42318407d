import ApusCore
import ApusSupport

/// Batch-instance normalization: between batch norm, which keeps a sample's style, and instance norm, which removes it, by a learned
/// ρ a channel; [N, H, W, C] → the same shape.
///
/// y = (ρ · x̂_batch + (1 − ρ) · x̂_instance) · weight + bias, both x̂ without parameters of their own. ρ stays in [0, 1]: what a step
/// takes out of it is projected back.
///
/// Initially ρ 1 (batch norm), weight 1 (or `gamma`), bias 0. Nam & Kim 2018; lecture 0.
public struct BatchInstanceNorm: Layer {
  /// ρ [C], in [0, 1]
  public let rho: Parameter
  /// γ [C]
  public let weight: Parameter
  /// β [C]
  public let bias: Parameter
  /// The part by the batch, with the running statistics.
  package let batch: BatchNorm
  /// Added to both variances before the root; above 0.
  package let epsilon: Double

  /// Traps if a number is out of range.
  ///
  /// - Parameters:
  ///   - momentum: fraction of the running statistics that each training step replaces, in 0...1.
  ///   - gamma: γ's first value.
  ///   - rho: ρ's first value, in 0...1: 1 is batch norm, 0 instance norm.
  public init(
    _ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5, gamma: Double = 1, rho: Double = 1
  ) {
    if channels < 1 { fatalError("BatchInstanceNorm(\(channels)): at least one channel") }
    checkNormalization("BatchInstanceNorm", epsilon: epsilon, gamma: gamma)
    if !(rho >= 0 && rho <= 1) { fatalError("BatchInstanceNorm: the first rho \(rho) is not in 0...1") }
    self.rho = Parameter(.full([channels], rho), range: 0...1)
    weight = Parameter(.full([channels], gamma))
    bias = Parameter(.zeros([channels]))
    batch = BatchNorm(channels, momentum: momentum, epsilon: epsilon, affine: false)
    self.epsilon = epsilon
  }

  /// [N, …, C] with at least one axis of positions → the same shape. Traps on [N, C], which has no instance to normalize.
  public func forward(_ x: Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let channels = rho.shape[0]
    guard x.rank >= 3, x.shape[x.rank - 1] == channels else {
      return shapeFailure(
        "BatchInstanceNorm", "expects [N, …, \(channels)] with positions, input is \(x.shape)",
        input: x)
    }
    let (byBatch, byInstance) = (batch(x), instanceNorm(x, epsilon: epsilon))
    if byBatch.isPoisoned { return byBatch }
    let mixed = rho.value * byBatch + (1 - rho.value) * byInstance
    let y = mixed * weight.value + bias.value
    report("BatchInstanceNorm", y, from: [x], with: .init(multiplyAdds: 3 * y.elementCount))
    return y
  }
}
