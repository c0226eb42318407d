import ApusCore

/// The operations of layers with the parameters of a layer of one's own.

/// `linear` with parameters: x [N, in], weight [in, out], bias [out] → [N, out].
public func linear(_ x: consuming Tensor, weight: Parameter, bias: Parameter? = nil) -> Tensor {
  linear(x, weight: weight.value, bias: bias?.value)
}

/// `conv2d` with parameters: x [N, H, W, C], weight [KH, KW, C / groups, K], bias [K] → [N, OH, OW, K].
public func conv2d(
  _ x: consuming Tensor, weight: Parameter, bias: Parameter? = nil, stride: some IntOrPairConvertible = 1,
  padding: some PaddingConvertible = 0, dilation: some IntOrPairConvertible = 1, groups: Int = 1
) -> Tensor {
  convolution(
    x, weight: weight.value, bias: bias?.value, stride: stride.intOrPair, padding: padding.imagePadding,
    dilation: dilation.intOrPair, groups: groups)
}

/// `groupNorm` with parameters: x [N, …, C], weight and bias [C].
public func groupNorm(
  _ x: Tensor, groups: Int, weight: Parameter, bias: Parameter? = nil, epsilon: Double = 1e-5
) -> Tensor {
  groupNorm(x, groups: groups, weight: weight.value, bias: bias?.value, epsilon: epsilon)
}

/// `instanceNorm` with parameters: x [N, …, C], weight and bias [C].
public func instanceNorm(_ x: Tensor, weight: Parameter, bias: Parameter? = nil, epsilon: Double = 1e-5) -> Tensor {
  instanceNorm(x, weight: weight.value, bias: bias?.value, epsilon: epsilon)
}

/// `layerNorm` with parameters over the last axes, those of `shape`; weight and bias of that shape.
public func layerNorm(
  _ x: Tensor, over shape: Shape, weight: Parameter, bias: Parameter? = nil, epsilon: Double = 1e-5
) -> Tensor {
  layerNorm(x, over: shape, weight: weight.value, bias: bias?.value, epsilon: epsilon)
}

/// `prelu` with a parameter: one slope, or one per channel.
public func prelu(_ x: consuming Tensor, slope: Parameter) -> Tensor { prelu(x, slope: slope.value) }

/// `matmul` with a parameter.
public func matmul(_ a: Tensor, _ b: Parameter) -> Tensor { matmul(a, b.value) }

/// `matmul` with a parameter.
public func matmul(_ a: Parameter, _ b: Tensor) -> Tensor { matmul(a.value, b) }

extension Parameter {
  /// The matrix product; see `matmul`.
  public static func • (a: Tensor, b: Parameter) -> Tensor { matmul(a, b.value) }

  /// The matrix product; see `matmul`.
  public static func • (a: Parameter, b: Tensor) -> Tensor { matmul(a.value, b) }
}
