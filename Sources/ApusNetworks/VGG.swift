import ApusCore
import ApusLayers

/// VGG: 3×3 convolutions in five stages, each ended by a 2×2 max-pool, and three linear layers. Simonyan & Zisserman 2015, "Very deep
/// convolutional networks for large-scale image recognition", table 1; lecture 4.
///
/// | stage | channels | A | A-LRN | B | C | D | E |
/// |---|---|---|---|---|---|---|---|
/// | 1, 224×224 | 64 | 1 | 1 + LRN | 2 | 2 | 2 | 2 |
/// | 2, 112×112 | 128 | 1 | 1 | 2 | 2 | 2 | 2 |
/// | 3, 56×56 | 256 | 2 | 2 | 2 | 2 + 1×1 | 3 | 4 |
/// | 4, 28×28 | 512 | 2 | 2 | 2 | 2 + 1×1 | 3 | 4 |
/// | 5, 14×14 | 512 | 2 | 2 | 2 | 2 + 1×1 | 3 | 4 |
/// | parameters | | 132,863,336 | 132,863,336 | 133,047,848 | 133,638,952 | 138,357,544 | 143,667,240 |
///
/// Parameters are for three channels and 1,000 classes. Names and order of layers are torchvision's.
public struct VGG: Layer {
  /// The columns of the paper's table, by the number of layers with weights.
  public enum Configuration: String, Hashable, Sendable, CaseIterable {
    /// 8 convolutions.
    case vgg11 = "A"
    /// 8 convolutions, local response norm behind the first.
    case vgg11LRN = "A-LRN"
    /// 10 convolutions.
    case vgg13 = "B"
    /// With 1×1 convolutions as the third of stages 3 to 5.
    case vgg16OneByOne = "C"
    /// 13 convolutions, all 3×3.
    case vgg16 = "D"
    /// 16 convolutions.
    case vgg19 = "E"

    /// Kernel sizes of the convolutions of each stage.
    fileprivate var stages: [[Int]] {
      switch self {
      case .vgg11, .vgg11LRN: [[3], [3], [3, 3], [3, 3], [3, 3]]
      case .vgg13: Array(repeating: [3, 3], count: 5)
      case .vgg16OneByOne: [[3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]]
      case .vgg16: [[3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]]
      case .vgg19: [[3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]]
      }
    }
  }

  /// The five stages of `features(_:channels:)`.
  public let features: Sequential
  /// 7×7 cells, of images of other sizes too.
  package let avgpool = AdaptiveAveragePool2D(7)
  /// The three linear layers, 25,088 – 4,096 – 4,096 – classes, with dropout of a half behind the first two.
  public let classifier: Sequential

  /// `channels` of the images, 3 for RGB; `classes` of the logits, 1,000 for ImageNet.
  public init(_ configuration: Configuration = .vgg16, channels: Int = 3, classes: Int = 1000) {
    features = VGG.features(configuration, channels: channels)
    classifier = Sequential {
      Linear(7 * 7 * 512, 4096)
      ReLU()
      Dropout(dropProbability: 0.5)
      Linear(4096, 4096)
      ReLU()
      Dropout(dropProbability: 0.5)
      Linear(4096, classes)
    }
  }

  /// The five stages: [N, H, W, channels] → [N, H / 32, W / 32, 512].
  package static func features(_ configuration: Configuration, channels: Int = 3) -> Sequential {
    var layers: [any Layer] = []
    var width = channels
    for (kernels, output) in zip(configuration.stages, [64, 128, 256, 512, 512]) {
      for kernel in kernels {
        layers += [Conv2D(width, output, kernel: IntOrPair(kernel), padding: .explicit(kernel / 2)), ReLU()]
        if configuration == .vgg11LRN && layers.count == 2 { layers.append(LocalResponseNorm.alexNet) }
        width = output
      }
      layers.append(MaxPool2D(2))
    }
    return Sequential(layers)
  }

  /// [N, H, W, channels] → logits [N, classes]; images are at least 32×32, 224×224 in the paper.
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(flatten(avgpool(features(x)))) }
}
