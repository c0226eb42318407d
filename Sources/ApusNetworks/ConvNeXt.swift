import ApusCore
import ApusInterchange
import ApusLayers
import ApusSupport

/// ConvNeXt: a ResNet with the habits of vision transformers. Liu et al. 2022, "A ConvNet for the 2020s", section 2 and table 9; names and
/// initial values are torchvision's.
///
/// | | output | tiny | small | base | large |
/// |---|---|---|---|---|---|
/// | 4×4 convolution, stride 4, layer norm | 56×56 | 96 | 96 | 128 | 192 |
/// | blocks | 56×56 | 3 | 3 | 3 | 3 |
/// | layer norm, 2×2 convolution, stride 2; blocks | 28×28 | 3 | 3 | 3 | 3 |
/// | the same | 14×14 | 9 | 27 | 27 | 27 |
/// | the same | 7×7 | 3 | 3 | 3 | 3 |
/// | average, layer norm, linear layer | 1×1 | 768 | 768 | 1024 | 1536 |
/// | branches left out | | ≤ 0.1 | ≤ 0.4 | ≤ 0.5 | ≤ 0.5 |
/// | parameters | | 28,589,128 | 50,223,688 | 88,591,464 | 197,767,336 |
///
/// Channels double from stage to stage. Layer norms have ε = 1e-6. Weights are drawn with a deviation of 0.02: torchvision cuts the normal
/// distribution at ±2, a hundred deviations. Parameters are for three channels and 1,000 classes.
public struct ConvNeXt: Layer {
  /// The columns of the table.
  public enum Size: String, Hashable, Sendable, CaseIterable {
    /// ConvNeXt-T to ConvNeXt-L.
    case tiny, small, base, large
  }

  /// The stem, and stages and what halves the image between them, in turn: [N, H, W, channels] → [N, H / 32, W / 32, 8·width].
  package let features: Sequential
  /// Layer norm, and a linear layer to the classes.
  package let classifier: Sequential

  /// `channels` of the images, 3 for RGB; `classes` of the logits, 1,000 for ImageNet.
  public init(_ size: Size = .tiny, channels: Int = 3, classes: Int = 1000) {
    let (width, dropProbability) =
      switch size {
      case .tiny: (96, 0.1)
      case .small: (96, 0.4)
      case .base: (128, 0.5)
      case .large: (192, 0.5)
      }
    self.init(
      depths: [3, 3, size == .tiny ? 9 : 27, 3], width: width, dropProbability: dropProbability, channels: channels,
      classes: classes)
  }

  /// Of any depth and width. Traps without blocks in a stage.
  ///
  /// - Parameters:
  ///   - depths: blocks of each stage.
  ///   - width: channels of the first stage, which double from stage to stage.
  ///   - dropProbability: of the last block's branch to be left out of a sample; grows linearly from 0 (`StochasticDepth`).
  public init(depths: [Int], width: Int, dropProbability: Double = 0.1, channels: Int = 3, classes: Int = 1000) {
    if depths.isEmpty || depths.contains(where: { $0 < 1 }) || width < 1 {
      fatalError("ConvNeXt(depths: \(depths), width: \(width)): at least one stage, block and channel")
    }
    let last = max(depths.reduce(0, +) - 1, 1)
    var width = width
    var layers: [any Layer] = [
      Sequential {
        Conv2D(channels, width, kernel: 4, stride: 4, initializer: .convNeXt)
        LayerNorm([width], epsilon: 1e-6)
      }
    ]
    var block = 0
    for (stage, count) in depths.enumerated() {
      if stage > 0 {
        layers.append(
          Sequential {
            LayerNorm([width], epsilon: 1e-6)
            Conv2D(width, 2 * width, kernel: 2, stride: 2, initializer: .convNeXt)
          })
        width *= 2
      }
      layers.append(
        Sequential(
          (0..<count).map { _ in
            defer { block += 1 }
            return ConvNeXtBlock(width, dropProbability: dropProbability * Double(block) / Double(last))
          }))
    }
    features = Sequential(layers)
    classifier = Sequential {
      LayerNorm([width], epsilon: 1e-6)
      Flatten()
      Linear(width, classes, initializer: .convNeXt)
    }
  }

  /// [N, H, W, channels] → logits [N, classes]; images are at least 32×32 with four stages.
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(globalAveragePool2d(features(x))) }
}

/// A depthwise 7×7 convolution, a layer norm and two linear layers with a GELU between them, for each pixel; scaled, and added to the
/// input: [N, H, W, C] → the same shape. Liu et al. 2022, figure 4.
///
/// y = layerScale · W₂ GELU(W₁ LN(conv(x))) + x
package struct ConvNeXtBlock: Layer {
  /// The branch; in between stand places that torchvision's file counts, but where nothing is moved here.
  package let block: Sequential
  /// [1, 1, C]: a factor per channel, at first 1e-6.
  package let layerScale: Parameter
  /// Leaves the branch out of some samples of a training batch.
  package let stochasticDepth: StochasticDepth

  /// `dropProbability`: of a sample's branch to be left out.
  package init(_ channels: Int, dropProbability: Double) {
    block = Sequential {
      Conv2D(channels, channels, kernel: 7, padding: 3, groups: channels, initializer: .convNeXt)
      Identity()
      LayerNorm([channels], epsilon: 1e-6)
      Linear(channels, 4 * channels, initializer: .convNeXt)
      GELU()
      Linear(4 * channels, channels, initializer: .convNeXt)
    }
    layerScale = Parameter(.full([1, 1, channels], 1e-6))
    stochasticDepth = StochasticDepth(dropProbability: dropProbability)
  }

  /// [N, H, W, C] → the same shape.
  package func forward(_ x: Tensor) -> Tensor { stochasticDepth(block(x) * layerScale.value) + x }
}

extension ConvNeXtBlock: PyTorchTwinned {
  /// In the file: `layer_scale` (C, 1, 1).
  package var twin: PyTorchTwin { PyTorchTwin([.init("layerScale", .image, name: "layer_scale")]) }
}

extension Initializer {
  fileprivate static let convNeXt = Initializer.normal(deviation: 0.02)
}
