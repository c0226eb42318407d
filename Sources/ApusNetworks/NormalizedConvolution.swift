import ApusCore
import ApusLayers

/// How a network makes the batch norm of a number of channels: with its ε and momentum.
typealias Norm = @Sendable (_ channels: Int) -> BatchNorm

extension Sequential {
  /// A convolution without a bias, a batch norm and a function, with the names of torchvision's `Conv2dNormActivation`.
  ///
  /// [N, H, W, C] → [N, ⌈H / stride⌉, ⌈W / stride⌉, K]: the padding is kernel / 2.
  ///
  /// - Parameters:
  ///   - kernel: odd.
  ///   - activation: `nil` if the result stays linear.
  static func convolution(
    _ inputChannels: Int, _ outputChannels: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    norm: Norm = { BatchNorm($0) }, activation: (any Layer)?
  ) -> Sequential {
    Sequential {
      Conv2D(
        inputChannels, outputChannels, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false,
        initializer: .kaimingNormal(outputs: kernel * kernel * outputChannels))
      norm(outputChannels)
      if let activation { activation }
    }
  }

  /// A convolution that sees each channel by itself.
  static func depthwise(
    _ channels: Int, kernel: Int, stride: Int, norm: Norm = { BatchNorm($0) }, activation: any Layer
  ) -> Sequential {
    .convolution(
      channels, channels, kernel: kernel, stride: stride, groups: channels, norm: norm, activation: activation)
  }
}

extension Initializer {
  /// Normal with deviation √(2 / outputs). `kaimingNormal(fan: .output)` divides a convolution's outputs by its groups, PyTorch's
  /// `kaiming_normal_(mode="fan_out")` does not: a depthwise 3×3 convolution of C channels has 9·C of them there.
  static func kaimingNormal(outputs: Int) -> Initializer {
    .normal(deviation: (2 / Double(outputs)).squareRoot())
  }

  /// Uniform in ±1 / √fan-in, what PyTorch's convolutions and linear layers begin with where a network does not say otherwise: He's
  /// distribution for a leaky ReLU whose slope is √5.
  static let pyTorch = Initializer.kaimingUniform(gain: .leakyReLU(slope: 5.squareRoot()))
}

/// The multiple of 8 that is nearest to a number of channels, at least 8, and one more where that takes away more than a tenth. Of the
/// authors of MobileNets, for channels times a width.
func channelsByEight(_ channels: Double) -> Int {
  let nearest = max(8, Int(channels + 4) / 8 * 8)
  return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
}
