import ApusCore
import ApusLayers

extension TensorOperation {
  /// The operation on tensors, recorded where they are: what a node of a graph does, by the library's own function.
  ///
  /// - Parameters:
  ///   - inputs: as the case lists them; their values may be others than those of the trace.
  ///   - shape: of the result, as the graph has it.
  package func applied(to inputs: [Tensor], making shape: Shape) -> Tensor {
    let x = inputs[0]
    func input(_ place: Int) -> Tensor? { inputs.count > place ? inputs[place] : nil }
    switch self {
    case .convolution(let c):
      return ApusLayers.convolution(
        x, weight: inputs[1], bias: input(2), stride: c.stride, padding: Padding(c.padding), dilation: c.dilation,
        groups: c.groups)
    case .transposedConvolution(let c):
      return convTranspose2d(
        x, weight: inputs[1], stride: c.stride, padding: Padding(c.padding),
        outputPadding: c.outputPadding(of: x.shape, kernel: inputs[1].shape, to: shape), dilation: c.dilation,
        groups: c.groups)
    case .linear: return ApusLayers.linear(x, weight: inputs[1], bias: input(2))
    case .matrixProduct: return matmul(x, inputs[1])
    case .batchNorm(let epsilon):
      let statistics = Kernels.constantStatistics(mean: inputs[3], variance: inputs[4], epsilon: epsilon)
      return normalized(x, statistics, inputs[1], inputs[2], epsilon: epsilon)
    case .groupNorm(let groups, let epsilon):
      return ApusLayers.groupNorm(x, groups: groups, weight: inputs[1], bias: inputs[2], epsilon: epsilon)
    case .layerNorm(let axes, let epsilon):
      return ApusLayers.layerNorm(
        x, over: Shape(x.shape.suffix(axes)), weight: inputs[1], bias: inputs[2], epsilon: epsilon)
    case .localResponseNorm(let size, let alpha, let beta, let k):
      return ApusLayers.localResponseNorm(x, size: size, alpha: alpha, beta: beta, k: k)
    case .activation(let function): return function == .relu ? relu(x) : nonlinearity(function, x)
    case .prelu: return ApusLayers.prelu(x, slope: inputs[1])
    case .maxout(let pieces): return ApusLayers.maxout(x, pieces: pieces)
    case .maxPool(let pool):
      return maxPool2d(x, kernel: pool.kernel, stride: pool.stride, padding: Padding(pool.padding))
    case .averagePool(let pool):
      return averagePool2d(
        x, kernel: pool.kernel, stride: pool.stride, padding: Padding(pool.padding), countsPadding: pool.countsPadding)
    case .adaptiveAveragePool: return adaptiveAveragePool2d(x, size: IntOrPair(shape[1], shape[2]))
    case .reduce(let function, let axes, let keepsAxes): return function.applied(to: x, axes, keepsAxes)
    case .binary(let function): return function.applied(to: x, inputs[1])
    case .unary(let function): return function.applied(to: x)
    case .scale(let factor, let offset): return Tensor.scaled(x, by: factor, plus: offset)
    case .concatenate(let axis): return Tensor.concatenated(inputs, axis: axis)
    case .reshape: return x.reshaped(shape)
    case .transpose(let permutation): return x.transposed(permutation)
    case .broadcast: return x.broadcast(to: shape)
    case .slice(let axis, let start, let end, let step):
      return x.slice(axis: axis, range: step > 0 ? start..<end : end + 1..<start + 1, by: step)
    case .pad(let before, let after, let mode):
      return x.padded(zip(before, after).map { (before: $0, after: $1) }, mode: mode)
    case .patches(let p): return ApusLayers.patches(x, kernel: p.kernel, stride: p.stride, dilation: p.dilation)
    case .resize(let resize):
      return resize2d(
        x, height: shape[1], width: shape[2], filter: resize.filter, antialias: resize.antialias,
        alignCorners: resize.alignCorners)
    case .gather(let axis, let perElement):
      return perElement ? x.gather(inputs[1], axis: axis) : x.take(inputs[1], axis: axis)
    case .scatterAdd(let axis): return x.scatterAdd(inputs[1], inputs[2], axis: axis)
    case .cumulativeSum(let axis, let reversed): return x.cumulativeSum(axis, reversed: reversed)
    case .order(let count, let descending): return x.topK(count, smallest: !descending).indices
    case .compare(let function): return function.applied(to: x, inputs[1])
    case .select: return Tensor.select(x, inputs[1], inputs[2])
    case .toFloat: return x.cast(to: .float32)
    case .gridSample(let settings):
      return ApusLayers.gridSample(
        x, inputs[1], filter: settings.isNearest ? .nearest : .bilinear,
        padding: settings.atBorder ? .replicate : .constant(0), alignCorners: settings.alignCorners)
    case .softmax: return ApusLayers.softmax(x)
    case .logSoftmax: return ApusLayers.logSoftmax(x)
    }
  }
}

extension ReductionFunction {
  fileprivate func applied(to x: Tensor, _ axes: [Int], _ keepsAxes: Bool) -> Tensor {
    switch self {
    case .sum: x.sum(axes: axes, keepingAxes: keepsAxes)
    case .mean: x.mean(axes: axes, keepingAxes: keepsAxes)
    case .max: x.max(axes: axes, keepingAxes: keepsAxes)
    case .min: x.min(axes: axes, keepingAxes: keepsAxes)
    }
  }
}

extension BinaryFunction {
  fileprivate func applied(to a: Tensor, _ b: Tensor) -> Tensor {
    switch self {
    case .add: a + b
    case .subtract: a - b
    case .multiply: a * b
    case .divide: a / b
    case .maximum: Tensor.maximum(a, b)
    case .minimum: Tensor.minimum(a, b)
    case .power: a.power(b)
    }
  }
}

extension UnaryFunction {
  fileprivate func applied(to x: Tensor) -> Tensor {
    switch self {
    case .negate: -x
    case .abs: x.abs()
    case .exp: x.exp()
    case .log: x.log()
    case .sqrt: x.sqrt()
    case .reciprocal: x.reciprocal()
    case .square: x.square()
    case .sign: x.sign()
    case .floor: x.floor()
    case .ceil: x.ceil()
    case .round: x.round()
    case .erf: x.erf()
    }
  }
}

extension ComparisonFunction {
  fileprivate func applied(to a: Tensor, _ b: Tensor) -> Tensor {
    switch self {
    case .equal: a .== b
    case .notEqual: a .!= b
    case .less: a .< b
    case .lessEqual: a .<= b
    case .greater: a .> b
    case .greaterEqual: a .>= b
    }
  }
}

extension ConvolutionSettings {
  /// What a transposed convolution adds below and to the right to make `output` of `x`.
  fileprivate func outputPadding(of x: Shape, kernel: Shape, to output: Shape) -> IntOrPair {
    func reached(_ axis: Int, _ stride: Int, _ dilation: Int, _ cut: Int) -> Int {
      (x[axis] - 1) * stride - cut + dilation * (kernel[axis - 1] - 1) + 1
    }
    return IntOrPair(
      output[1] - reached(1, stride.height, dilation.height, padding.top + padding.bottom),
      output[2] - reached(2, stride.width, dilation.width, padding.left + padding.right))
  }
}

extension Padding {
  fileprivate init(_ edges: ImageEdges) {
    self = .explicit(top: edges.top, left: edges.left, bottom: edges.bottom, right: edges.right)
  }
}
