import ApusCore
import ApusLayers

/// SqueezeNet: fire modules and no linear layer; the classes are channels of the last convolution, averaged over the image.
/// Iandola et al. 2016, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", table 1; names, sizes and
/// initial values are torchvision's, whose first convolution does not pad.
///
/// | | 1.0 | | 1.1 | |
/// |---|---|---|---|---|
/// | conv | 7×7, 96, stride 2 | 109² | 3×3, 64, stride 2 | 111² |
/// | pool | 3×3 / 2 | 54² | 3×3 / 2 | 55² |
/// | fire | 16, 64 + 64 (twice) | 54² | 16, 64 + 64 (twice) | 55² |
/// | | 32, 128 + 128 | 54² | pool | 27² |
/// | | pool | 27² | 32, 128 + 128 (twice) | 27² |
/// | | 32, 128 + 128 | 27² | pool | 13² |
/// | | 48, 192 + 192 (twice) | 27² | 48, 192 + 192 (twice) | 13² |
/// | | 64, 256 + 256 | 27² | 64, 256 + 256 (twice) | 13² |
/// | pool | 3×3 / 2 | 13² | | |
/// | fire | 64, 256 + 256 | 13² | | |
/// | conv | 1×1, classes | 13² | 1×1, classes | 13² |
/// | parameters | 1,248,424 | | 1,235,496 | |
///
/// Max-pools reach over the edge (ceil mode). Parameters are for three channels and 1,000 classes.
public struct SqueezeNet: Layer {
  /// Two networks of the authors; a file of weights fits one of them.
  public enum Version: String, Hashable, Sendable, CaseIterable {
    /// As published.
    case v10 = "1.0"
    /// 2.4 times less computation for the same accuracy: a smaller first convolution, and pools that come earlier.
    case v11 = "1.1"
  }

  /// Down to the last fire module: [N, H, W, channels] → [N, 13, 13, 512] for images of 224×224.
  package let features: Sequential
  /// Dropout of a half, and a 1×1 convolution to the classes with a ReLU.
  package let classifier: Sequential

  /// `channels` of the images, 3 for RGB; `classes` of the logits, 1,000 for ImageNet.
  public init(_ version: Version = .v11, channels: Int = 3, classes: Int = 1000) {
    features =
      switch version {
      case .v10:
        Sequential {
          Conv2D(channels, 96, kernel: 7, stride: 2, initializer: .kaimingUniform())
          ReLU()
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(96, squeezed: 16, expanded: 64)
          Fire(128, squeezed: 16, expanded: 64)
          Fire(128, squeezed: 32, expanded: 128)
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(256, squeezed: 32, expanded: 128)
          Fire(256, squeezed: 48, expanded: 192)
          Fire(384, squeezed: 48, expanded: 192)
          Fire(384, squeezed: 64, expanded: 256)
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(512, squeezed: 64, expanded: 256)
        }
      case .v11:
        Sequential {
          Conv2D(channels, 64, kernel: 3, stride: 2, initializer: .kaimingUniform())
          ReLU()
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(64, squeezed: 16, expanded: 64)
          Fire(128, squeezed: 16, expanded: 64)
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(128, squeezed: 32, expanded: 128)
          Fire(256, squeezed: 32, expanded: 128)
          MaxPool2D(3, stride: 2, ceilMode: true)
          Fire(256, squeezed: 48, expanded: 192)
          Fire(384, squeezed: 48, expanded: 192)
          Fire(384, squeezed: 64, expanded: 256)
          Fire(512, squeezed: 64, expanded: 256)
        }
      }
    classifier = Sequential {
      Dropout(dropProbability: 0.5)
      Conv2D(512, classes, kernel: 1, initializer: .normal(deviation: 0.01))
      ReLU()
    }
  }

  /// [N, H, W, channels] → logits [N, classes], not below 0; images are at least 29×29 for 1.0, 25×25 for 1.1.
  public func forward(_ x: consuming Tensor) -> Tensor { flatten(globalAveragePool2d(classifier(features(x)))) }
}

/// A 1×1 convolution to few channels, then a 1×1 and a 3×3 convolution side by side, each with a ReLU. Iandola et al. 2016, figure 1.
///
/// [N, H, W, C] → [N, H, W, 2·expanded]
package struct Fire: Layer {
  /// 1×1, C → squeezed.
  package let squeeze: Conv2D
  /// 1×1 and 3×3, squeezed → expanded.
  package let expand1x1, expand3x3: Conv2D

  /// - Parameters:
  ///   - squeezed: channels between the convolutions (the paper's s1×1).
  ///   - expanded: channels of each of the two (e1×1 = e3×3).
  package init(_ channels: Int, squeezed: Int, expanded: Int) {
    squeeze = Conv2D(channels, squeezed, kernel: 1, initializer: .kaimingUniform())
    expand1x1 = Conv2D(squeezed, expanded, kernel: 1, initializer: .kaimingUniform())
    expand3x3 = Conv2D(squeezed, expanded, kernel: 3, padding: 1, initializer: .kaimingUniform())
  }

  /// [N, H, W, C] → [N, H, W, 2·expanded], the 1×1 convolution's channels first.
  package func forward(_ x: consuming Tensor) -> Tensor {
    let h = relu(squeeze(x))
    if h.isPoisoned { return h }
    return Tensor.concatenated([relu(expand1x1(h)), relu(expand3x3(h))])
  }
}
