import ApusCore
import ApusLayers

/// The residual networks for CIFAR-10 with 6n + 2 layers, 20, 32, 44, 56, 110 and 1202, and their plain twins. He et al. 2016, "Deep
/// residual learning for image recognition", section 4.2; decks D2, D3, D4.
///
/// A 3×3 convolution to 16 channels; three stages of n blocks with 16, 32 and 64 channels at 32×32, 16×16 and 8×8; global average
/// pooling; a linear layer. Parameters for three channels and ten classes:
///
/// | shortcut | 20 | 32 | 44 | 56 | 110 | 1202 |
/// |---|---|---|---|---|---|---|
/// | padding (the paper's option A), none | 269,722 | 464,154 | 658,586 | 853,018 | 1,727,962 | 19,421,274 |
/// | projection (option B) | 272,474 | 466,906 | 661,338 | 855,770 | 1,730,714 | 19,424,026 |
public struct CIFARResNet: Layer {
  public let conv1: Conv2D
  public let bn1: BatchNorm
  public let stage1: Sequential
  public let stage2: Sequential
  public let stage3: Sequential
  public let fc: Linear

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

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    let h = relu(bn1(conv1(x)))
    return fc(flatten(globalAveragePool2d(stage3(stage2(stage1(h))))))
  }
}
