import ApusCore
import ApusLayers
import ApusSupport

/// Residual networks for ImageNet with 18, 34, 50, 101 and 152 layers. He et al. 2016, "Deep residual learning for image recognition",
/// table 1; lecture 4.
///
/// | | output | 18 | 34 | 50 | 101 | 152 |
/// |---|---|---|---|---|---|---|
/// | conv1 | 112×112 | 7×7, 64, stride 2 | | | | |
/// | layer1 | 56×56 | 2 | 3 | 3 | 3 | 3 |
/// | layer2 | 28×28 | 2 | 4 | 4 | 4 | 8 |
/// | layer3 | 14×14 | 2 | 6 | 6 | 23 | 36 |
/// | layer4 | 7×7 | 2 | 3 | 3 | 3 | 3 |
/// | parameters | | 11,689,512 | 21,797,672 | 25,557,032 | 44,549,160 | 60,192,808 |
///
/// Blocks are pairs of 3×3 convolutions with 64 to 512 channels (`ResidualBlock`), from 50 layers on bottlenecks with four times as many
/// at their ends (`Bottleneck`). A 3×3 / 2 max-pool before layer1, global average pooling and a linear layer after layer4. (Lecture 4
/// prints ×3 for layer3 of 152 layers and "global max pooling": ×36 and average pooling are right.)
public struct ResNet: Layer {
  /// Where a bottleneck halves the image. A file of weights fits both, but is right only for the one that it was trained with.
  public enum Variant: String, Hashable, Sendable, CaseIterable {
    /// A stage's stride is in the first 1×1 convolution of its first block.
    case paper
    /// "v1.5": it is in the 3×3 convolution. The same below 50 layers.
    case torchvision
  }

  /// The depths that can be made, all of the paper's, counted in layers with weights.
  package static let depths = [18, 34, 50, 101, 152]

  /// 7×7 with stride 2, `channels` → 64, without a bias.
  package let conv1: Conv2D
  /// Of conv1's 64 channels; a ReLU and a 3×3 max-pool with stride 2 follow.
  package let bn1: BatchNorm
  /// The paper's conv2_x: 64 → 64 channels, or 256 with bottlenecks.
  package let layer1: Sequential
  /// The paper's conv3_x: → 128 channels, or 512.
  package let layer2: Sequential
  /// The paper's conv4_x: → 256 channels, or 1,024.
  package let layer3: Sequential
  /// The paper's conv5_x: → 512 channels, or 2,048.
  package let layer4: Sequential
  /// 512 or 2,048 → `classes`.
  public let fc: Linear

  /// Traps unless `depth` is one of `depths`. Below 50 both variants are the same network.
  public init(depth: Int, _ variant: Variant = .torchvision, channels: Int = 3, classes: Int = 1000) {
    let blocks: [Int]
    switch depth {
    case 18: blocks = [2, 2, 2, 2]
    case 34, 50: blocks = [3, 4, 6, 3]
    case 101: blocks = [3, 4, 23, 3]
    case 152: blocks = [3, 8, 36, 3]
    default: fatalError("ResNet(depth: \(depth)): \(ResNet.depths) are the depths there are")
    }
    conv1 = Conv2D(channels, 64, kernel: 7, stride: 2, padding: 3, bias: false)
    bn1 = BatchNorm(64)
    var input = 64
    let layers = zip([64, 128, 256, 512], blocks).map { width, count in
      Sequential(
        (0..<count).map { index -> any Layer in
          let stride = index == 0 && width > 64 ? 2 : 1
          defer { input = depth < 50 ? width : width * Bottleneck.expansion }
          return depth < 50
            ? ResidualBlock(input, width, stride: stride)
            : Bottleneck(input, width: width, stride: stride, stridesFirst: variant == .paper)
        })
    }
    (layer1, layer2, layer3, layer4) = (layers[0], layers[1], layers[2], layers[3])
    fc = Linear(input, classes)
  }

  /// [N, H, W, channels] → logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor {
    let h = maxPool2d(relu(bn1(conv1(x))), kernel: 3, stride: 2, padding: 1)
    return fc(flatten(globalAveragePool2d(layer4(layer3(layer2(layer1(h)))))))
  }
}
