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
    case .activation(let function): function.name
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
    case .activation(.leakyReLU(let slope)): "slope \(slope)"
    case .activation(.elu(let alpha)): "alpha \(alpha)"
    case .activation(.swish(let beta)): "beta \(beta)"
    case .activation(.geluTanh): "by tanh"
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
    case .activation, .prelu, .adaptiveAveragePool, .binary, .unary, .reshape, .broadcast, .softmax, .logSoftmax: ""
    }
  }
}

extension String {
  /// With a capital letter first.
  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
