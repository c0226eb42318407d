/// The residual networks for CIFAR-10 with 6n + 2 layers: 20, 32, 44, 56, 110. He et al. 2016, "Deep residual learning for image
/// recognition", section 4.2.
///
/// A 3×3 convolution to 16 channels; three stages of n blocks with 16, 32 and 64 channels at 32×32, 16×16 and 8×8; global average
/// pooling; a linear layer. Where a stage begins with a stride of 2 its shortcut is a 1×1 convolution (the paper's option B);
/// ResNet-20 then has 272,474 parameters for three channels and ten classes.
public struct CIFARResNet: Layer {
  public let conv1: Conv2D
  public let bn1: BatchNorm
  public let stage1: Sequential
  public let stage2: Sequential
  public let stage3: Sequential
  public let fc: Linear

  public init(depth: Int = 20, channels: Int = 3, classes: Int = 10) {
    if depth < 8 || depth % 6 != 2 { fatalError("a residual network for CIFAR has 6n + 2 layers, not \(depth)") }
    let blocks = (depth - 2) / 6
    conv1 = Conv2D(channels, 16, kernel: 3, padding: 1, bias: false)
    bn1 = BatchNorm(16)
    stage1 = CIFARResNet.stage(from: 16, to: 16, blocks: blocks)
    stage2 = CIFARResNet.stage(from: 16, to: 32, blocks: blocks)
    stage3 = CIFARResNet.stage(from: 32, to: 64, blocks: blocks)
    fc = Linear(64, classes)
  }

  private static func stage(from input: Int, to output: Int, blocks: Int) -> Sequential {
    Sequential(
      (0..<blocks).map { block in
        ResidualBlock(block == 0 ? input : output, output, stride: block == 0 && input != output ? 2 : 1)
      })
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    let h = relu(bn1(conv1(x)))
    return fc(flatten(globalAveragePool2d(stage3(stage2(stage1(h))))))
  }
}

/// Two 3×3 convolutions with batch norm, added to their input: relu(F(x) + shortcut(x)). The shortcut is the identity, or a 1×1
/// convolution with batch norm where shapes differ. He et al. 2016, figure 2; names as in torchvision.
public struct ResidualBlock: Layer {
  public let conv1: Conv2D
  public let bn1: BatchNorm
  public let conv2: Conv2D
  public let bn2: BatchNorm
  public let downsample: Sequential?

  public init(_ inputChannels: Int, _ outputChannels: Int, stride: Int = 1) {
    conv1 = Conv2D(
      inputChannels, outputChannels, kernel: 3, stride: IntOrPair(stride), padding: 1, bias: false)
    bn1 = BatchNorm(outputChannels)
    conv2 = Conv2D(outputChannels, outputChannels, kernel: 3, padding: 1, bias: false)
    bn2 = BatchNorm(outputChannels)
    downsample =
      stride == 1 && inputChannels == outputChannels
      ? nil
      : Sequential {
        Conv2D(inputChannels, outputChannels, kernel: 1, stride: IntOrPair(stride), bias: false)
        BatchNorm(outputChannels)
      }
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let shortcut = downsample?(x) ?? x
    return relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut)
  }
}
