import ApusCore
import ApusSupport

/// Maxima of windows of sequences: [N, L, C] → [N, OL, C]. The first maximum wins ties; padding never wins; NaN propagates.
public struct MaxPool1D: Layer {
  let kernel: Int
  let stride: Int
  let padding: Padding
  let ceilMode: Bool

  /// `stride` is the kernel's size unless given; `padding` and `ceilMode` as of `MaxPool2D`.
  public init(_ kernel: Int, stride: Int? = nil, padding: some PaddingConvertible = 0, ceilMode: Bool = false) {
    checkWindow("MaxPool1D", kernel, stride ?? kernel)
    (self.kernel, self.stride, self.ceilMode) = (kernel, stride ?? kernel, ceilMode)
    self.padding = padding.imagePadding.alongRows
  }

  /// [N, L, C] → [N, OL, C], OL = ⌊(L + left + right − kernel) / stride⌋ + 1, rounded up with `ceilMode`. Traps if the window does not
  /// fit.
  public func forward(_ x: consuming Tensor) -> Tensor {
    alongRows("MaxPool1D", x) {
      maxPool2d(
        $0, kernel: IntOrPair(1, kernel), stride: IntOrPair(1, stride), padding: padding, ceilMode: ceilMode)
    }
  }
}

/// Means of windows of sequences: [N, L, C] → [N, OL, C].
public struct AveragePool1D: Layer {
  let kernel: Int
  let stride: Int
  let padding: Padding
  let countsPadding: Bool
  let ceilMode: Bool

  /// `stride` is the kernel's size unless given; the others as of `AveragePool2D`.
  public init(
    _ kernel: Int, stride: Int? = nil, padding: some PaddingConvertible = 0, countsPadding: Bool = true,
    ceilMode: Bool = false
  ) {
    checkWindow("AveragePool1D", kernel, stride ?? kernel)
    (self.kernel, self.stride, self.ceilMode) = (kernel, stride ?? kernel, ceilMode)
    (self.padding, self.countsPadding) = (padding.imagePadding.alongRows, countsPadding)
  }

  /// [N, L, C] → [N, OL, C], OL = ⌊(L + left + right − kernel) / stride⌋ + 1, rounded up with `ceilMode`. Traps if the window does not
  /// fit.
  public func forward(_ x: consuming Tensor) -> Tensor {
    alongRows("AveragePool1D", x) {
      averagePool2d(
        $0, kernel: IntOrPair(1, kernel), stride: IntOrPair(1, stride), padding: padding,
        countsPadding: countsPadding, ceilMode: ceilMode)
    }
  }
}

private func checkWindow(_ name: String, _ kernel: Int, _ stride: Int) {
  if !IntOrPair(kernel, stride).isSize {
    fatalError("\(name): kernel \(kernel) and stride \(stride) must be in 1...\(IntOrPair.largest)")
  }
}
