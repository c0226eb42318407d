import ApusCore
import ApusLayers

/// Two 3×3 convolutions with batch norm, added to their input: relu(F(x) + shortcut(x)). He et al. 2016, figure 2; names as in
/// torchvision.
public struct ResidualBlock: Layer {
  /// 3×3 with the block's stride, C → K, without a bias.
  package let conv1: Conv2D
  /// Behind `conv1`, before the ReLU.
  package let bn1: BatchNorm
  /// 3×3, K → K, without a bias.
  package let conv2: Conv2D
  /// Behind `conv2`, before the sum.
  package let bn2: BatchNorm
  /// A 1×1 convolution with batch norm where shapes differ.
  package let downsample: Sequential?
  let shortcut: Shortcut
  let stride: Int

  /// C input and K output channels.
  ///
  /// - Parameter shortcut: what is added to the branch; see `Shortcut` for blocks whose shape differs from their input's.
  public init(_ inputChannels: Int, _ outputChannels: Int, stride: Int = 1, shortcut: Shortcut = .projection) {
    conv1 = Conv2D(
      inputChannels, outputChannels, kernel: 3, stride: IntOrPair(stride), padding: 1, bias: false)
    bn1 = BatchNorm(outputChannels)
    conv2 = Conv2D(outputChannels, outputChannels, kernel: 3, padding: 1, bias: false)
    bn2 = BatchNorm(outputChannels)
    downsample = shortcut.projection(inputChannels, outputChannels, stride: stride)
    self.shortcut = shortcut
    self.stride = stride
  }

  /// [N, H, W, C] → [N, ⌈H / stride⌉, ⌈W / stride⌉, K], with values of at least 0.
  public func forward(_ x: Tensor) -> Tensor {
    if shortcut == .none { return relu(bn2(conv2(relu(bn1(conv1(x)))))) }
    let straight = downsample?(x) ?? shortcut.padded(x, to: conv2.weight.shape[3], stride: stride)
    return relu(bn2(conv2(relu(bn1(conv1(x))))) + straight)
  }
}

/// A 1×1, a 3×3 and a 1×1 convolution with batch norm, added to their input: the block of ResNet-50 and deeper. He et al. 2016,
/// figure 5.
///
/// [N, H, W, C] → [N, H / stride, W / stride, 4·width]
public struct Bottleneck: Layer {
  /// Output channels per channel of the 3×3 convolution.
  package static let expansion = 4

  /// 1×1, C → width, without a bias; has the block's stride if `stridesFirst`.
  package let conv1: Conv2D
  /// Behind `conv1`, before the ReLU.
  package let bn1: BatchNorm
  /// 3×3, width → width, without a bias; has the block's stride unless `stridesFirst`.
  package let conv2: Conv2D
  /// Behind `conv2`, before the ReLU.
  package let bn2: BatchNorm
  /// 1×1, width → 4·width, without a bias.
  package let conv3: Conv2D
  /// Behind `conv3`, before the sum.
  package let bn3: BatchNorm
  /// A 1×1 convolution with batch norm if the stride is not 1 or C is not 4·width; `nil`: the input itself is added.
  package let downsample: Sequential?

  /// - Parameter stridesFirst: whether the first 1×1 convolution has the stride, as in the paper, or the 3×3 one, as in torchvision
  ///   ("v1.5").
  public init(_ inputChannels: Int, width: Int, stride: Int, stridesFirst: Bool) {
    let output = width * Bottleneck.expansion
    conv1 = Conv2D(inputChannels, width, kernel: 1, stride: IntOrPair(stridesFirst ? stride : 1), bias: false)
    bn1 = BatchNorm(width)
    conv2 = Conv2D(width, width, kernel: 3, stride: IntOrPair(stridesFirst ? 1 : stride), padding: 1, bias: false)
    bn2 = BatchNorm(width)
    conv3 = Conv2D(width, output, kernel: 1, bias: false)
    bn3 = BatchNorm(output)
    downsample = Shortcut.projection.projection(inputChannels, output, stride: stride)
  }

  /// [N, H, W, C] → [N, ⌈H / stride⌉, ⌈W / stride⌉, 4·width], with values of at least 0.
  public func forward(_ x: Tensor) -> Tensor {
    let straight = downsample?(x) ?? x
    return relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + straight)
  }
}

extension Bottleneck: ResidualBranch {
  /// The weights of the branch's three convolutions; the shortcut's is left as it is.
  package var branchWeights: [Parameter] { [conv1.weight, conv2.weight, conv3.weight] }
}

/// What a block adds to its result.
public enum Shortcut: String, Hashable, Sendable, CaseIterable {
  /// The input; where shapes differ, through a 1×1 convolution with batch norm (the paper's option B).
  case projection
  /// The input; where shapes differ, every stride-th pixel of it with channels of zeros behind (the paper's option A). No parameters.
  case padding
  /// Nothing: a plain network.
  case none

  fileprivate func projection(_ inputChannels: Int, _ outputChannels: Int, stride: Int) -> Sequential? {
    if self != .projection || stride == 1 && inputChannels == outputChannels { return nil }
    return Sequential {
      Conv2D(inputChannels, outputChannels, kernel: 1, stride: IntOrPair(stride), bias: false)
      BatchNorm(outputChannels)
    }
  }

  fileprivate func padded(_ x: Tensor, to channels: Int, stride: Int) -> Tensor {
    if x.isPoisoned { return x }
    let small = stride == 1 ? x : averagePool2d(x, kernel: 1, stride: IntOrPair(stride))
    guard small.rank == 4, small.shape[3] < channels else { return small }
    var rest = small.shape
    rest[3] = channels - rest[3]
    return Tensor.concatenated([small, .zeros(rest, small.scalarType)])
  }
}
