/// An operation as a value: what it does to its inputs, which each case lists in their order. All sizes are resolved: padding `same`
/// and pooling's `ceilMode` are numbers of pixels here.
public enum TensorOperation: Hashable, Sendable {
  /// x [N, H, W, C], weight [KH, KW, C / groups, K], and bias [K] where there is one; `conv2d`.
  case convolution(ConvolutionSettings)
  /// x [N, H, W, C], weight [KH, KW, K / groups, C]; `convTranspose2d`, whose bias is an `add` of its own. The output's size is
  /// the output's shape.
  case transposedConvolution(ConvolutionSettings)
  /// x [N, in], weight [in, out], and bias [out] where there is one.
  case linear(Precision)
  /// a [..., m, k], b [..., k, n], with the same leading axes.
  case matrixProduct(Precision)
  /// x [N, …, C], γ [C], β [C], mean [C], variance [C]: (x − mean) / √(variance + ε) · γ + β. Per activation x is read as rows of
  /// as many elements as γ has.
  case batchNorm(epsilon: Double)
  /// x [N, …, C], γ [C], β [C]; `GroupNorm`, and with as many groups as channels `InstanceNorm`.
  case groupNorm(groups: Int, epsilon: Double)
  /// x, γ and β of the shape of x's last `axes` axes; `LayerNorm`.
  case layerNorm(axes: Int, epsilon: Double)
  /// x [N, …, C]; `LocalResponseNorm`, alpha divided by size.
  case localResponseNorm(size: Int, alpha: Double, beta: Double, k: Double)
  /// x; element by element.
  case activation(ActivationFunction)
  /// x, slope: of one element, or [C].
  case prelu
  /// x [..., pieces · C] → [..., C].
  case maxout(pieces: Int)
  /// x [N, H, W, C]. Padding never wins.
  case maxPool(PoolingSettings)
  /// x [N, H, W, C].
  case averagePool(PoolingSettings)
  /// x [N, H, W, C] → the output's height and width; `adaptiveAveragePool2d`.
  case adaptiveAveragePool
  /// x. Axes ascend; kept ones have size 1. Pooling of whole images is one of these over the axes 1 and 2.
  case reduce(ReductionFunction, axes: [Int], keepsAxes: Bool)
  /// a, b, which broadcast to the output's shape.
  case binary(BinaryFunction)
  /// x; element by element.
  case unary(UnaryFunction)
  /// x · factor + offset, in one rounding where the processor can.
  case scale(factor: Double, offset: Double)
  /// Any number of values.
  case concatenate(axis: Int)
  /// x; the same elements in the output's shape.
  case reshape
  /// x; the output's axis i is x's axis permutation[i].
  case transpose(permutation: [Int])
  /// x; repeated to the output's shape.
  case broadcast
  /// x; a part of one axis.
  case slice(axis: Int, start: Int, end: Int)
  /// x [N, H, W, C]; zeros around images.
  case pad(ImageEdges)
  /// x [N, H, W, C] → [N, OH, OW, KH·KW·C]: its windows; `patches`, of what is padded already.
  case patches(PatchSettings)
  /// x [N, H, W, C] → the output's height and width; `resize2d`.
  case resize(ResizeSettings)
  /// x; over the last axis.
  case softmax
  /// x; over the last axis.
  case logSoftmax
}
