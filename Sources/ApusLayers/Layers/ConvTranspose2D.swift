import ApusCore
import ApusSupport

/// Transposed convolution with a bias, the gradient of a convolution with respect to its input as a layer's forward pass:
/// x [N, H, W, C], weight [KH, KW, K / groups, C], bias [K] → [N, OH, OW, K].
///
/// y[n, i·stride + u·dilation − top, j·stride + v·dilation − left, k] += x[n, i, j, c] · weight[u, v, k, c]
///
/// OH = (H − 1)·stride − top − bottom + dilation·(KH − 1) + 1 + outputPadding; with padding `same` OH = H·stride.
public func convTranspose2d(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor? = nil, stride: some IntOrPairConvertible = 1,
  padding: some PaddingConvertible = 0, outputPadding: some IntOrPairConvertible = 0,
  dilation: some IntOrPairConvertible = 1, groups: Int = 1
) -> Tensor {
  transposedConvolution(
    x, weight: weight, bias: bias, stride: stride.intOrPair, padding: padding.imagePadding,
    outputPadding: outputPadding.intOrPair, dilation: dilation.intOrPair, groups: groups)
}

private func transposedConvolution(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor?, stride: IntOrPair, padding: Padding, outputPadding: IntOrPair,
  dilation: IntOrPair, groups: Int
) -> Tensor {
  if x.isPoisoned { return x }
  var (weight, bias) = (weight, bias)
  Tensor.enter(&x, "ConvTranspose2D")
  Tensor.matchTypes(&x, &weight, "ConvTranspose2D")
  if bias != nil { Tensor.matchTypes(&x, &bias!, "ConvTranspose2D") }
  guard x.rank == 4, weight.rank == 4, groups > 0, x.shape[3] == weight.shape[3], weight.shape[3] % groups == 0 else {
    return shapeFailure(
      "ConvTranspose2D",
      "expects [N, H, W, C] and a weight [KH, KW, K / \(groups), C], they are \(x.shape) and \(weight.shape)", input: x)
  }
  guard x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure(
      "ConvTranspose2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  guard stride.isSize, dilation.isSize, min(outputPadding.height, outputPadding.width) >= 0,
    outputPadding.height < max(stride.height, dilation.height),
    outputPadding.width < max(stride.width, dilation.width)
  else {
    return shapeFailure(
      "ConvTranspose2D",
      "needs stride \(stride) and dilation \(dilation) in 1...\(IntOrPair.largest), and output padding \(outputPadding) below one of them",
      input: x)
  }
  let kernel = IntOrPair(weight.shape[0], weight.shape[1])
  let outputs = weight.shape[2] * groups
  if let bias, bias.shape != [outputs] {
    return shapeFailure(
      "ConvTranspose2D", "expects a bias of shape [\(outputs)], it is \(bias.shape)", input: x)
  }
  var size = IntOrPair(x.shape[1] * stride.height, x.shape[2] * stride.width)
  let around = padding.resolved(input: size, kernel: kernel, stride: stride, dilation: dilation)
  if padding != .same {
    size.height =
      (x.shape[1] - 1) * stride.height - around.top - around.bottom + dilation.height * (kernel.height - 1) + 1
      + outputPadding.height
    size.width =
      (x.shape[2] - 1) * stride.width - around.left - around.right + dilation.width * (kernel.width - 1) + 1
      + outputPadding.width
  } else if outputPadding != 0 {
    return shapeFailure(
      "ConvTranspose2D", "has no output padding with padding same", input: x)
  }
  let settings = ConvolutionSettings(
    stride: stride, dilation: dilation, padding: around, groups: groups,
    precision: Scope.current?.precision ?? .standard)
  guard size.isSize, settings.outputSize(size, kernel: kernel) == IntOrPair(x.shape[1], x.shape[2]) else {
    return shapeFailure(
      "ConvTranspose2D", "with padding \(padding) would make \(size) of \(x.shape)", input: x)
  }
  let input: Shape = [x.shape[0], size.height, size.width, outputs]
  let tape = Tape.recording(x, weight)
  let y = Kernels.convolutionBackwardData(x, weight, input: input, settings)
  if let tape {
    let (constant, filter) = (x.detached(), weight.detached())
    tape.record(y, x.body.node, weight.body.node) { gradient, needs in
      (
        needs[0] ? Kernels.convolution(gradient, filter, settings) : nil,
        needs[1] ? Kernels.convolutionBackwardWeights(gradient, constant, kernel: filter.shape, settings) : nil
      )
    }
  }
  report(
    "ConvTranspose2D", y, from: [x, weight], as: .transposedConvolution(settings),
    with: .init(
      multiplyAdds: saturatingProduct(x.elementCount, kernel.height, kernel.width, weight.shape[2]),
      choices: { [w = weight.shape] in Kernels.choices(transposed: input, w, settings) }, fieldIsUnknown: stride != 1))
  return bias.map { y + $0 } ?? y
}

/// Transposed convolution ("deconvolution"), the learned enlargement of dense prediction: [N, H, W, C] → [N, OH, OW, K], see
/// `convTranspose2d`. Its forward pass is the gradient of `Conv2D(K, C, …)` with the same weight.
///
/// Initial weights: He's normal distribution, deviation √(2 / fan-in), fan-in = KH·KW·C / groups; bias 0. Zeiler et al. 2010.
public struct ConvTranspose2D: Layer {
  /// [KH, KW, K / groups, C]
  public let weight: Parameter
  /// [K]
  public let bias: Parameter?
  /// Pixels between the places where neighboring inputs land: how many times larger, about, the image becomes.
  package let stride: IntOrPair
  /// Rows and columns taken off the edges of the result; `.same` makes it H·stride by W·stride.
  package let padding: Padding
  /// Rows and columns added below and to the right, fewer than the stride or the dilation. A convolution with a stride maps several
  /// sizes to one; this tells which of them comes back. Not with `.same`.
  package let outputPadding: IntOrPair
  /// Pixels of the result from one tap of the kernel to the next.
  package let dilation: IntOrPair
  /// Blocks of channels that are convolved apart.
  package let groups: Int

  /// Traps unless `groups` divides both channel counts, all sizes are at least 1, and the output padding is below the stride or the
  /// dilation.
  ///
  /// - Parameter initializer: of the weight; it sees fan-in KH·KW·C / groups and fan-out KH·KW·K / groups. `.bilinear` begins as
  ///   interpolation.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: some IntOrPairConvertible,
    stride: some IntOrPairConvertible = 1, padding: some PaddingConvertible = 0,
    outputPadding: some IntOrPairConvertible = 0, dilation: some IntOrPairConvertible = 1, groups: Int = 1,
    bias: Bool = true,
    initializer: Initializer = .kaimingNormal(gain: .relu), biasInitializer: Initializer = .zeros
  ) {
    let (kernel, stride, dilation) = (kernel.intOrPair, stride.intOrPair, dilation.intOrPair)
    let outputPadding = outputPadding.intOrPair
    if inputChannels < 1 || outputChannels < 1 || groups < 1 || inputChannels % groups != 0
      || outputChannels % groups != 0
    {
      fatalError(
        "ConvTranspose2D(\(inputChannels), \(outputChannels), groups: \(groups)): both channel counts must be multiples of groups"
      )
    }
    if !kernel.isSize || !stride.isSize || !dilation.isSize {
      fatalError(
        "ConvTranspose2D: kernel \(kernel), stride \(stride) and dilation \(dilation) must be in 1...\(IntOrPair.largest)"
      )
    }
    if min(outputPadding.height, outputPadding.width) < 0
      || outputPadding.height >= max(stride.height, dilation.height)
      || outputPadding.width >= max(stride.width, dilation.width)
    {
      fatalError(
        "ConvTranspose2D: output padding \(outputPadding) must be at least 0 and below the stride \(stride) or the dilation \(dilation)"
      )
    }
    let fanIn = Shape([kernel.height, kernel.width, inputChannels / groups]).elementCount
    let fanOut = Shape([kernel.height, kernel.width, outputChannels / groups]).elementCount
    weight = Parameter(
      [kernel.height, kernel.width, outputChannels / groups, inputChannels], drawnBy: initializer, fanIn: fanIn,
      fanOut: fanOut)
    self.bias = bias ? Parameter(biasInitializer.tensor([outputChannels], fanIn: fanIn, fanOut: fanOut)) : nil
    self.stride = stride
    self.padding = padding.imagePadding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
  }

  /// [N, H, W, C] → [N, OH, OW, K]: see `convTranspose2d` for OH. Traps on another number of channels.
  public func forward(_ x: consuming Tensor) -> Tensor {
    transposedConvolution(
      x, weight: weight.value, bias: bias?.value, stride: stride, padding: padding, outputPadding: outputPadding,
      dilation: dilation, groups: groups)
  }
}
