import ApusCore
import ApusLayers
import ApusSupport

/// The residual networks for CIFAR-10 with 6n + 2 layers, 20, 32, 44, 56, 110 and 1202, and their plain twins. He et al. 2016, "Deep
/// residual learning for image recognition", section 4.2; lectures 2, 3 and 4.
///
/// A 3×3 convolution to 16 channels; three stages of n blocks with 16, 32 and 64 channels at 32×32, 16×16 and 8×8; global average
/// pooling; a linear layer. Parameters for three channels and ten classes:
///
/// | shortcut | 20 | 32 | 44 | 56 | 110 | 1202 |
/// |---|---|---|---|---|---|---|
/// | padding (the paper's option A), none | 269,722 | 464,154 | 658,586 | 853,018 | 1,727,962 | 19,421,274 |
/// | projection (option B) | 272,474 | 466,906 | 661,338 | 855,770 | 1,730,714 | 19,424,026 |
public struct CIFARResNet: Layer {
  /// 3×3, `channels` → 16, without a bias.
  package let conv1: Conv2D
  /// Of conv1's 16 channels.
  package let bn1: BatchNorm
  /// n blocks, 16 → 16 channels at the image's size.
  package let stage1: Sequential
  /// n blocks, 16 → 32 channels; the first halves the size.
  package let stage2: Sequential
  /// n blocks, 32 → 64 channels; the first halves the size.
  package let stage3: Sequential
  /// 64 → `classes`.
  public let fc: Linear

  /// Traps unless `depth` is 6n + 2 with n at least 1.
  ///
  /// - Parameter shortcut: what blocks add where shapes differ; the paper's results on CIFAR-10 are with `.padding`, those of its
  ///   plain networks with `.none`.
  public init(depth: Int = 20, shortcut: Shortcut = .projection, channels: Int = 3, classes: Int = 10) {
    if depth < 8 || depth % 6 != 2 { fatalError("a residual network for CIFAR has 6n + 2 layers, not \(depth)") }
    let blocks = (depth - 2) / 6
    let stage = { (input: Int, output: Int) in
      Sequential(
        (0..<blocks).map { block in
          ResidualBlock(
            block == 0 ? input : output, output, stride: block == 0 && input != output ? 2 : 1, shortcut: shortcut)
        })
    }
    conv1 = Conv2D(channels, 16, kernel: 3, padding: 1, bias: false)
    bn1 = BatchNorm(16)
    stage1 = stage(16, 16)
    stage2 = stage(16, 32)
    stage3 = stage(32, 64)
    fc = Linear(64, classes)
  }

  /// [N, H, W, channels] → logits [N, classes]; the paper's images are 32×32.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let h = relu(bn1(conv1(x)))
    return fc(flatten(globalAveragePool2d(stage3(stage2(stage1(h))))))
  }
}
