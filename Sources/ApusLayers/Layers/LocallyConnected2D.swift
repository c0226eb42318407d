import ApusCore
import ApusSupport

/// A locally connected layer: a convolution whose filters differ from place to place. [N, H, W, C] → [N, OH, OW, K].
///
/// y[n, i, j, k] = bias[i, j, k] + Σ x[n, i·s + u − top, j·s + v − left, c] · weight[i·OW + j, (u, v, c), k]
///
/// Between the fully connected layer, which sees everything, and the convolution, which shares its filters. It needs the size of
/// its input. Initially He's normal distribution, deviation √(2 / (KH·KW·C)); bias 0.
public struct LocallyConnected2D: Layer {
  /// [OH · OW, KH·KW·C, K]
  public let weight: Parameter
  /// [OH, OW, K]
  public let bias: Parameter?
  /// Height and width of the images that it takes: the number of its weights depends on them.
  package let inputSize: IntOrPair
  /// KH and KW.
  package let kernel: IntOrPair
  /// Pixels from one window to the next, at least 1.
  package let stride: IntOrPair
  /// Zeros around the image; `.same` keeps ⌈size / stride⌉ positions.
  package let padding: Padding
  private let outputSize: IntOrPair
  private let channels: Int

  /// Traps if a count or size is below 1, or if the kernel does not fit into the padded image. The bias begins at 0.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: some IntOrPairConvertible,
    inputSize: some IntOrPairConvertible, stride: some IntOrPairConvertible = 1,
    padding: some PaddingConvertible = 0, bias: Bool = true, initializer: Initializer = .kaimingNormal(gain: .relu)
  ) {
    let (kernel, stride, inputSize) = (kernel.intOrPair, stride.intOrPair, inputSize.intOrPair)
    let padding = padding.imagePadding
    if inputChannels < 1 || outputChannels < 1 || !kernel.isSize || !stride.isSize || !inputSize.isSize {
      fatalError(
        "LocallyConnected2D(\(inputChannels), \(outputChannels), kernel: \(kernel), inputSize: \(inputSize), stride: \(stride)): all must be at least 1, sizes at most \(IntOrPair.largest)"
      )
    }
    let around = padding.resolved(input: inputSize, kernel: kernel, stride: stride)
    outputSize = ConvolutionSettings(stride: stride, padding: around).outputSize(inputSize, kernel: kernel)
    if outputSize.height < 1 || outputSize.width < 1 {
      fatalError("LocallyConnected2D: a \(kernel) kernel does not fit into \(inputSize) with padding \(padding)")
    }
    let fanIn = Shape([kernel.height, kernel.width, inputChannels]).elementCount
    let places = Shape([outputSize.height, outputSize.width]).elementCount
    weight = Parameter(
      [places, fanIn, outputChannels], drawnBy: initializer, fanIn: fanIn,
      fanOut: Shape([kernel.height, kernel.width, outputChannels]).elementCount)
    self.bias = bias ? Parameter(.zeros([outputSize.height, outputSize.width, outputChannels])) : nil
    self.inputSize = inputSize
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    channels = inputChannels
  }

  /// [N, H, W, C] of `inputSize` → [N, OH, OW, K]. Traps on images of another size.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard x.rank == 4, x.shape[1] == inputSize.height, x.shape[2] == inputSize.width, x.shape[3] == channels else {
      return shapeFailure(
        "LocallyConnected2D",
        "was made for [N, \(inputSize.height), \(inputSize.width), \(channels)], input is \(x.shape)", input: x)
    }
    let rows = patches(x, kernel: kernel, stride: stride, padding: padding)
    let (batch, places, window) = (rows.shape[0], weight.shape[0], weight.shape[1])
    // One product a place: [OH·OW, N, window] · [OH·OW, window, K].
    let byPlace = rows.reshaped([batch, places, window]).transposed([1, 0, 2])
    let y = matmul(byPlace, weight.value).transposed([1, 0, 2])
      .reshaped([batch, outputSize.height, outputSize.width, weight.shape[2]])
    return bias.map { y + $0.value } ?? y
  }
}
