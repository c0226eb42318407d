import ApusCore
import ApusLayers
import ApusSupport

/// Residual networks without normalization of activations: NF-ResNet-26, 50, 101 and 152. Brock, De & Smith 2021, "Characterizing signal
/// propagation to close the performance gap in unnormalized ResNets"; lecture 3.
///
/// Convolutions have scaled, standardized weights. Blocks are h + α · f(h / β), with β the deviation that h has at the start: the variance
/// is 1 behind the first block of a stage's shortcut, each block adds α². ReLUs are multiplied by √(2 / (1 − 1/π)), so that they keep the
/// variance. A learned gain, at first 0, ends each branch ("SkipInit"). Train it with `GradientClipping.adaptive` (lecture 3's AGC).
///
/// NF-ResNet-50 has 25,557,048 parameters for three channels and 1,000 classes: ResNet-50's, a gain and a bias in the place of each γ
/// and β, and 16 gains of branches.
public struct NormalizerFreeResNet: Layer {
  /// The depths that can be made, counted in layers with weights.
  package static let depths = [26, 50, 101, 152]

  /// 7×7 with stride 2, `channels` → 64, followed by a 3×3 max-pool with stride 2.
  package let conv1: WeightStandardizedConv2D
  /// 64 → 256 channels, a quarter of the image's size.
  package let layer1: Sequential
  /// 256 → 512 channels, an eighth.
  package let layer2: Sequential
  /// 512 → 1,024 channels, a sixteenth.
  package let layer3: Sequential
  /// 1,024 → 2,048 channels, a thirty-second.
  package let layer4: Sequential
  /// 2,048 → `classes`.
  public let fc: Linear

  /// Traps unless `depth` is one of `depths`.
  ///
  /// - Parameter alpha: α; each block adds α² to the variance. 0.2 is the paper's.
  public init(depth: Int, alpha: Double = 0.2, channels: Int = 3, classes: Int = 1000) {
    let blocks: [Int]
    switch depth {
    case 26: blocks = [2, 2, 2, 2]
    case 50: blocks = [3, 4, 6, 3]
    case 101: blocks = [3, 4, 23, 3]
    case 152: blocks = [3, 8, 36, 3]
    default:
      fatalError("NormalizerFreeResNet(depth: \(depth)): \(NormalizerFreeResNet.depths) are the depths there are")
    }
    conv1 = .scaled(channels, 64, kernel: 7, stride: 2)
    var input = 64
    var variance = 1.0
    let layers = zip([64, 128, 256, 512], blocks).map { width, count in
      Sequential(
        (0..<count).map { index -> any Layer in
          defer {
            // A stage's first block gets what the blocks before have added up; behind its shortcut the variance is 1 again.
            variance = (index == 0 ? 1 : variance) + alpha * alpha
            input = width * Bottleneck.expansion
          }
          return NormalizerFreeBlock(
            input, width: width, stride: index == 0 && width > 64 ? 2 : 1, alpha: alpha,
            beta: variance.squareRoot(), projects: index == 0)
        })
    }
    (layer1, layer2, layer3, layer4) = (layers[0], layers[1], layers[2], layers[3])
    fc = Linear(input, classes)
  }

  /// [N, H, W, channels] → logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor {
    let h = maxPool2d(conv1(x), kernel: 3, stride: 2, padding: 1)
    return fc(flatten(globalAveragePool2d(relu(layer4(layer3(layer2(layer1(h))))) * variancePreservingGain)))
  }
}

/// Of ReLU on standard normal numbers: 1 / its deviation.
private let variancePreservingGain = (2 / (1 - 1 / Double.pi)).squareRoot()

/// h + α · gain · f(h / β), f a 1×1, a 3×3 and a 1×1 convolution, each behind a ReLU. Brock, De & Smith 2021.
package struct NormalizerFreeBlock: Layer {
  /// 1×1, C → width.
  package let conv1: WeightStandardizedConv2D
  /// 3×3, width → width, with the block's stride.
  package let conv2: WeightStandardizedConv2D
  /// 1×1, width → 4·width.
  package let conv3: WeightStandardizedConv2D
  /// 1×1 with the block's stride, C → 4·width, of the input behind the first ReLU; `nil`: the shortcut is the block's input.
  package let downsample: WeightStandardizedConv2D?
  /// [1], at first 0
  package let skipGain: Parameter
  /// α: what the branch is multiplied by, beside its learned gain.
  package let alpha: Double
  /// β: the deviation of the block's input at the start, by which it is divided.
  package let beta: Double

  /// - Parameters:
  ///   - width: channels of the 3×3 convolution; the block gives four times as many.
  ///   - projects: whether the shortcut is a 1×1 convolution, needed if the stride is not 1 or C is not 4·width.
  package init(_ inputChannels: Int, width: Int, stride: Int, alpha: Double, beta: Double, projects: Bool) {
    let output = width * Bottleneck.expansion
    conv1 = .scaled(inputChannels, width, kernel: 1)
    conv2 = .scaled(width, width, kernel: 3, stride: stride)
    conv3 = .scaled(width, output, kernel: 1)
    downsample = projects ? .scaled(inputChannels, output, kernel: 1, stride: stride) : nil
    skipGain = Parameter(.zeros([1]))
    self.alpha = alpha
    self.beta = beta
  }

  /// [N, H, W, C] → [N, ⌈H / stride⌉, ⌈W / stride⌉, 4·width].
  package func forward(_ x: Tensor) -> Tensor {
    if x.isPoisoned { return x }
    let h = relu(x) * (variancePreservingGain / beta)
    let straight = downsample?(h) ?? x
    let branch = conv3(relu(conv2(relu(conv1(h)) * variancePreservingGain)) * variancePreservingGain)
    if branch.isPoisoned { return branch }
    return branch * (skipGain.value * alpha) + straight
  }
}

extension WeightStandardizedConv2D {
  /// Scaled, with its own size kept and the paper's ε.
  fileprivate static func scaled(_ input: Int, _ output: Int, kernel: Int, stride: Int = 1) -> WeightStandardizedConv2D
  {
    WeightStandardizedConv2D(
      input, output, kernel: IntOrPair(kernel), stride: IntOrPair(stride), padding: .explicit(kernel / 2),
      isScaled: true,
      epsilon: 1e-4)
  }
}
