import ApusCore
import ApusLayers
import ApusSupport

/// MobileNet v2: inverted residual blocks with linear bottlenecks. Sandler et al. 2018, "MobileNetV2: inverted residuals and linear
/// bottlenecks", table 2; names and initial values are torchvision's.
///
/// | input | operator | t | c | n | s |
/// |---|---|---|---|---|---|
/// | 224²×3 | conv2d | | 32 | 1 | 2 |
/// | 112²×32 | bottleneck | 1 | 16 | 1 | 1 |
/// | 112²×16 | bottleneck | 6 | 24 | 2 | 2 |
/// | 56²×24 | bottleneck | 6 | 32 | 3 | 2 |
/// | 28²×32 | bottleneck | 6 | 64 | 4 | 2 |
/// | 14²×64 | bottleneck | 6 | 96 | 3 | 1 |
/// | 14²×96 | bottleneck | 6 | 160 | 3 | 2 |
/// | 7²×160 | bottleneck | 6 | 320 | 1 | 1 |
/// | 7²×320 | conv2d 1×1 | | 1280 | 1 | 1 |
/// | 7²×1280 | avgpool 7×7 | | | 1 | |
/// | 1×1×1280 | conv2d 1×1 | | k | | |
///
/// t: expansion, c: channels, n: blocks, s: stride of the first. Behind every convolution but a block's last stands a ReLU6. The last row
/// is a linear layer behind a dropout of 0.2. 3,504,872 parameters for three channels and 1,000 classes.
public struct MobileNetV2: Layer {
  /// The rows of the table up to the 1×1 convolution: [N, H, W, channels] → [N, ⌈H / 32⌉, ⌈W / 32⌉, 1280].
  package let features: Sequential
  /// Dropout, and a linear layer to the classes.
  package let classifier: Sequential

  /// - Parameters:
  ///   - width: times the channels of every row, rounded to multiples of 8; the 1,280 become no fewer. Traps unless it is above 0.
  ///   - channels: of the images, 3 for RGB.
  ///   - classes: of the logits, 1,000 for ImageNet.
  public init(width: Double = 1, channels: Int = 3, classes: Int = 1000) {
    guard width > 0, width <= 100 else { fatalError("MobileNetV2(width: \(width)): above 0 and at most 100") }
    let rows: [(t: Int, c: Int, n: Int, s: Int)] = [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]
    var input = channelsByEight(32 * width)
    let last = channelsByEight(1280 * max(1, width))
    var layers: [any Layer] = [Sequential.convolution(channels, input, kernel: 3, stride: 2, activation: ReLU6())]
    for row in rows {
      let output = channelsByEight(Double(row.c) * width)
      for index in 0..<row.n {
        layers.append(MobileNetV2.bottleneck(input, output, stride: index == 0 ? row.s : 1, expansion: row.t))
        input = output
      }
    }
    layers.append(Sequential.convolution(input, last, kernel: 1, activation: ReLU6()))
    features = Sequential(layers)
    classifier = Sequential {
      Dropout(dropProbability: 0.2)
      Linear(last, classes, initializer: .normal(deviation: 0.01))
    }
  }

  /// The paper's table 1: 1×1 with ReLU6, 3×3 depthwise with ReLU6, linear 1×1.
  private static func bottleneck(_ input: Int, _ output: Int, stride: Int, expansion: Int) -> InvertedResidual {
    let wide = input * expansion
    return InvertedResidual(named: "conv", isResidual: stride == 1 && input == output) {
      if expansion > 1 { Sequential.convolution(input, wide, kernel: 1, activation: ReLU6()) }
      Sequential.depthwise(wide, kernel: 3, stride: stride, activation: ReLU6())
      // Not in a Sequential of their own, as torchvision has it.
      Sequential.convolution(wide, output, kernel: 1, activation: nil).layers
    }
  }

  /// [N, H, W, channels] → logits [N, classes], for images of any size.
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(flatten(globalAveragePool2d(features(x)))) }
}
