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
  /// x; a part of one axis: the elements start, start + step and so on before end, which a negative step has below start, −1 at the
  /// least.
  case slice(axis: Int, start: Int, end: Int, step: Int)
  /// x; so many elements more at the beginning and at the end of each axis.
  case pad(before: [Int], after: [Int], PaddingMode)
  /// x [N, H, W, C] → [N, OH, OW, KH·KW·C]: its windows; `patches`, of what is padded already.
  case patches(PatchSettings)
  /// x [N, H, W, C] → the output's height and width; `resize2d`.
  case resize(ResizeSettings)
  /// x, indices (int32): elements by their places along an axis. Either an index for each element of the result, of indices' shape,
  /// or parts of x in place of the axis, which the axes of indices stand for.
  case gather(axis: Int, perElement: Bool)
  /// x, indices (int32), updates, both of one shape: x with the updates added at their places along an axis.
  case scatterAdd(axis: Int)
  /// x; its sums from the beginning of an axis on, or from the end.
  case cumulativeSum(axis: Int, reversed: Bool)
  /// x [..., n] → [..., count], int32: the places of the smallest or largest elements of each row, in their order.
  case order(count: Int, descending: Bool)
  /// a, b, which broadcast to the output's shape: uint8, 1 or 0.
  case compare(ComparisonFunction)
  /// mask (uint8), a, b, which broadcast to the output's shape.
  case select
  /// x (int32 or uint8); the same numbers as float32.
  case toFloat
  /// x [N, H, W, C], grid [N, OH, OW, 2]; `gridSample`.
  case gridSample(GridSettings)
  /// x; over the last axis.
  case softmax
  /// x; over the last axis.
  case logSoftmax
}

extension TensorOperation {
  /// The name that plans and errors use: `Conv2D`.
  package var name: String {
    switch self {
    case .convolution: "Conv2D"
    case .transposedConvolution: "ConvTranspose2D"
    case .linear: "Linear"
    case .matrixProduct: "MatMul"
    case .batchNorm: "BatchNorm"
    case .groupNorm: "GroupNorm"
    case .layerNorm: "LayerNorm"
    case .localResponseNorm: "LocalResponseNorm"
    case .activation(let function): "\(function.name)"
    case .prelu: "PReLU"
    case .maxout: "Maxout"
    case .maxPool: "MaxPool2D"
    case .averagePool: "AveragePool2D"
    case .adaptiveAveragePool: "AdaptiveAveragePool2D"
    case .reduce(let reduction, _, _): reduction.rawValue.capitalized
    case .binary(let operation): "\(operation)".capitalized
    case .unary(let operation): "\(operation)".capitalized
    case .scale: "Scale"
    case .concatenate: "Concatenate"
    case .reshape: "Reshape"
    case .transpose: "Transpose"
    case .broadcast: "Broadcast"
    case .slice: "Slice"
    case .pad: "Pad"
    case .patches: "Patches"
    case .resize: "Resize2D"
    case .gather: "Gather"
    case .scatterAdd: "ScatterAdd"
    case .cumulativeSum: "CumulativeSum"
    case .order: "Order"
    case .compare: "Compare"
    case .select: "Select"
    case .toFloat: "Cast"
    case .gridSample: "GridSample"
    case .softmax: "Softmax"
    case .logSoftmax: "LogSoftmax"
    }
  }

