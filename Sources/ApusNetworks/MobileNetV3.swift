import ApusCore
import ApusLayers
import ApusSupport

/// MobileNet v3: inverted residual blocks with squeeze-and-excitation and hard functions. Howard et al. 2019, "Searching for MobileNetV3",
/// tables 1 and 2; names and initial values are torchvision's.
///
/// The large one (exp: channels inside, SE: squeeze-and-excitation to a quarter of them, NL: hard swish or ReLU, s: stride):
///
/// | input | operator | exp | out | SE | NL | s |
/// |---|---|---|---|---|---|---|
/// | 224²×3 | conv2d 3×3 | | 16 | | HS | 2 |
/// | 112²×16 | bneck 3×3 | 16 | 16 | | RE | 1 |
/// | 112²×16 | bneck 3×3 | 64 | 24 | | RE | 2 |
/// | 56²×24 | bneck 3×3 | 72 | 24 | | RE | 1 |
/// | 56²×24 | bneck 5×5 | 72 | 40 | SE | RE | 2 |
/// | 28²×40 | bneck 5×5, twice | 120 | 40 | SE | RE | 1 |
/// | 28²×40 | bneck 3×3 | 240 | 80 | | HS | 2 |
/// | 14²×80 | bneck 3×3 | 200 | 80 | | HS | 1 |
/// | 14²×80 | bneck 3×3, twice | 184 | 80 | | HS | 1 |
/// | 14²×80 | bneck 3×3 | 480 | 112 | SE | HS | 1 |
/// | 14²×112 | bneck 3×3 | 672 | 112 | SE | HS | 1 |
/// | 14²×112 | bneck 5×5 | 672 | 160 | SE | HS | 2 |
/// | 7²×160 | bneck 5×5, twice | 960 | 160 | SE | HS | 1 |
/// | 7²×160 | conv2d 1×1 | | 960 | | HS | 1 |
/// | 7²×960 | pool 7×7, then linear layers | | 1280, k | | HS | |
///
/// Batch norms have ε = 0.001 and momentum 0.01, so that their running statistics are worth something after some 500 steps only: behind a
/// shorter training `recomputeStatistics(over:)` sets them. A dropout of 0.2 stands before the last layer. 5,483,032 parameters for three
/// channels and 1,000 classes, 2,542,856 of the small one.
public struct MobileNetV3: Layer {
  /// The paper's two networks.
  public enum Size: String, Hashable, Sendable, CaseIterable {
    /// Table 2: 11 blocks.
    case small
    /// Table 1: 15 blocks.
    case large
  }

  /// The rows of the table up to the 1×1 convolution: [N, H, W, channels] → [N, ⌈H / 32⌉, ⌈W / 32⌉, 960], 576 of the small one.
  package let features: Sequential
  /// Two linear layers with a hard swish and a dropout between them.
  package let classifier: Sequential

  /// - Parameters:
  ///   - width: times the channels of every row, rounded to multiples of 8. Traps unless it is above 0.
  ///   - channels: of the images, 3 for RGB.
  ///   - classes: of the logits, 1,000 for ImageNet.
  public init(_ size: Size = .large, width: Double = 1, channels: Int = 3, classes: Int = 1000) {
    guard width > 0, width <= 100 else { fatalError("MobileNetV3(width: \(width)): above 0 and at most 100") }
    let scaled = { (channels: Int) in channelsByEight(Double(channels) * width) }
    var input = scaled(16)
    var layers: [any Layer] = [
      Sequential.convolution(channels, input, kernel: 3, stride: 2, norm: MobileNetV3.norm, activation: HardSwish())
    ]
    for row in size.rows {
      let output = scaled(row.out)
      layers.append(MobileNetV3.bottleneck(row, from: input, through: scaled(row.exp), to: output))
      input = output
    }
    layers.append(
      Sequential.convolution(input, 6 * input, kernel: 1, norm: MobileNetV3.norm, activation: HardSwish()))
    features = Sequential(layers)
    let hidden = scaled(size == .large ? 1280 : 1024)
    classifier = Sequential {
      Linear(6 * input, hidden, initializer: .normal(deviation: 0.01))
      HardSwish()
      Dropout(dropProbability: 0.2)
      Linear(hidden, classes, initializer: .normal(deviation: 0.01))
    }
  }

  private static let norm: Norm = { BatchNorm($0, momentum: 0.01, epsilon: 1e-3) }

  /// Figure 4 of the paper.
  private static func bottleneck(_ row: Row, from input: Int, through wide: Int, to output: Int) -> InvertedResidual {
    let activation: any Layer = row.function == .hs ? HardSwish() : ReLU()
    return InvertedResidual(isResidual: row.s == 1 && input == output) {
      if wide != input { Sequential.convolution(input, wide, kernel: 1, norm: norm, activation: activation) }
      Sequential.depthwise(wide, kernel: row.kernel, stride: row.s, norm: norm, activation: activation)
      if row.squeezes {
        SqueezeExcitation(
          wide, squeezed: channelsByEight(Double(wide / 4)), gate: HardSigmoid(),
          initializer: .kaimingNormal(fan: .output))
      }
      Sequential.convolution(wide, output, kernel: 1, norm: norm, activation: nil)
    }
  }

  /// [N, H, W, channels] → logits [N, classes], for images of any size.
  public func forward(_ x: consuming Tensor) -> Tensor { classifier(flatten(globalAveragePool2d(features(x)))) }
}

/// A "bneck" of the paper's tables.
private struct Row {
  enum Function { case re, hs }

  let kernel, exp, out: Int
  let squeezes: Bool
  let function: Function
  let s: Int

  init(_ kernel: Int, _ exp: Int, _ out: Int, se squeezes: Bool, _ function: Function, _ s: Int) {
    (self.kernel, self.exp, self.out, self.squeezes, self.function, self.s) = (kernel, exp, out, squeezes, function, s)
  }
}

extension MobileNetV3.Size {
  fileprivate var rows: [Row] {
    switch self {
    case .small:
      [
        Row(3, 16, 16, se: true, .re, 2), Row(3, 72, 24, se: false, .re, 2), Row(3, 88, 24, se: false, .re, 1),
        Row(5, 96, 40, se: true, .hs, 2), Row(5, 240, 40, se: true, .hs, 1), Row(5, 240, 40, se: true, .hs, 1),
        Row(5, 120, 48, se: true, .hs, 1), Row(5, 144, 48, se: true, .hs, 1), Row(5, 288, 96, se: true, .hs, 2),
        Row(5, 576, 96, se: true, .hs, 1), Row(5, 576, 96, se: true, .hs, 1),
      ]
    case .large:
      [
        Row(3, 16, 16, se: false, .re, 1), Row(3, 64, 24, se: false, .re, 2), Row(3, 72, 24, se: false, .re, 1),
        Row(5, 72, 40, se: true, .re, 2), Row(5, 120, 40, se: true, .re, 1), Row(5, 120, 40, se: true, .re, 1),
        Row(3, 240, 80, se: false, .hs, 2), Row(3, 200, 80, se: false, .hs, 1), Row(3, 184, 80, se: false, .hs, 1),
        Row(3, 184, 80, se: false, .hs, 1), Row(3, 480, 112, se: true, .hs, 1), Row(3, 672, 112, se: true, .hs, 1),
        Row(5, 672, 160, se: true, .hs, 2), Row(5, 960, 160, se: true, .hs, 1), Row(5, 960, 160, se: true, .hs, 1),
      ]
    }
  }
}
