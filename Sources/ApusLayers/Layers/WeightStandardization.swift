import ApusCore
import ApusSupport

/// A convolution's weight with each output channel's weights standardized: (w − mean) / √(variance + ε) over the kernel and the
/// input channels, [KH, KW, C / groups, K] → the same shape. Differentiable, so that gradients reach w through mean and variance.
///
/// Qiao et al. 2019, "Micro-batch training with batch-channel normalization and weight standardization"; lecture 3.
public func standardized(weight: Tensor, epsilon: Double = 1e-5) -> Tensor {
  checkNormalization("standardized", epsilon: epsilon)
  guard weight.rank >= 2, weight.elementCount > weight.shape[weight.rank - 1] else {
    return shapeFailure(
      "WeightStandardization", "needs more than one weight an output channel, the weight is \(weight.shape)",
      input: weight)
  }
  let statistics = Kernels.channelStatistics(weight, channels: weight.shape[weight.rank - 1], epsilon: epsilon)
  return normalized(weight, statistics, nil, nil, epsilon: epsilon)
}

/// A 2-D convolution whose weights are standardized an output channel before they are used: `Conv2D` with `standardized(weight:)`.
/// Made for group norm at small batches, where it does for the weights what batch norm does for activations.
///
/// Scaled (`isScaled`), the filters are gain · (w − mean) / √(fan-in · variance + ε) with a learned gain an output channel: an output's
/// variance is then its input's mean square, and networks need no normalization of activations (`NormalizerFreeResNet`).
/// Brock, De & Smith 2021, "Characterizing signal propagation to close the performance gap in unnormalized ResNets".
///
/// Initial weights: He's normal distribution as in `Conv2D`; their scale is then without effect. Bias 0, gain 1. Qiao et al. 2019; lecture 3.
public struct WeightStandardizedConv2D: Layer {
  /// [KH, KW, C / groups, K], as learned: before standardization
  public let weight: Parameter
  /// [K], where standardization is scaled
  public let gain: Parameter?
  /// [K]
  public let bias: Parameter?
  /// Pixels from one window to the next along height and width, at least 1.
  package let stride: IntOrPair
  /// Zeros around the image; `.same` gives ⌈size / stride⌉ outputs.
  package let padding: Padding
  /// Pixels from one tap of the kernel to the next, at least 1.
  package let dilation: IntOrPair
  /// Blocks of channels that are convolved apart.
  package let groups: Int
  /// Added to the variance of an output channel's weights before the root, or to fan-in · variance if `isScaled`; above 0.
  package let epsilon: Double

  /// As `Conv2D`'s. Traps also if an output channel has a single weight, which standardization would make 0.
  ///
  /// - Parameter isScaled: whether to divide by √fan-in as well and learn a gain per output channel.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0,
    dilation: some IntOrPairConvertible = 1, groups: Int = 1, bias: Bool = true, isScaled: Bool = false,
    epsilon: Double = 1e-5, initializer: Initializer = .kaimingNormal(gain: .relu),
    biasInitializer: Initializer = .zeros
  ) {
    checkNormalization("WeightStandardizedConv2D", epsilon: epsilon)
    let plain = Conv2D(
      inputChannels, outputChannels, kernel: kernel, stride: stride, padding: padding, dilation: dilation,
      groups: groups, bias: bias, initializer: initializer, biasInitializer: biasInitializer)
    if plain.weight.shape.elementCount <= outputChannels {
      fatalError(
        """
        WeightStandardizedConv2D(\(inputChannels), \(outputChannels), kernel: \(kernel.intOrPair), groups: \(groups)): \
        one weight an output channel, which standardization makes 0
        """)
    }
    weight = plain.weight
    gain = isScaled ? Parameter(.ones([outputChannels])) : nil
    self.bias = plain.bias
    self.stride = plain.stride
    self.padding = plain.padding
    self.dilation = plain.dilation
    self.groups = groups
    self.epsilon = epsilon
  }

  /// [N, H, W, C] → [N, OH, OW, K], as `Conv2D`. Standardizes the weights at every call; for inference see
  /// `standardizedOnce()`.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    return convolution(
      x, weight: filters, bias: bias?.value,
      stride: stride, padding: padding, dilation: dilation, groups: groups)
  }

  /// The weights that convolve.
  private var filters: Tensor {
    guard let gain else { return standardized(weight: weight.value, epsilon: epsilon) }
    // √(fan-in · variance + ε) = √fan-in · √(variance + ε / fan-in)
    let fanIn = Double(weight.shape.dropLast().reduce(1, *))
    let plain = standardized(weight: weight.value, epsilon: epsilon / fanIn)
    return plain * (gain.value * (1 / fanIn.squareRoot()))
  }

  /// The ordinary convolution that computes the same, its weights standardized once: for inference.
  public func standardizedOnce() -> Conv2D {
    let plain = Conv2D(
      weight.shape[2] * groups, weight.shape[3], kernel: IntOrPair(weight.shape[0], weight.shape[1]), stride: stride,
      padding: padding, dilation: dilation, groups: groups, bias: bias != nil, initializer: .zeros)
    plain.weight.value = withPhase(.inference) { filters }
    if let bias { plain.bias!.value = withPhase(.inference) { bias.value } }
    return plain
  }
}
