/// Pixels on the four sides of an image.
public struct ImageEdges: Hashable, Sendable {
  /// Rows above and below, columns to the left and to the right.
  package var top, left, bottom, right: Int

  /// A number of pixels for each side.
  package init(top: Int, left: Int, bottom: Int, right: Int) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  package static let none = ImageEdges(top: 0, left: 0, bottom: 0, right: 0)

  /// top, left, bottom, right
  package var tuple: (Int, Int, Int, Int) { (top, left, bottom, right) }
}

extension ImageEdges: CustomStringConvertible {
  /// One number if the sides agree, otherwise `(top 1, left 1, bottom 2, right 2)`.
  public var description: String {
    top == left && top == bottom && top == right
      ? "\(top)" : "(top \(top), left \(left), bottom \(bottom), right \(right))"
  }
}

/// Settings of a convolution or a transposed one; its weight's shape has the kernel's size and the channels.
public struct ConvolutionSettings: Hashable, Sendable {
  /// Pixels between neighboring windows; in a transposed convolution, which has its windows in the output, output pixels.
  package var stride: IntOrPair
  /// Pixels between neighboring elements of the kernel; 1 for an ordinary one.
  package var dilation: IntOrPair
  /// Zeros around the image. In a transposed convolution, pixels cut off its output.
  package var padding: ImageEdges
  /// Groups of channels that are convolved apart; as many as there are input channels make a depthwise convolution.
  package var groups: Int
  /// How exactly products are computed; every precision gives float32.
  package var precision: Precision

  package init(
    stride: IntOrPair = 1, dilation: IntOrPair = 1, padding: ImageEdges = .none, groups: Int = 1,
    precision: Precision = .standard
  ) {
    self.stride = stride
    self.dilation = dilation
    self.padding = padding
    self.groups = groups
    self.precision = precision
  }
}

/// The windows of max and average pooling.
public struct PoolingSettings: Hashable, Sendable {
  /// Height and width of a window, in pixels.
  package var kernel: IntOrPair
  /// Pixels between neighboring windows.
  package var stride: IntOrPair
  /// Pixels around the image that windows may reach into.
  package var padding: ImageEdges
  /// Of means: whether the divisor is the kernel's size everywhere, or the number of pixels inside the image.
  package var countsPadding: Bool

  package init(kernel: IntOrPair, stride: IntOrPair, padding: ImageEdges = .none, countsPadding: Bool = true) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.countsPadding = countsPadding
  }
}

/// The windows that are copied out, as in the im2col form of a convolution.
public struct PatchSettings: Hashable, Sendable {
  /// Height and width of a window, in pixels.
  package var kernel: IntOrPair
  /// Pixels between neighboring windows.
  package var stride: IntOrPair
  /// Pixels between neighboring elements of a window; 1 if they touch.
  package var dilation: IntOrPair

  package init(kernel: IntOrPair, stride: IntOrPair, dilation: IntOrPair) {
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
  }
}
