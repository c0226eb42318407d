import ApusCore
import ApusSupport

/// 1-D convolution: [N, L, C] → [N, OL, K], OL = (L + left + right − dilation·(kernel − 1) − 1) / stride + 1. The 2-D convolution of
/// images of one row.
///
/// y[n, i, k] = bias[k] + Σ x[n, i·stride + u·dilation − left, c] · weight[u, c, k]
///
/// Initial weights: He's normal distribution, deviation √(2 / fan-in), fan-in = kernel·C / groups; bias 0.
public struct Conv1D: Layer {
  /// [kernel, C / groups, K]
  public let weight: Parameter
  /// [K]
  public let bias: Parameter?
  let stride: Int
  let padding: Padding
  let dilation: Int
  let groups: Int

  /// Traps unless `groups` divides both channel counts and all sizes are at least 1.
  ///
  /// - Parameters:
  ///   - padding: zeros at both ends, `.same` for ⌈L / stride⌉ outputs; of `.explicit` the left and the right count.
  ///   - bias: whether there is one.
  ///   - initializer: of the weight; it sees fan-in kernel·C / groups and fan-out kernel·K / groups.
  public init(
    _ inputChannels: Int, _ outputChannels: Int, kernel: Int, stride: Int = 1, padding: some PaddingConvertible = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, initializer: Initializer = .kaimingNormal(gain: .relu),
    biasInitializer: Initializer = .zeros
  ) {
    if inputChannels < 1 || outputChannels < 1 || groups < 1 || inputChannels % groups != 0
      || outputChannels % groups != 0
    {
      fatalError(
        "Conv1D(\(inputChannels), \(outputChannels), groups: \(groups)): both channel counts must be multiples of groups"
      )
    }
    if !IntOrPair(kernel, stride).isSize || !IntOrPair(dilation).isSize {
      fatalError(
        "Conv1D: kernel \(kernel), stride \(stride) and dilation \(dilation) must be in 1...\(IntOrPair.largest)")
    }
    let (fanIn, fanOut) = (kernel * (inputChannels / groups), kernel * (outputChannels / groups))
    weight = Parameter(
      [kernel, inputChannels / groups, outputChannels], drawnBy: Initializer.chosen ?? initializer, fanIn: fanIn,
      fanOut: fanOut)
    self.bias = bias ? Parameter(biasInitializer.tensor([outputChannels], fanIn: fanIn, fanOut: fanOut)) : nil
    (self.stride, self.dilation, self.groups) = (stride, dilation, groups)
    self.padding = padding.imagePadding.alongRows
  }

  /// [N, L, C] → [N, OL, K]. Traps on another number of channels, or if the kernel does not fit into the padded sequence.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let filters = weight.value
    return alongRows("Conv1D", x) {
      convolution(
        $0, weight: filters.reshaped(Shape([1] + filters.shape)), bias: bias?.value, stride: IntOrPair(1, stride),
        padding: padding, dilation: IntOrPair(1, dilation), groups: groups)
    }
  }
}

/// Sequences [N, L, C] as images of one row, [N, 1, L, C].
func alongRows(_ operation: StaticString, _ x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank == 3 else { return shapeFailure(operation, "expects [N, L, C], input is \(x.shape)", input: x) }
  let y = body(x.unsqueezed(1))
  return y.isPoisoned ? y : y.squeezed(1)
}

extension Padding {
  /// At the ends of a row alone.
  var alongRows: Padding {
    guard case .explicit(_, let left, _, let right) = self else { return self }
    return .explicit(top: 0, left: left, bottom: 0, right: right)
  }
}
