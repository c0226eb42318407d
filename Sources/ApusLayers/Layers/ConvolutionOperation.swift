import ApusCore

/// The operations of layers as functions, for layers of one's own.

/// 2-D convolution (cross-correlation) with a bias: x [N, H, W, C], weight [KH, KW, C / groups, K], bias [K] → [N, OH, OW, K].
///
/// y[n, i, j, k] = bias[k] + Σ x[n, i·stride + u·dilation − top, j·stride + v·dilation − left, c] · weight[u, v, c, k];
/// padding is zeros.
public func conv2d(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor? = nil, stride: some IntOrPairConvertible = 1,
  padding: some PaddingConvertible = 0, dilation: some IntOrPairConvertible = 1, groups: Int = 1
) -> Tensor {
  convolution(
    x, weight: weight, bias: bias, stride: stride.intOrPair, padding: padding.imagePadding,
    dilation: dilation.intOrPair, groups: groups)
}

/// As above of resolved sizes.
package func convolution(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor?, stride: IntOrPair, padding: Padding, dilation: IntOrPair,
  groups: Int
) -> Tensor {
  if x.isPoisoned { return x }
  var (weight, bias) = (weight, bias)
  Tensor.enter(&x, "Conv2D")
  Tensor.matchTypes(&x, &weight, "Conv2D")
  if bias != nil { Tensor.matchTypes(&x, &bias!, "Conv2D") }
  guard x.rank == 4 else {
    return shapeFailure("Conv2D", "expects [N, H, W, C], input is \(x.shape)", input: x)
  }
  guard weight.rank == 4 else {
    return shapeFailure("Conv2D", "expects a weight [KH, KW, C, K], it is \(weight.shape)", input: x)
  }
  guard groups > 0, weight.shape[3] % groups == 0 else {
    return shapeFailure(
      "Conv2D", "with \(groups) groups needs output channels that are a multiple of it, not \(weight.shape[3])",
      input: x)
  }
  guard x.shape[3] == weight.shape[2] * groups else {
    return shapeFailure(
      "Conv2D", wrongChannels(weight.shape[2] * groups, x.shape), input: x)
  }
  guard stride.isSize && dilation.isSize else {
    return shapeFailure(
      "Conv2D", "needs stride and dilation in 1...\(IntOrPair.largest), they are \(stride) and \(dilation)", input: x)
  }
  if let bias, bias.shape != [weight.shape[3]] {
    return shapeFailure(
      "Conv2D", "expects a bias of shape [\(weight.shape[3])], it is \(bias.shape)", input: x)
  }
  let (image, kernel) = (IntOrPair(x.shape[1], x.shape[2]), IntOrPair(weight.shape[0], weight.shape[1]))
  let settings = ConvolutionSettings(
    stride: stride, dilation: dilation,
    padding: padding.resolved(input: image, kernel: kernel, stride: stride, dilation: dilation), groups: groups,
    precision: Scope.current?.precision ?? .standard)
  let size = settings.outputSize(image, kernel: kernel)
  guard size.height > 0 && size.width > 0 else {
    return shapeFailure(
      "Conv2D",
      "with a \(kernel) kernel does not fit into its input \(x.shape) with padding \(settings.padding.tuple)", input: x)
  }
  guard size.isSize else {
    return shapeFailure(
      "Conv2D", "with padding \(settings.padding.tuple) would make \(size) of \(x.shape)", input: x)
  }
  let tape = Tape.recording(x, weight) ?? bias.flatMap { Tape.recording($0) }
  let shape: Shape = [x.shape[0], size.height, size.width, weight.shape[3]]
  let pending = PendingOperation(.convolution(x: x, weight: weight, bias: bias, geometry: settings), tape: tape)
  let y = Tensor(body: TensorBody(shape: shape, scalarType: x.scalarType, deferred: pending))
  report(
    "Conv2D", y, from: [x, weight, bias], as: .convolution(settings),
    with: .init(
      multiplyAdds: saturatingProduct(y.elementCount, kernel.height, kernel.width, weight.shape[2]),
      window: .init(
        kernel: kernel.pair, stride: stride.pair, dilation: dilation.pair,
        before: (settings.padding.top, settings.padding.left)),
      choices: { [x = x.shape, w = weight.shape] in Kernels.choices(x, w, settings) }))
  return y
}