  /// The attributes in words; empty where there is none.
  package var details: String {
    switch self {
    case .convolution(let c), .transposedConvolution(let c):
      "stride \(c.stride), padding \(c.padding)" + (c.dilation == 1 ? "" : ", dilation \(c.dilation)")
        + (c.groups == 1 ? "" : ", \(c.groups) groups") + (c.precision == .standard ? "" : ", \(c.precision.rawValue)")
    case .linear(let precision), .matrixProduct(let precision): precision == .standard ? "" : precision.rawValue
    case .batchNorm(let epsilon): "epsilon \(epsilon)"
    case .groupNorm(let groups, let epsilon): "\(groups) groups, epsilon \(epsilon)"
    case .layerNorm(let axes, let epsilon): "last \(axes) axes, epsilon \(epsilon)"
    case .localResponseNorm(let size, let alpha, let beta, let k): "size \(size), alpha \(alpha), beta \(beta), k \(k)"
    case .activation(let function): function.details
    case .maxout(let pieces): "\(pieces) pieces"
    case .maxPool(let pool): "\(pool.kernel), stride \(pool.stride), padding \(pool.padding)"
    case .averagePool(let pool):
      "\(pool.kernel), stride \(pool.stride), padding \(pool.padding)" + (pool.countsPadding ? "" : ", not counted")
    case .reduce(_, let axes, let keepsAxes): "over axes \(axes)" + (keepsAxes ? ", kept" : "")
    case .scale(let factor, let offset): "· \(factor) + \(offset)"
    case .concatenate(let axis): "along axis \(axis)"
    case .transpose(let permutation): "\(permutation)"
    case .slice(let axis, let start, let end, let step):
      step > 0
        ? "\(start)..<\(end) of axis \(axis)" + (step == 1 ? "" : " by \(step)")
        : "\(start) down to \(end + 1) of axis \(axis)" + (step == -1 ? "" : " by \(step)")
    case .pad(let before, let after, let mode):
      "\(before) before, \(after) after" + (mode == .constant(0) ? "" : ", \(mode)")
    case .patches(let p): "\(p.kernel), stride \(p.stride)" + (p.dilation == 1 ? "" : ", dilation \(p.dilation)")
    case .resize(let resize):
      resize.filter.rawValue + (resize.antialias ? ", antialiased" : "")
        + (resize.alignCorners ? ", corners aligned" : "")
    case .gather(let axis, let perElement): "along axis \(axis)" + (perElement ? ", an index per element" : "")
    case .scatterAdd(let axis): "along axis \(axis)"
    case .cumulativeSum(let axis, let reversed): "along axis \(axis)" + (reversed ? ", from the end" : "")
    case .order(let count, let descending): "the \(count) \(descending ? "largest" : "smallest")"
    case .compare(let function): "\(function)"
    case .gridSample(let grid):
      (grid.isNearest ? "nearest" : "bilinear") + (grid.atBorder ? ", border" : "")
        + (grid.alignCorners ? ", corners aligned" : "")
    case .prelu, .adaptiveAveragePool, .binary, .unary, .reshape, .broadcast, .select, .toFloat, .softmax,
      .logSoftmax:
      ""
    }
  }
}

extension TensorOperation {
  /// What it does to the order of features. Without a default: a new operation has to say. `moves` is always safe, and refuses
  /// PyTorch's weights behind a flattening.
  package var featureEffect: FeatureEffect {
    switch self {
    case .activation, .binary, .unary, .scale, .compare, .select, .toFloat, .softmax, .logSoftmax, .broadcast: .keeps
    case .linear: .weighs(.allFeatures)
    case .layerNorm, .prelu: .weighs(.eachFeature)
    case .batchNorm, .groupNorm: .weighs(.eachChannel)
    case .convolution, .transposedConvolution: .weighs(.filters)
    case .reshape: .reshapes
    case .transpose(let permutation): .permutes(permutation)
    case .concatenate(let axis): .joins(axis: axis)
    case .reduce(_, let axes, let keepsAxes): .reduces(axes: axes, keepsAxes: keepsAxes)
    case .matrixProduct: .multiplies
    case .maxPool, .averagePool, .adaptiveAveragePool, .patches, .resize, .gridSample: .windows
    case .localResponseNorm, .maxout, .slice, .pad, .gather, .scatterAdd, .cumulativeSum, .order: .moves
    }
  }
}

extension String {
  /// With a capital letter first.
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}

extension TensorOperation {
  /// The scalar type of an input in a graph. Beside float32 there are indices, int32, and answers of comparisons, uint8, for the
  /// operations that make and take them; what only moves elements takes indices too.
  package func takes(_ type: ScalarType, at place: Int) -> Bool {
    switch self {
    case .gather, .scatterAdd: type == (place == 1 ? .int32 : .float32)
    case .select: type == (place == 0 ? .uint8 : .float32)
    case .toFloat: type == .int32 || type == .uint8
    case .reshape, .transpose: type == .float32 || type == .int32
    default: type == .float32
    }
  }
}
