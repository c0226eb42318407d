extension Graph {
  /// What a node does to its inputs, which each case lists in their order. All sizes are resolved: padding `same` and pooling's
  /// `ceilMode` are numbers of pixels here.
  public enum Operation: Hashable, Sendable {
    /// x [N, H, W, C], weight [KH, KW, C / groups, K], and bias [K] where there is one; `conv2d`.
    case convolution(Convolution)
    /// x [N, H, W, C], weight [KH, KW, K / groups, C]; `convTranspose2d`, whose bias is an `add` of its own. The output's size is
    /// the output's shape.
    case transposedConvolution(Convolution)
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
    case activation(Activation)
    /// x, slope: of one element, or [C].
    case prelu
    /// x [..., pieces · C] → [..., C].
    case maxout(pieces: Int)
    /// x [N, H, W, C]. Padding never wins.
    case maxPool(Pool)
    /// x [N, H, W, C].
    case averagePool(Pool)
    /// x [N, H, W, C] → the output's height and width; `adaptiveAveragePool2d`.
    case adaptiveAveragePool
    /// x. Axes ascend; kept ones have size 1. Pooling of whole images is one of these over the axes 1 and 2.
    case reduce(Reduction, axes: [Int], keepsAxes: Bool)
    /// a, b, which broadcast to the output's shape.
    case binary(Binary)
    /// x; element by element.
    case unary(Unary)
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
    case pad(Edges)
    /// x [N, H, W, C] → [N, OH, OW, KH·KW·C]: its windows; `patches`, of what is padded already.
    case patches(Patches)
    /// x [N, H, W, C] → the output's height and width; `resize2d`.
    case resize(Resize)
    /// x; over the last axis.
    case softmax
    /// x; over the last axis.
    case logSoftmax
  }

  /// Pixels around an image.
  public struct Edges: Hashable, Sendable {
    /// Rows above and below, columns to the left and to the right.
    public var top, left, bottom, right: Int

    /// A number of pixels for each side.
    package init(top: Int, left: Int, bottom: Int, right: Int) {
      (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }
  }

  /// Settings of a convolution or a transposed one; its weight's shape has the kernel's size and the channels.
  public struct Convolution: Hashable, Sendable {
    /// Pixels between neighboring windows; in a transposed convolution, which has its windows in the output, output pixels.
    public var stride: IntOrPair
    /// Pixels between neighboring elements of the kernel; 1 for an ordinary one.
    public var dilation: IntOrPair
    /// Zeros around the image. In a transposed convolution, pixels cut off its output.
    public var padding: Edges
    /// Groups of channels that are convolved apart; as many as there are input channels make a depthwise convolution.
    public var groups: Int
    /// How exactly products are computed; every precision gives float32.
    public var precision: Precision
  }

  /// The windows of max and average pooling.
  public struct Pool: Hashable, Sendable {
    /// Height and width of a window, in pixels.
    public var kernel: IntOrPair
    /// Pixels between neighboring windows.
    public var stride: IntOrPair
    /// Pixels around the image that windows may reach into.
    public var padding: Edges
    /// Of means: whether the divisor is the kernel's size everywhere, or the number of pixels inside the image.
    public var countsPadding: Bool
  }

  /// The windows that are copied out, as in the im2col form of a convolution.
  public struct Patches: Hashable, Sendable {
    /// Height and width of a window, in pixels.
    public var kernel: IntOrPair
    /// Pixels between neighboring windows.
    public var stride: IntOrPair
    /// Pixels between neighboring elements of a window; 1 if they touch.
    public var dilation: IntOrPair

    package init(kernel: IntOrPair, stride: IntOrPair, dilation: IntOrPair) {
      self.kernel = kernel
      self.stride = stride
      self.dilation = dilation
    }
  }

  /// How the pixels of another size are made; see `resize2d`.
  public struct Resize: Hashable, Sendable {
    /// How values between pixels are made.
    public var filter: ResampleFilter
    /// Whether downsizing takes all pixels under the filter, stretched by the ratio of the sizes.
    public var antialias: Bool
    /// Whether the centers of the corner pixels stay where they are, as with PyTorch's `align_corners`. Never with `antialias`.
    public var alignCorners: Bool

    package init(filter: ResampleFilter, antialias: Bool, alignCorners: Bool) {
      self.filter = filter
      self.antialias = antialias
      self.alignCorners = alignCorners
    }
  }

  /// Functions of one element x: `threshold` is 1 for x > 0, else 0; `gelu` is x · Φ(x), and `geluTanh` its approximation by tanh.
  public enum Activation: Hashable, Sendable {
    case relu, threshold, sigmoid, tanh, softplus, gelu, geluTanh
    case leakyReLU(slope: Double)
    case elu(alpha: Double)
    case swish(beta: Double)
  }

  /// What the elements along the axes become.
  public enum Reduction: String, Hashable, Sendable { case sum, mean, max, min }

  /// Functions of two elements; `power` raises the first to the second.
  public enum Binary: Hashable, Sendable { case add, subtract, multiply, divide, maximum, minimum, power }

  /// Functions of one element without a setting; `sign` is −1, 0 or 1.
  public enum Unary: Hashable, Sendable { case negate, abs, exp, log, sqrt, reciprocal, square, sign }
}

extension Graph.Edges {
  package init(_ edges: (Int, Int, Int, Int)) {
    self.init(top: edges.0, left: edges.1, bottom: edges.2, right: edges.3)
  }

  /// top, left, bottom, right
  var tuple: (Int, Int, Int, Int) { (top, left, bottom, right) }
}

extension Graph.Convolution {
  package init(_ geometry: ConvolutionGeometry) {
    self.init(
      stride: IntOrPair(geometry.stride.0, geometry.stride.1),
      dilation: IntOrPair(geometry.dilation.0, geometry.dilation.1), padding: Graph.Edges(geometry.padding),
      groups: geometry.groups, precision: geometry.precision)
  }

  package var geometry: ConvolutionGeometry {
    ConvolutionGeometry(
      stride: stride.pair, dilation: dilation.pair, padding: padding.tuple, groups: groups, precision: precision)
  }
}

extension Graph.Pool {
  package init(_ geometry: PoolingGeometry) {
    self.init(
      kernel: IntOrPair(geometry.kernel.0, geometry.kernel.1), stride: IntOrPair(geometry.stride.0, geometry.stride.1),
      padding: Graph.Edges(geometry.padding), countsPadding: geometry.countsPadding)
  }

  package var geometry: PoolingGeometry {
    PoolingGeometry(
      kernel: kernel.pair, stride: stride.pair, padding: padding.tuple, countsPadding: countsPadding)
  }
}

extension Kernels.Nonlinearity {
  /// The operation of a graph; `parameter`: the slope, α or β.
  package func graphOperation(_ parameter: Double) -> Graph.Operation {
    switch self {
    case .threshold: .activation(.threshold)
    case .sigmoid: .activation(.sigmoid)
    case .tanh: .activation(.tanh)
    case .leakyReLU: .activation(.leakyReLU(slope: parameter))
    case .elu: .activation(.elu(alpha: parameter))
    case .swish: .activation(.swish(beta: parameter))
    case .gelu: .activation(.gelu)
    case .geluTanh: .activation(.geluTanh)
    case .softplus: .activation(.softplus)
    }
  }
}
