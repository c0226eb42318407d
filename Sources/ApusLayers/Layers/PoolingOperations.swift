import ApusCore
import ApusSupport

/// Pooling as functions, for layers of one's own.

/// Maxima of windows: [N, H, W, C] → [N, OH, OW, C]. Padding never wins; the first maximum wins ties; NaN propagates.
///
/// - Parameter ceilMode: whether the number of windows is rounded up, the last one then reaching over the edge; it begins in the
///   image, as in PyTorch. GoogLeNet's 3×3/2 pooling takes 112 to 56 so.
public func maxPool2d(
  _ x: Tensor, kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
  padding: some PaddingConvertible = 0, ceilMode: Bool = false
) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("MaxPool2D")
  let (kernel, stride, padding) = (kernel.intOrPair, stride?.intOrPair, padding.imagePadding)
  guard let settings = pooling("MaxPool2D", x, kernel, stride, padding, ceilMode: ceilMode, countsPadding: true) else {
    return poolingFailure("MaxPool2D", x, kernel, stride, padding)
  }
  let tape = Tape.recording(x)
  let (y, mask) = Kernels.maxPool(x, settings, wantsMask: tape != nil)
  if let tape, let mask {
    let (input, mask) = (x.shape, Scope.current?.decisions?.settled(mask) ?? mask)
    tape.record(y, x.body.node) { Kernels.maxPoolBackward($0, mask: mask, input: input, settings) }
  }
  report(
    "MaxPool2D", y, from: [x], as: .maxPool(settings),
    with: .init(window: settings.window))
  return y
}

/// `maxPool2d` without the label of the kernel: `maxPool2d(x, 2)`.
public func maxPool2d(
  _ x: Tensor, _ kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
  padding: some PaddingConvertible = 0, ceilMode: Bool = false
) -> Tensor {
  maxPool2d(x, kernel: kernel, stride: stride, padding: padding, ceilMode: ceilMode)
}

/// Means of windows: [N, H, W, C] → [N, OH, OW, C]. The divisor is the kernel's size, or with `countsPadding: false` the number of
/// pixels of the window inside the image. With `ceilMode`, as in `maxPool2d`, what a window has beyond the edge is never counted; with
/// padding it must then be `countsPadding: false`.
public func averagePool2d(
  _ x: Tensor, kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
  padding: some PaddingConvertible = 0, countsPadding: Bool = true, ceilMode: Bool = false
) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("AveragePool2D")
  let (kernel, stride, padding) = (kernel.intOrPair, stride?.intOrPair, padding.imagePadding)
  if ceilMode && countsPadding && padding != 0 && padding != .valid {
    fatalError("averagePool2d: ceilMode with padding \(padding) needs countsPadding: false")
  }
  guard
    let settings = pooling(
      "AveragePool2D", x, kernel, stride, padding, ceilMode: ceilMode, countsPadding: countsPadding && !ceilMode)
  else {
    return poolingFailure("AveragePool2D", x, kernel, stride, padding)
  }
  let tape = Tape.recording(x)
  let y = Kernels.averagePool(x, settings)
  if let tape {
    let input = x.shape
    tape.record(y, x.body.node) { Kernels.averagePoolBackward($0, input: input, settings) }
  }
  report(
    "AveragePool2D", y, from: [x], as: .averagePool(settings),
    with: .init(window: settings.window))
  return y
}

/// `averagePool2d` without the label of the kernel: `averagePool2d(x, 2)`.
public func averagePool2d(
  _ x: Tensor, _ kernel: some IntOrPairConvertible, stride: (any IntOrPairConvertible)? = nil,
  padding: some PaddingConvertible = 0, countsPadding: Bool = true, ceilMode: Bool = false
) -> Tensor {
  averagePool2d(
    x, kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding, ceilMode: ceilMode)
}

/// Means of whole images: [N, H, W, C] → [N, 1, 1, C].
public func globalAveragePool2d(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("GlobalAveragePool2D")
  guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure("GlobalAveragePool2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  let y = x.mean(axes: [1, 2], keepingAxes: true)
  report("GlobalAveragePool2D", y, from: [x], with: .init(seesAll: true))
  return y
}

/// Maxima of whole images: [N, H, W, C] → [N, 1, 1, C]. Gradients go where the maximum is, in equal parts where there are several.
public func globalMaxPool2d(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("GlobalMaxPool2D")
  guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure("GlobalMaxPool2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  let y = x.max(axes: [1, 2], keepingAxes: true)
  report("GlobalMaxPool2D", y, from: [x], with: .init(seesAll: true))
  return y
}

/// Maxima or means of `size` neighboring channels: […, C] → […, C / size]. What a filter bank makes of rotated copies of a filter
/// becomes invariant to rotation so.
public func channelPool(_ x: Tensor, size: Int, taking operation: ChannelPool.Operation) -> Tensor {
  if x.isPoisoned { return x }
  let x = x.entering("ChannelPool")
  guard size > 0, x.rank >= 2, x.shape[x.rank - 1] % size == 0 else {
    return shapeFailure(
      "ChannelPool", "takes \(size) channels at a time, which do not divide those of \(x.shape)", input: x)
  }
  let groups = x.reshaped(Shape(x.shape.dropLast() + [x.shape[x.rank - 1] / size, size]))
  return operation == .maximum ? groups.max(axes: [-1]) : groups.mean(axes: [-1])
}

extension PoolingSettings {
  fileprivate var window: ReceptiveField.Window {
    .init(kernel: kernel.pair, stride: stride.pair, before: (padding.top, padding.left))
  }
}

private func pooling(
  _ name: StaticString, _ x: Tensor, _ kernel: IntOrPair, _ stride: IntOrPair?, _ padding: Padding, ceilMode: Bool,
  countsPadding: Bool
) -> PoolingSettings? {
  let stride = stride ?? kernel
  guard x.rank == 4, kernel.isSize, stride.isSize else { return nil }
  let image = IntOrPair(x.shape[1], x.shape[2])
  var around = padding.resolved(input: image, kernel: kernel, stride: stride)
  if ceilMode {
    around.bottom = roundedUp(image.height, kernel.height, stride.height, around.top, around.bottom)
    around.right = roundedUp(image.width, kernel.width, stride.width, around.left, around.right)
  }
  let settings = PoolingSettings(kernel: kernel, stride: stride, padding: around, countsPadding: countsPadding)
  guard settings.outputSize(image).isSize, kernel.height * kernel.width <= IntOrPair.largest,
    max(around.top, around.bottom) < kernel.height, max(around.left, around.right) < kernel.width
  else { return nil }
  return settings
}

/// The padding behind an image with which the last, partial window fits; it begins in the image or in the padding before it. As in
/// PyTorch, an image that is less than a stride too small for one window has that window.
private func roundedUp(_ size: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int {
  let span = size + before + after - kernel
  if span <= -stride { return after }
  var windows = (span + stride - 1) / stride + 1
  if (windows - 1) * stride >= size + before { windows -= 1 }
  return max(after, (windows - 1) * stride + kernel - size - before)
}

private func poolingFailure(
  _ name: StaticString, _ x: Tensor, _ kernel: IntOrPair, _ stride: IntOrPair?, _ padding: Padding
) -> Tensor {
  shapeFailure(
    name,
    """
    with kernel \(kernel), stride \(stride ?? kernel) and padding \(padding) does not fit its input \(x.shape): \
    it expects [N, H, W, C] at least as large as the window, padding below the kernel, and at most \(IntOrPair.largest) as \
    a stride, a side of the output and the positions of a window
    """, input: x)
}
