/// The operations of layers as functions, for layers of one's own.

/// 2-D convolution (cross-correlation) with a bias: x [N, H, W, C], weight [KH, KW, C / groups, K], bias [K] → [N, OH, OW, K].
///
/// y[n, i, j, k] = bias[k] + Σ x[n, i·stride + u·dilation − top, j·stride + v·dilation − left, c] · weight[u, v, c, k];
/// padding is zeros.
public func conv2d(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor? = nil, stride: IntOrPair = 1, padding: Padding = .explicit(0),
  dilation: IntOrPair = 1, groups: Int = 1
) -> Tensor {
  convolution(
    x, weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups, layer: nil)
}

/// `layer`: the parameters that name the layer in errors and plans.
func convolution(
  _ x: consuming Tensor, weight: Tensor, bias: Tensor?, stride: IntOrPair, padding: Padding, dilation: IntOrPair,
  groups: Int,
  layer: LayerParameters?
) -> Tensor {
  if x.isPoisoned { return x }
  var (weight, bias) = (weight, bias)
  Tensor.matchTypes(&x, &weight, "Conv2D")
  if bias != nil { Tensor.matchTypes(&x, &bias!, "Conv2D") }
  guard x.rank == 4 else {
    return shapeFailure("Conv2D", "expects [N, H, W, C], input is \(x.shape)", path: layer?.path, input: x)
  }
  guard weight.rank == 4 else {
    return shapeFailure("Conv2D", "expects a weight [KH, KW, C, K], it is \(weight.shape)", path: layer?.path, input: x)
  }
  guard groups > 0, weight.shape[3] % groups == 0 else {
    return shapeFailure(
      "Conv2D", "with \(groups) groups needs output channels that are a multiple of it, not \(weight.shape[3])",
      path: layer?.path, input: x)
  }
  guard x.shape[3] == weight.shape[2] * groups else {
    return shapeFailure(
      "Conv2D", "expects \(weight.shape[2] * groups) channels, input is \(x.shape)", path: layer?.path, input: x)
  }
  guard stride.isPositive && dilation.isPositive else {
    return shapeFailure("Conv2D", "needs stride and dilation of at least 1", path: layer?.path, input: x)
  }
  if let bias, bias.shape != [weight.shape[3]] {
    return shapeFailure(
      "Conv2D", "expects a bias of shape [\(weight.shape[3])], it is \(bias.shape)", path: layer?.path, input: x)
  }
  let kernel = (weight.shape[0], weight.shape[1])
  let geometry = ConvolutionGeometry(
    stride: stride.pair, dilation: dilation.pair,
    padding: padding.resolved(
      input: (x.shape[1], x.shape[2]), kernel: kernel, stride: stride.pair, dilation: dilation.pair),
    groups: groups, precision: Scope.current?.precision ?? .standard)
  let (height, width) = geometry.outputSize((x.shape[1], x.shape[2]), kernel: kernel)
  guard height > 0 && width > 0 else {
    return shapeFailure(
      "Conv2D",
      "with a \(kernel.0)×\(kernel.1) kernel does not fit into its input \(x.shape) with padding \(geometry.padding)",
      path: layer?.path, input: x)
  }
  let tape = Tape.recording(x, weight) ?? bias.flatMap { Tape.recording($0) }
  let shape: Shape = [x.shape[0], height, width, weight.shape[3]]
  let pending = PendingOperation(.convolution(x: x, weight: weight, bias: bias, geometry: geometry), tape: tape)
  let y = Tensor(body: TensorBody(shape: shape, scalarType: x.scalarType, pending: pending))
  note(
    "Conv2D", y, from: x,
    with: Scope.Note(
      path: layer?.path, parameters: layer?.all ?? [],
      multiplyAdds: y.elementCount * kernel.0 * kernel.1 * weight.shape[2],
      window: .init(kernel: kernel, stride: stride.pair, dilation: dilation.pair),
      implementation: Kernels.convolutionImplementation(x.shape, weight.shape, geometry)))
  return y
}

/// Linear map of rows: x [N, in] · weight [in, out] + bias [out] → [N, out]. More leading axes are kept.
public func linear(_ x: consuming Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  affine(x, weight: weight, bias: bias, layer: nil)
}

func affine(_ x: consuming Tensor, weight: Tensor, bias: Tensor?, layer: LayerParameters?) -> Tensor {
  if x.isPoisoned { return x }
  var (weight, bias) = (weight, bias)
  Tensor.matchTypes(&x, &weight, "Linear")
  if bias != nil { Tensor.matchTypes(&x, &bias!, "Linear") }
  guard weight.rank == 2 else {
    return shapeFailure("Linear", "expects a weight [in, out], it is \(weight.shape)", path: layer?.path, input: x)
  }
  guard x.rank >= 2, x.shape[x.rank - 1] == weight.shape[0] else {
    return shapeFailure(
      "Linear", "expects \(weight.shape[0]) features, input is \(x.shape)", path: layer?.path, input: x)
  }
  if let bias, bias.shape != [weight.shape[1]] {
    return shapeFailure(
      "Linear", "expects a bias of shape [\(weight.shape[1])], it is \(bias.shape)", path: layer?.path, input: x)
  }
  if x.rank > 2 {
    let shape = Shape(x.shape.dropLast() + [weight.shape[1]])
    let rows = x.shape.dropLast().reduce(1, *)
    return affine(x.reshaped([rows, weight.shape[0]]), weight: weight, bias: bias, layer: layer).reshaped(shape)
  }
  let tape = Tape.recording(x, weight) ?? bias.flatMap { Tape.recording($0) }
  let precision = Scope.current?.precision ?? .standard
  let pending = PendingOperation(.linear(x: x, weight: weight, bias: bias, precision: precision), tape: tape)
  let y = Tensor(body: TensorBody(shape: [x.shape[0], weight.shape[1]], scalarType: x.scalarType, pending: pending))
  note(
    "Linear", y, from: x,
    with: Scope.Note(
      path: layer?.path, parameters: layer?.all ?? [], multiplyAdds: y.elementCount * weight.shape[0], seesAll: true)
  )
  return y
}

