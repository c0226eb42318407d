/// Maxima of windows: [N, H, W, C] → [N, OH, OW, C]. The first maximum wins ties; padding never wins; NaN propagates.
public struct MaxPool2D: Layer {
  public let kernel: IntOrPair
  public let stride: IntOrPair
  public let padding: Padding

  /// `stride` is the kernel's size unless given.
  public init(_ kernel: IntOrPair, stride: IntOrPair? = nil, padding: Padding = 0) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    maxPool2d(x, kernel: kernel, stride: stride, padding: padding)
  }
}

/// Means of windows: [N, H, W, C] → [N, OH, OW, C].
public struct AveragePool2D: Layer {
  public let kernel: IntOrPair
  public let stride: IntOrPair
  public let padding: Padding
  /// Whether the divisor is the kernel's size everywhere, as in PyTorch, or the number of pixels inside the image.
  public let countsPadding: Bool

  /// `stride` is the kernel's size unless given.
  public init(_ kernel: IntOrPair, stride: IntOrPair? = nil, padding: Padding = 0, countsPadding: Bool = true) {
    self.kernel = kernel
    self.stride = stride ?? kernel
    self.padding = padding
    self.countsPadding = countsPadding
  }

  public func callAsFunction(_ x: consuming Tensor) -> Tensor {
    averagePool2d(x, kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding)
  }
}

/// Means of whole images: [N, H, W, C] → [N, 1, 1, C]. Lin et al. 2014, "Network in network".
public struct GlobalAveragePool2D: Layer {
  public init() {}

  public func callAsFunction(_ x: consuming Tensor) -> Tensor { globalAveragePool2d(x) }
}
