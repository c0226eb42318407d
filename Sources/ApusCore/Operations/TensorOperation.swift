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
    case .slice(let axis, let start, let end): "\(start)..<\(end) of axis \(axis)"
    case .pad(let edges): "\(edges)"
    case .patches(let p): "\(p.kernel), stride \(p.stride)" + (p.dilation == 1 ? "" : ", dilation \(p.dilation)")
    case .resize(let resize):
      resize.filter.rawValue + (resize.antialias ? ", antialiased" : "")
        + (resize.alignCorners ? ", corners aligned" : "")
    case .prelu, .adaptiveAveragePool, .binary, .unary, .reshape, .broadcast, .softmax, .logSoftmax: ""
    }
  }
}

extension TensorOperation {
  /// What it does to the order of features. Without a default: a new operation has to say. `moves` is always safe, and refuses
  /// PyTorch's weights behind a flattening.
  package var featureEffect: FeatureEffect {
    switch self {
    case .activation, .binary, .unary, .scale, .softmax, .logSoftmax: .keeps
    case .linear: .weighs(.allFeatures)
    case .batchNorm, .layerNorm, .prelu: .weighs(.eachFeature)
    case .convolution, .transposedConvolution, .groupNorm: .weighs(.blurs)
    case .reshape: .reshapes
    case .transpose(let permutation):
      .permutes(keepsChannels: permutation.count < 3 || permutation.last == permutation.count - 1)
    case .concatenate: .joins
    case .matrixProduct, .localResponseNorm, .maxout, .maxPool, .averagePool, .adaptiveAveragePool, .reduce, .broadcast,
      .slice, .pad, .patches, .resize:
      .moves
    }
  }
}

extension String {
  /// With a capital letter first.
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
