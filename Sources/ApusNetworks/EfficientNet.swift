import ApusCore
import ApusLayers

/// EfficientNet: MBConv blocks (`InvertedResidual`) with squeeze-and-excitation, in seven stages that are scaled in width and depth
/// together. Tan & Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks", table 1; names and initial values
/// are torchvision's.
///
/// | stage | operator of B0 | resolution | channels | layers |
/// |---|---|---|---|---|
/// | 1 | conv 3×3, stride 2 | 224² | 32 | 1 |
/// | 2 | MBConv1, 3×3 | 112² | 16 | 1 |
/// | 3 | MBConv6, 3×3, stride 2 | 112² | 24 | 2 |
/// | 4 | MBConv6, 5×5, stride 2 | 56² | 40 | 2 |
/// | 5 | MBConv6, 3×3, stride 2 | 28² | 80 | 3 |
/// | 6 | MBConv6, 5×5 | 14² | 112 | 3 |
/// | 7 | MBConv6, 5×5, stride 2 | 14² | 192 | 4 |
/// | 8 | MBConv6, 3×3 | 7² | 320 | 1 |
/// | 9 | conv 1×1, pooling, linear | 7² | 1280 | 1 |
///
/// The other scalings, with the paper's factors and the images that torchvision's weights were trained for:
///
/// | | B0 | B1 | B2 | B3 | B4 | B5 | B6 | B7 |
/// |---|---|---|---|---|---|---|---|---|
/// | width | 1 | 1 | 1.1 | 1.2 | 1.4 | 1.6 | 1.8 | 2 |
/// | depth | 1 | 1.1 | 1.2 | 1.4 | 1.8 | 2.2 | 2.6 | 3.1 |
/// | image | 224 | 240 | 288 | 300 | 380 | 456 | 528 | 600 |
/// | dropout | 0.2 | 0.2 | 0.3 | 0.3 | 0.4 | 0.4 | 0.5 | 0.5 |
/// | parameters | 5,288,548 | 7,794,184 | 9,109,994 | 12,233,232 | 19,341,616 | 30,389,784 | 43,040,704 | 66,347,960 |
///
/// The function is swish everywhere. Branches are left out of samples with a probability that grows from 0 to 0.2 with the depth
/// (`StochasticDepth`). From B5 on batch norms have ε = 0.001 and momentum 0.01.
public struct EfficientNet: Layer {
  /// How much wider and deeper than B0.
  public enum Scaling: String, Hashable, Sendable, CaseIterable {
    /// The paper's, from B0, which was searched for, to B7.
    case b0, b1, b2, b3, b4, b5, b6, b7

    /// A column of the table.
    fileprivate var settings: (width: Double, depth: Double, image: Int, dropout: Double) {
      switch self {
      case .b0: (1, 1, 224, 0.2)
      case .b1: (1, 1.1, 240, 0.2)
      case .b2: (1.1, 1.2, 288, 0.3)
      case .b3: (1.2, 1.4, 300, 0.3)
      case .b4: (1.4, 1.8, 380, 0.4)
      case .b5: (1.6, 2.2, 456, 0.4)
      case .b6: (1.8, 2.6, 528, 0.5)
      case .b7: (2, 3.1, 600, 0.5)
      }
    }

    /// Height and width of the images.
    package var imageSize: Int { settings.image }

    fileprivate var norm: Norm {
      switch self {
      case .b0, .b1, .b2, .b3, .b4: { BatchNorm($0) }
      case .b5, .b6, .b7: { BatchNorm($0, momentum: 0.01, epsilon: 1e-3) }
      }
    }
  }

  /// The table's stages up to the last convolution: [N, H, W, channels] → [N, ⌈H / 32⌉, ⌈W / 32⌉, 1280] of B0.
  package let features: Sequential
  /// Dropout, and a linear layer to the classes.
  package let classifier: Sequential

  /// - Parameters:
  ///   - channels: of the images, 3 for RGB.
  ///   - classes: of the logits, 1,000 for ImageNet.
  public init(_ scaling: Scaling = .b0, channels: Int = 3, classes: Int = 1000) {
    let stages: [(expansion: Int, kernel: Int, stride: Int, channels: Int, layers: Int)] = [
      (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
      (6, 3, 1, 320, 1),
    ]
    let (settings, norm) = (scaling.settings, scaling.norm)
    let counts = stages.map { Int((Double($0.layers) * settings.depth).rounded(.up)) }
    let blocks = counts.reduce(0, +)
    var input = channelsByEight(32 * settings.width)
    var layers: [any Layer] = [
      Sequential.convolution(channels, input, kernel: 3, stride: 2, norm: norm, activation: Swish())
    ]
    var block = 0
    for (stage, count) in zip(stages, counts) {
      let output = channelsByEight(Double(stage.channels) * settings.width)
      layers.append(
        Sequential(
          (0..<count).map { index in
            defer { (input, block) = (output, block + 1) }
            return EfficientNet.block(
              input, output, kernel: stage.kernel, stride: index == 0 ? stage.stride : 1, expansion: stage.expansion,
              dropProbability: 0.2 * Double(block) / Double(blocks), norm: norm)
          }))
    }
    layers.append(Sequential.convolution(input, 4 * input, kernel: 1, norm: norm, activation: Swish()))
    features = Sequential(layers)
    let bound = 1 / Double(classes).squareRoot()
    classifier = Sequential {
      Dropout(dropProbability: settings.dropout)
      Linear(4 * input, classes, initializer: .uniform(in: -bound...bound))
    }
  }

  /// MBConv; the squeeze is to a quarter of the input's channels, not of the expanded ones.
  private static func block(
    _ input: Int, _ output: Int, kernel: Int, stride: Int, expansion: Int, dropProbability: Double, norm: Norm
  ) -> InvertedResidual {
    let wide = channelsByEight(Double(input * expansion))
    return InvertedResidual(
      isResidual: stride == 1 && input == output, stochasticDepth: StochasticDepth(dropProbability: dropProbability)
    ) {
      if wide != input { Sequential.convolution(input, wide, kernel: 1, norm: norm, activation: Swish()) }
      Sequential.depthwise(wide, kernel: kernel, stride: stride, norm: norm, activation: Swish())
      SqueezeExcitation(
        wide, squeezed: max(1, input / 4), activation: Swish(), initializer: .kaimingNormal(fan: .output))
      Sequential.convolution(wide, output, kernel: 1, norm: norm, activation: nil)
    }
  }

  /// [N, H, W, channels] → logits [N, classes], for images of any size.
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(flatten(globalAveragePool2d(features(x)))) }
}
