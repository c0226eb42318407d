import ApusCore
import ApusSupport

/// Maxima of windows: [N, H, W, C] → [N, OH, OW, C]. The first maximum wins ties; padding never wins; NaN propagates.
public struct MaxPool2D: Layer {
  /// Height and width of a window.
  package let kernel: IntOrPair
  /// Pixels from one window to the next; the kernel's size unless given, so that windows tile the image.
  package let stride: IntOrPair
  /// Around the image, less than the kernel on each side; it never wins.
  package let padding: Padding
  /// Whether the number of windows is rounded up: see `maxPool2d`.
  package let ceilMode: Bool

  /// `stride` is the kernel's size unless given; below it windows overlap, as AlexNet's 3×3/2.
  public init(
    _ kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
    padding: some PaddingConvertible = 0, ceilMode: Bool = false
  ) {
    self.kernel = kernel.intOrPair
    self.stride = stride?.intOrPair ?? kernel.intOrPair
    checkWindow("MaxPool2D", self.kernel, self.stride)
    self.padding = padding.imagePadding
    self.ceilMode = ceilMode
  }

  /// [N, H, W, C] → [N, OH, OW, C], OH = ⌊(H + top + bottom − kernel) / stride⌋ + 1, rounded up with `ceilMode`.
  /// Traps if the window does not fit.
  public func forward(_ x: consuming Tensor) -> Tensor {
    maxPool2d(x, kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
  }
}

/// Means of windows: [N, H, W, C] → [N, OH, OW, C].
public struct AveragePool2D: Layer {
  /// Height and width of a window.
  package let kernel: IntOrPair
  /// Pixels from one window to the next; the kernel's size unless given, so that windows tile the image.
  package let stride: IntOrPair
  /// Zeros around the image, less than the kernel on each side.
  package let padding: Padding
  /// Whether the divisor is the kernel's size everywhere, as in PyTorch, or the number of pixels inside the image.
  package let countsPadding: Bool
  /// Whether the number of windows is rounded up: see `averagePool2d`.
  package let ceilMode: Bool

  /// `stride` is the kernel's size unless given.
  public init(
    _ kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
    padding: some PaddingConvertible = 0, countsPadding: Bool = true, ceilMode: Bool = false
  ) {
    self.ceilMode = ceilMode
    self.kernel = kernel.intOrPair
    self.stride = stride?.intOrPair ?? kernel.intOrPair
    checkWindow("AveragePool2D", self.kernel, self.stride)
    self.padding = padding.imagePadding
    self.countsPadding = countsPadding
  }

  /// [N, H, W, C] → [N, OH, OW, C], OH = ⌊(H + top + bottom − kernel) / stride⌋ + 1, rounded up with `ceilMode`.
  /// Traps if the window does not fit.
  public func forward(_ x: consuming Tensor) -> Tensor {
    averagePool2d(x, kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding, ceilMode: ceilMode)
  }
}

/// Means of whole images: [N, H, W, C] → [N, 1, 1, C]. Lin et al. 2014, "Network in network".
public struct GlobalAveragePool2D: Layer {
  /// Takes no size: the window is the whole image.
  public init() {}

  /// [N, H, W, C] → [N, 1, 1, C]; `flatten` makes [N, C] of it.
  public func forward(_ x: consuming Tensor) -> Tensor { globalAveragePool2d(x) }
}

/// Maxima of whole images: [N, H, W, C] → [N, 1, 1, C].
public struct GlobalMaxPool2D: Layer {
  /// Takes no size: the window is the whole image.
  public init() {}

  /// [N, H, W, C] → [N, 1, 1, C]; `flatten` makes [N, C] of it.
  public func forward(_ x: consuming Tensor) -> Tensor { globalMaxPool2d(x) }
}

/// Maxima or means of neighboring channels: […, C] → […, C / size].
public struct ChannelPool: Layer {
  /// `maximum` for invariance to which of the channels responds, `mean` for a smooth summary.
  public enum Operation: String, Hashable, Sendable { case maximum, mean }

  /// Channels that become one; it must divide C.
  package let size: Int
  /// What a block of channels becomes.
  package let operation: Operation

  /// Traps if `size` is below 1.
  public init(_ size: Int, taking operation: Operation = .maximum) {
    if size < 1 { fatalError("ChannelPool(\(size)): at least one channel at a time") }
    self.size = size
    self.operation = operation
  }

  /// […, C] → […, C / size]. Traps if `size` does not divide C.
  public func forward(_ x: consuming Tensor) -> Tensor { channelPool(x, size: size, taking: operation) }
}

private func checkWindow(_ name: String, _ kernel: IntOrPair, _ stride: IntOrPair) {
  if !kernel.isSize || !stride.isSize {
    fatalError("\(name): kernel \(kernel) and stride \(stride) must be in 1...\(IntOrPair.largest)")
  }
}
