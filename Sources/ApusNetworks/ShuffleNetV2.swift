import ApusCore
import ApusLayers

/// ShuffleNet v2: half of the channels pass through a unit as they are, and channels are shuffled between units. Ma et al. 2018,
/// "ShuffleNet V2: practical guidelines for efficient CNN architecture design", table 5; names and initial values are torchvision's.
///
/// | | output | units | 0.5× | 1× | 1.5× | 2× |
/// |---|---|---|---|---|---|---|
/// | conv1, 3×3 / 2 | 112×112 | | 24 | 24 | 24 | 24 |
/// | max-pool, 3×3 / 2 | 56×56 | | | | | |
/// | stage2 | 28×28 | 4 | 48 | 116 | 176 | 244 |
/// | stage3 | 14×14 | 8 | 96 | 232 | 352 | 488 |
/// | stage4 | 7×7 | 4 | 192 | 464 | 704 | 976 |
/// | conv5, 1×1 | 7×7 | | 1024 | 1024 | 1024 | 2048 |
/// | parameters | | | 1,366,792 | 2,278,604 | 3,503,624 | 7,393,996 |
///
/// The first unit of a stage halves the image. Parameters are for three channels and 1,000 classes.
public struct ShuffleNetV2: Layer {
  /// The columns of the table.
  public enum Width: String, Hashable, Sendable, CaseIterable {
    /// 0.5×.
    case half = "x0_5"
    /// 1×.
    case one = "x1_0"
    /// 1.5×.
    case oneAndAHalf = "x1_5"
    /// 2×.
    case two = "x2_0"

    /// Of stages 2 to 4 and conv5.
    fileprivate var channels: [Int] {
      switch self {
      case .half: [48, 96, 192, 1024]
      case .one: [116, 232, 464, 1024]
      case .oneAndAHalf: [176, 352, 704, 1024]
      case .two: [244, 488, 976, 2048]
      }
    }
  }

  /// 3×3 with stride 2, `channels` → 24, with batch norm and ReLU; a 3×3 max-pool with stride 2 follows.
  package let conv1: Sequential
  /// Four, eight and four units.
  package let stage2, stage3, stage4: Sequential
  /// 1×1, with batch norm and ReLU.
  package let conv5: Sequential
  /// To the classes.
  package let fc: Linear

  /// `channels` of the images, 3 for RGB; `classes` of the logits, 1,000 for ImageNet.
  public init(_ width: Width = .one, channels: Int = 3, classes: Int = 1000) {
    let widths = width.channels
    conv1 = Sequential {
      Conv2D(channels, 24, kernel: 3, stride: 2, padding: 1, bias: false, initializer: .pyTorch)
      BatchNorm(24)
      ReLU()
    }
    let stages = zip([24] + widths, zip(widths, [4, 8, 4])).map { input, stage in
      Sequential(
        [ShuffleUnit(halving: input, to: stage.0)] + (1..<stage.1).map { _ in ShuffleUnit(stage.0) })
    }
    (stage2, stage3, stage4) = (stages[0], stages[1], stages[2])
    conv5 = Sequential {
      Conv2D(widths[2], widths[3], kernel: 1, bias: false, initializer: .pyTorch)
      BatchNorm(widths[3])
      ReLU()
    }
    fc = Linear(widths[3], classes, initializer: .pyTorch, biasInitializer: .pyTorch)
  }

  /// [N, H, W, channels] → logits [N, classes], for images of any size.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let h = maxPool2d(conv1(x), kernel: 3, stride: 2, padding: 1)
    return fc(flatten(globalAveragePool2d(conv5(stage4(stage3(stage2(h)))))))
  }
}

/// Two branches side by side, whose channels are then taken in turn. Ma et al. 2018, figures 3c and 3d.
///
/// y = shuffle([x₁, branch2(x₂)]) of the halves of the channels, or, where the image is halved, shuffle([branch1(x), branch2(x)])
package struct ShuffleUnit: Layer {
  /// Depthwise 3×3 with stride 2 and 1×1; without layers in a unit that keeps the shape.
  package let branch1: Sequential
  /// 1×1, depthwise 3×3, 1×1.
  package let branch2: Sequential

  /// [N, H, W, C] → the same shape.
  package init(_ channels: Int) {
    branch1 = Sequential([])
    branch2 = ShuffleUnit.branch(channels / 2, channels / 2, stride: 1)
  }

  /// [N, H, W, C] → [N, ⌈H / 2⌉, ⌈W / 2⌉, K].
  package init(halving inputChannels: Int, to outputChannels: Int) {
    branch1 = Sequential {
      Conv2D(
        inputChannels, inputChannels, kernel: 3, stride: 2, padding: 1, groups: inputChannels, bias: false,
        initializer: .pyTorch)
      BatchNorm(inputChannels)
      Conv2D(inputChannels, outputChannels / 2, kernel: 1, bias: false, initializer: .pyTorch)
      BatchNorm(outputChannels / 2)
      ReLU()
    }
    branch2 = ShuffleUnit.branch(inputChannels, outputChannels / 2, stride: 2)
  }

  private static func branch(_ input: Int, _ output: Int, stride: Int) -> Sequential {
    Sequential {
      Conv2D(input, output, kernel: 1, bias: false, initializer: .pyTorch)
      BatchNorm(output)
      ReLU()
      Conv2D(
        output, output, kernel: 3, stride: stride, padding: 1, groups: output, bias: false, initializer: .pyTorch)
      BatchNorm(output)
      Conv2D(output, output, kernel: 1, bias: false, initializer: .pyTorch)
      BatchNorm(output)
      ReLU()
    }
  }

  /// [N, H, W, C] → the same shape, or [N, ⌈H / 2⌉, ⌈W / 2⌉, K].
  package func forward(_ x: Tensor) -> Tensor {
    if x.isPoisoned { return x }
    guard branch1.layers.isEmpty else { return shuffled(branch1(x), branch2(x)) }
    // Widened where the branch's result will be.
    let halves = x.entering("ShuffleUnit").split(into: 2, axis: -1)
    return shuffled(halves[0], branch2(halves[1]))
  }

  /// Channel i of the first, channel i of the second, and so on.
  private func shuffled(_ a: Tensor, _ b: Tensor) -> Tensor {
    if a.isPoisoned { return a }
    if b.isPoisoned { return b }
    return Tensor.stacked([a, b], axis: -1).reshaped(Shape(a.shape.dropLast() + [2 * a.shape[a.rank - 1]]))
  }
}
