import ApusCore

/// Channels weighed by what the whole image shows: y = x · gate(fc2(activation(fc1(mean of x over the image)))).
/// Hu et al. 2018, "Squeeze-and-excitation networks".
///
/// The names are those of torchvision's layer, whose `fc1` and `fc2` are 1×1 convolutions, initialized as `Conv2D`'s.
public struct SqueezeExcitation: Layer {
  /// [1, 1, C, squeezed]
  package let fc1: Conv2D
  /// [1, 1, squeezed, C]
  package let fc2: Conv2D
  let activation: any Layer
  let gate: any Layer

  /// - Parameters:
  ///   - squeezed: channels between the two; the paper takes a sixteenth.
  ///   - activation: behind the first; a ReLU unless given, a `Swish` in EfficientNet.
  ///   - gate: behind the second; a `Sigmoid` unless given.
  ///   - initializer: of both weights; a `Conv2D`'s own unless given.
  public init(
    _ channels: Int, squeezed: Int, activation: any Layer = ReLU(), gate: any Layer = Sigmoid(),
    initializer: Initializer = .kaimingNormal(gain: .relu)
  ) {
    fc1 = Conv2D(channels, squeezed, kernel: 1, initializer: initializer)
    fc2 = Conv2D(squeezed, channels, kernel: 1, initializer: initializer)
    (self.activation, self.gate) = (activation, gate)
  }

  /// [N, H, W, C] → the same shape. Traps on another number of channels.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let weights = gate(fc2(activation(fc1(globalAveragePool2d(x)))))
    return weights.isPoisoned ? weights : x * weights
  }
}
