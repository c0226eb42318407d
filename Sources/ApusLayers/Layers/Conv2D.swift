import ApusCore
import ApusSupport

/// 2-D convolution: [N, H, W, C] → [N, OH, OW, K], OH = (H + top + bottom − dilation·(kernel − 1) − 1) / stride + 1.
///
/// y[n, i, j, k] = bias[k] + Σ x[n, i·s + u·d − top, j·s + v·d − left, c] · weight[u, v, c, k]
///
/// Initial weights: He's normal distribution, deviation √(2 / fan-in), fan-in = KH·KW·C / groups; bias 0.
/// LeCun et al. 1998, "Gradient-based learning applied to document recognition".
public struct Conv2D: Layer {
  /// [KH, KW, C / groups, K]
  public let weight: Parameter
  /// [K]
  public let bias: Parameter?
  /// Pixels from one window to the next along height and width, at least 1.
  package let stride: IntOrPair
  /// Zeros around the image; `.same` gives ⌈size / stride⌉ outputs.
  package let padding: Padding
  /// Pixels from one tap of the kernel to the next; above 1 the window has holes and sees dilation · (kernel − 1) + 1 pixels.
  package let dilation: IntOrPair
  /// Blocks of channels that are convolved apart: an output channel sees C / groups inputs. With C groups it is depthwise.
  package let groups: Int

  /// Traps unless `groups` divides both channel counts and all sizes are at least 1.
  ///
  /// - Parameters:
  ///   - kernel: KH and KW, as `3` or `[3, 5]`.
  ///   - bias: whether there is one; before a batch norm it has no effect, since the norm subtracts it.
  ///   - initializer: of the weight; it sees fan-in KH·KW·C / groups and fan-out KH·KW·K / groups.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0,
    dilation: some IntOrPairConvertible = 1, groups: Int = 1, bias: Bool = true,
    initializer: Initializer = .kaimingNormal(gain: .relu), biasInitializer: Initializer = .zeros
  ) {
    let (kernel, stride, dilation) = (kernel.intOrPair, stride.intOrPair, dilation.intOrPair)
    if inputChannels < 1 || outputChannels < 1 || groups < 1 || inputChannels % groups != 0
      || outputChannels % groups != 0
    {
      fatalError(
        "Conv2D(\(inputChannels), \(outputChannels), groups: \(groups)): both channel counts must be multiples of groups"
      )
    }
    if !kernel.isSize || !stride.isSize || !dilation.isSize {
      fatalError(
        "Conv2D: kernel \(kernel), stride \(stride) and dilation \(dilation) must be in 1...\(IntOrPair.largest)")
    }
    let fanIn = Shape([kernel.height, kernel.width, inputChannels / groups]).elementCount
    let fanOut = Shape([kernel.height, kernel.width, outputChannels / groups]).elementCount
    weight = Parameter(
      [kernel.height, kernel.width, inputChannels / groups, outputChannels],
      drawnBy: Initializer.chosen ?? initializer, fanIn: fanIn, fanOut: fanOut)
    self.bias = bias ? Parameter(biasInitializer.tensor([outputChannels], fanIn: fanIn, fanOut: fanOut)) : nil
    self.stride = stride
    self.padding = padding.imagePadding
    self.dilation = dilation
    self.groups = groups
  }

  /// [N, H, W, C] → [N, OH, OW, K]. Traps on another number of channels, or if the kernel does not fit into the padded image.
  public func forward(_ x: consuming Tensor) -> Tensor {
    convolution(
      x, weight: weight.value, bias: bias?.value, stride: stride, padding: padding, dilation: dilation, groups: groups)
  }
}
