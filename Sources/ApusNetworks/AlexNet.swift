import ApusCore
import ApusLayers

/// AlexNet: five convolutions and three linear layers. Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep
/// convolutional neural networks"; lecture 4.
///
/// | | paper, ungrouped | | torchvision | |
/// |---|---|---|---|---|
/// | 11×11 / 4 | 96 | 55×55 | 64, padding 2 | 55×55 |
/// | 5×5, padding 2 | 256, 2 groups or 1 | 27×27 | 192 | 27×27 |
/// | 3×3, padding 1 | 384 | 13×13 | 384 | 13×13 |
/// | 3×3, padding 1 | 384, 2 groups or 1 | 13×13 | 256 | 13×13 |
/// | 3×3, padding 1 | 256, 2 groups or 1 | 13×13 | 256 | 13×13 |
///
/// 3×3 / 2 max-pooling after the first, second and fifth; 9,216 – 4,096 – 4,096 – classes with dropout of a half before the first two
/// linear layers. Initial values are the layers' own (He's), not the paper's N(0, 0.01²).
public struct AlexNet: Layer {
  /// Three networks are called AlexNet, and a file of weights fits one of them.
  public enum Variant: String, Hashable, Sendable, CaseIterable {
    /// As published, for 227×227 pixels: the second, fourth and fifth convolution see half of the channels, as they lay on two
    /// GPUs; local response norm before the first two pools. 60,965,224 parameters.
    case paper
    /// Lecture 4's simplified table: no groups, local response norm after the first two pools. 62,378,344 parameters.
    case ungrouped
    /// One column, no response norm, for 224×224 pixels. Krizhevsky 2014, "One weird trick for parallelizing convolutional neural
    /// networks", as torchvision has it. 61,100,840 parameters.
    case torchvision
  }

  /// The five convolutions: [N, H, W, channels] → [N, 6, 6, 256] for images of the variant's size.
  public let features: Sequential
  /// 6×6 cells, of images of other sizes too.
  package let avgpool = AdaptiveAveragePool2D(6)
  /// The three linear layers, from 9,216 numbers to the classes.
  public let classifier: Sequential

  /// `channels` of the images, 3 for RGB; `classes` of the logits, 1,000 for ImageNet.
  public init(_ variant: Variant = .torchvision, channels: Int = 3, classes: Int = 1000) {
    features =
      switch variant {
      case .paper: AlexNet.published(channels, groups: 2, normalizesFirst: true)
      case .ungrouped: AlexNet.published(channels, groups: 1, normalizesFirst: false)
      case .torchvision: AlexNet.oneWeirdTrick(channels)
      }
    classifier = Sequential {
      Dropout(dropProbability: 0.5)
      Linear(6 * 6 * 256, 4096)
      ReLU()
      Dropout(dropProbability: 0.5)
      Linear(4096, 4096)
      ReLU()
      Linear(4096, classes)
    }
  }

  private static func published(_ channels: Int, groups: Int, normalizesFirst: Bool) -> Sequential {
    func pool() -> [any Layer] {
      let layers: [any Layer] = [LocalResponseNorm.alexNet, MaxPool2D(3, stride: 2)]
      return normalizesFirst ? layers : layers.reversed()
    }
    return Sequential {
      Conv2D(channels, 96, kernel: 11, stride: 4)
      ReLU()
      pool()
      Conv2D(96, 256, kernel: 5, padding: 2, groups: groups)
      ReLU()
      pool()
      Conv2D(256, 384, kernel: 3, padding: 1)
      ReLU()
      Conv2D(384, 384, kernel: 3, padding: 1, groups: groups)
      ReLU()
      Conv2D(384, 256, kernel: 3, padding: 1, groups: groups)
      ReLU()
      MaxPool2D(3, stride: 2)
    }
  }

  private static func oneWeirdTrick(_ channels: Int) -> Sequential {
    Sequential {
      Conv2D(channels, 64, kernel: 11, stride: 4, padding: 2)
      ReLU()
      MaxPool2D(3, stride: 2)
      Conv2D(64, 192, kernel: 5, padding: 2)
      ReLU()
      MaxPool2D(3, stride: 2)
      Conv2D(192, 384, kernel: 3, padding: 1)
      ReLU()
      Conv2D(384, 256, kernel: 3, padding: 1)
      ReLU()
      Conv2D(256, 256, kernel: 3, padding: 1)
      ReLU()
      MaxPool2D(3, stride: 2)
    }
  }

  /// [N, H, W, channels] → logits [N, classes].
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(flatten(avgpool(features(x)))) }
}