/// Maxima of windows: [N, H, W, C] → [N, OH, OW, C]. Padding never wins; the first maximum wins ties; NaN propagates.
public func maxPool2d(_ x: Tensor, kernel: IntOrPair, stride: IntOrPair? = nil, padding: Padding = .explicit(0))
  -> Tensor
{
  if x.isPoisoned { return x }
  guard let geometry = pooling("MaxPool2D", x, kernel, stride, padding, countsPadding: true) else {
    return poolingFailure("MaxPool2D", x, kernel, stride, padding)
  }
  let tape = Tape.recording(x)
  let (y, mask) = Kernels.maxPool(x, geometry, wantsMask: tape != nil)
  if let tape, let mask {
    let input = x.shape
    tape.record(y, x.body.node) { Kernels.maxPoolBackward($0, mask: mask, input: input, geometry) }
  }
  note("MaxPool2D", y, from: x, with: Scope.Note(window: .init(kernel: geometry.kernel, stride: geometry.stride)))
  return y
}

/// Means of windows: [N, H, W, C] → [N, OH, OW, C]. The divisor is the kernel's size, or with `countsPadding: false` the number of
/// pixels of the window inside the image.
public func averagePool2d(
  _ x: Tensor, kernel: IntOrPair, stride: IntOrPair? = nil, padding: Padding = .explicit(0), countsPadding: Bool = true
) -> Tensor {
  if x.isPoisoned { return x }
  guard let geometry = pooling("AveragePool2D", x, kernel, stride, padding, countsPadding: countsPadding) else {
    return poolingFailure("AveragePool2D", x, kernel, stride, padding)
  }
  let tape = Tape.recording(x)
  let y = Kernels.averagePool(x, geometry)
  if let tape {
    let input = x.shape
    tape.record(y, x.body.node) { Kernels.averagePoolBackward($0, input: input, geometry) }
  }
  note("AveragePool2D", y, from: x, with: Scope.Note(window: .init(kernel: geometry.kernel, stride: geometry.stride)))
  return y
}

/// Means of whole images: [N, H, W, C] → [N, 1, 1, C].
public func globalAveragePool2d(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank == 4, x.shape[1] > 0, x.shape[2] > 0 else {
    return shapeFailure("GlobalAveragePool2D", "expects [N, H, W, C] with pixels, input is \(x.shape)", input: x)
  }
  let y = x.mean(axes: [1, 2], keepingAxes: true)
  note("GlobalAveragePool2D", y, from: x, with: Scope.Note(seesAll: true))
  return y
}

private func pooling(
  _ name: StaticString, _ x: Tensor, _ kernel: IntOrPair, _ stride: IntOrPair?, _ padding: Padding, countsPadding: Bool
) -> PoolingGeometry? {
  let stride = stride ?? kernel
  guard x.rank == 4, kernel.isPositive, stride.isPositive else { return nil }
  let around = padding.resolved(
    input: (x.shape[1], x.shape[2]), kernel: kernel.pair, stride: stride.pair, dilation: (1, 1))
  let geometry = PoolingGeometry(
    kernel: kernel.pair, stride: stride.pair, padding: around, countsPadding: countsPadding)
  let (height, width) = geometry.outputSize((x.shape[1], x.shape[2]))
  guard height > 0, width > 0, kernel.pair.0 * kernel.pair.1 <= 256, max(around.0, around.2) < kernel.pair.0,
    max(around.1, around.3) < kernel.pair.1
  else { return nil }
  return geometry
}

private func poolingFailure(
  _ name: StaticString, _ x: Tensor, _ kernel: IntOrPair, _ stride: IntOrPair?, _ padding: Padding
) -> Tensor {
  shapeFailure(
    name,
    """
    with kernel \(kernel), stride \(stride ?? kernel) and padding \(padding) does not fit its input \(x.shape): \
    it expects [N, H, W, C] at least as large as the window, padding below the kernel and at most 256 positions in it
    """, input: x)
}

/// Dropout (Srivastava et al. 2014, inverted): each element is 0 with probability `rate`, else x / (1 − rate). Draws only in a phase
/// with dropout; the mask is keyed by the scope's (seed, step) and the ordinal of the operation in it.
public func dropout(_ x: consuming Tensor, rate: Double) -> Tensor {
  if rate < 0 || rate >= 1 { fatalError("dropout: rate \(rate) is not in 0..<1") }
  guard let scope = Scope.current, scope.phase.dropout, rate > 0 else { return x }
  let (seed, stream) = (scope.key.seed, scope.nextRandomStream())
  let tape = Tape.recording(x)
  let node = x.body.node
  let input = x.isPlanned ? x : nil
  let y = Kernels.dropout(x, rate: rate, seed: seed, stream: stream)
  tape?.record(y, node) { Kernels.dropout($0, rate: rate, seed: seed, stream: stream) }
  if let input { note("Dropout", y, from: input) }
  return y
}

/// [N, …] → [N, product of the rest].
public func flatten(_ x: Tensor) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank >= 1 else { return shapeFailure("Flatten", "expects a batch, input is a scalar", input: x) }
  let rest = x.shape.dropFirst().reduce(1, *)
  let y = x.reshaped([x.shape[0], rest])
  note("Flatten", y, from: x, with: Scope.Note(seesAll: true))
  return y
}
