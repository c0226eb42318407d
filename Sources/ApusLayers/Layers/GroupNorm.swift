import ApusCore
import ApusSupport

/// Group normalization: the channels of a sample in `groups` groups of neighbors, each normalized over its channels and all
/// positions, [N, …, C] → the same shape. With one group, layer norm over (H, W, C); with as many as channels, instance norm.
///
/// y = (x − mean) / √(variance + ε) · weight[c] + bias[c], mean and biased variance a sample and group. Samples do not depend on
/// each other, and training and inference are the same.
///
/// Initially weight 1 (or `gamma`), bias 0. Wu & He 2018; lectures 0, 1 and 3.
public struct GroupNorm: Layer {
  /// γ [C]
  public let weight: Parameter?
  /// β [C]
  public let bias: Parameter?
  /// C, a multiple of `groups`.
  package let channels: Int
  /// Each of C / groups neighboring channels that share a mean and a variance.
  package let groups: Int
  /// Added to the variance before the root; above 0.
  package let epsilon: Double

  /// Traps unless `groups` divides `channels`.
  ///
  /// - Parameters:
  ///   - affine: whether γ and β are learned; without, they are 1 and 0.
  ///   - gamma: γ's first value.
  public init(_ channels: Int, groups: Int, epsilon: Double = 1e-5, affine: Bool = true, gamma: Double = 1) {
    if channels < 1 || groups < 1 || channels % groups != 0 {
      fatalError("GroupNorm(\(channels), groups: \(groups)): the groups must divide the channels")
    }
    checkNormalization("GroupNorm", epsilon: epsilon, gamma: gamma)
    weight = affine ? Parameter(.full([channels], gamma)) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    self.channels = channels
    self.groups = groups
    self.epsilon = epsilon
  }

  /// [N, …, C] → the same shape. Traps if a group has a single value per sample.
  public func forward(_ x: consuming Tensor) -> Tensor {
    grouped("GroupNorm", x, channels: channels, groups: groups, epsilon: epsilon, weight?.value, bias?.value)
  }
}

/// Instance normalization: each channel of each sample over its positions, [N, …, C] → the same shape.
///
/// y = (x − mean) / √(variance + ε) · weight[c] + bias[c]; without `affine`, as by default in PyTorch, no weight and bias.
/// Training and inference are the same. Ulyanov et al. 2016; lectures 0, 1 and 3.
public struct InstanceNorm: Layer {
  /// γ [C]
  public let weight: Parameter?
  /// β [C]
  public let bias: Parameter?
  /// C, each normalized by itself.
  package let channels: Int
  /// Added to the variance before the root; above 0.
  package let epsilon: Double

  /// Traps unless there is a channel and `epsilon` is above 0.
  ///
  /// - Parameters:
  ///   - affine: whether γ and β are learned; `false` unless given, as in PyTorch.
  ///   - gamma: γ's first value, if they are.
  public init(_ channels: Int, epsilon: Double = 1e-5, affine: Bool = false, gamma: Double = 1) {
    if channels < 1 { fatalError("InstanceNorm(\(channels)): at least one channel") }
    checkNormalization("InstanceNorm", epsilon: epsilon, gamma: gamma)
    weight = affine ? Parameter(.full([channels], gamma)) : nil
    bias = affine ? Parameter(.zeros([channels])) : nil
    self.channels = channels
    self.epsilon = epsilon
  }

  /// [N, …, C] → the same shape. Traps if a sample has a single position.
  public func forward(_ x: consuming Tensor) -> Tensor {
    grouped("InstanceNorm", x, channels: channels, groups: channels, epsilon: epsilon, weight?.value, bias?.value)
  }
}

/// Layer normalization over the last axes: `LayerNorm(96)` over the last one, `LayerNorm([H, W, C])` over all of a sample (the
/// lectures' "over CHW"). Each element has a weight and a bias of its own, as in PyTorch; one per channel is `GroupNorm(C, groups: 1)`.
///
/// y = (x − mean) / √(variance + ε) · weight + bias, mean and biased variance over the axes of `shape`. Training and inference are
/// the same.
///
/// Initially weight 1 (or `gamma`), bias 0. Ba, Kiros & Hinton 2016; lectures 0, 1 and 3.
public struct LayerNorm: Layer {
  /// γ, of `shape`
  public let weight: Parameter?
  /// β, of `shape`
  public let bias: Parameter?
  /// Sizes of the axes that are normalized over.
  package let shape: Shape
  /// Added to the variance before the root; above 0.
  package let epsilon: Double

  /// Over the last axes, which must have these sizes. Traps unless all are at least 1.
  ///
  /// - Parameters:
  ///   - affine: whether γ and β are learned, one of each per element of `shape`; without, they are 1 and 0.
  ///   - gamma: γ's first value.
  public init(_ shape: Shape, epsilon: Double = 1e-5, affine: Bool = true, gamma: Double = 1) {
    if shape.count < 1 || shape.contains(where: { $0 < 1 }) {
      fatalError("LayerNorm(\(shape)): the sizes of one or more axes, all at least 1")
    }
    checkNormalization("LayerNorm", epsilon: epsilon, gamma: gamma)
    weight = affine ? Parameter(.full(shape, gamma)) : nil
    bias = affine ? Parameter(.zeros(shape)) : nil
    self.shape = shape
    self.epsilon = epsilon
  }

  /// Over the last axis alone: `LayerNorm([size])`. Traps unless the size is at least 1.
  public init(_ size: Int, epsilon: Double = 1e-5, affine: Bool = true, gamma: Double = 1) {
    if size < 1 { fatalError("LayerNorm(\(size)): at least one element") }
    self.init([size], epsilon: epsilon, affine: affine, gamma: gamma)
  }

  /// […, `shape`] with at least one more axis in front → the same shape. Traps if `shape` has a single element.
  public func forward(_ x: consuming Tensor) -> Tensor {
    layered(x, over: shape, epsilon: epsilon, weight?.value, bias?.value)
  }
}

/// Group norm as a function: x [N, …, C], weight and bias [C]; see `GroupNorm`.
public func groupNorm(
  _ x: Tensor, groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
) -> Tensor {
  checkNormalization("groupNorm", epsilon: epsilon)
  let channels = weight?.elementCount ?? bias?.elementCount ?? x.shape.last ?? 0
  return grouped("GroupNorm", x, channels: channels, groups: groups, epsilon: epsilon, weight, bias)
}

/// Instance norm as a function: x [N, …, C], weight and bias [C]; see `InstanceNorm`.
public func instanceNorm(_ x: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5) -> Tensor {
  checkNormalization("instanceNorm", epsilon: epsilon)
  let channels = weight?.elementCount ?? bias?.elementCount ?? x.shape.last ?? 0
  return grouped("InstanceNorm", x, channels: channels, groups: channels, epsilon: epsilon, weight, bias)
}

/// Layer norm as a function over the last axes, those of `shape`; weight and bias of that shape; see `LayerNorm`.
public func layerNorm(
  _ x: Tensor, over shape: Shape, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
) -> Tensor {
  checkNormalization("layerNorm", epsilon: epsilon)
  return layered(x, over: shape, epsilon: epsilon, weight, bias)
}

private func grouped(
  _ name: StaticString, _ x: consuming Tensor, channels: Int, groups: Int, epsilon: Double, _ gamma: Tensor?,
  _ beta: Tensor?
) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank >= 2, x.shape[x.rank - 1] == channels else {
    return shapeFailure(name, wrongChannels(channels, x.shape), input: x)
  }
  guard groups >= 1, channels % groups == 0 else {
    return shapeFailure(
      name, "with \(groups) groups, which do not divide \(channels) channels", input: x)
  }
  let positions = x.shape.dropFirst().dropLast().reduce(1, *)
  let view = GroupView(
    batch: x.shape[0], positions: positions, channels: channels, groups: groups, epsilon: epsilon)
  return normalized(
    name, x, view, parameterShape: [channels], gamma, beta, .groupNorm(groups: groups, epsilon: epsilon))
}

private func layered(
  _ x: consuming Tensor, over shape: Shape, epsilon: Double, _ gamma: Tensor?, _ beta: Tensor?
) -> Tensor {
  if x.isPoisoned { return x }
  guard x.rank > shape.count, Shape(x.shape.suffix(shape.count)) == shape else {
    return shapeFailure(
      "LayerNorm", "over \(shape) expects it as the last axes after at least one more, input is \(x.shape)", input: x)
  }
  let size = shape.elementCount
  let rows = x.shape.dropLast(shape.count).reduce(1, *)
  let view = GroupView(batch: rows, positions: 1, channels: size, groups: 1, epsilon: epsilon)
  return normalized(
    "LayerNorm", x, view, parameterShape: shape, gamma, beta, .layerNorm(axes: shape.count, epsilon: epsilon))
}

private func normalized(
  _ name: StaticString, _ x: consuming Tensor, _ view: GroupView, parameterShape: Shape, _ gamma: Tensor?,
  _ beta: Tensor?,
  _ graph: Graph.Operation
) -> Tensor {
  // A single value is its own mean: the output would be β whatever it is.
  guard view.members > 1 else {
    return shapeFailure(
      name, "needs more than one value that share a mean, input is \(x.shape)", input: x)
  }
  var (gamma, beta) = (gamma, beta)
  for tensor in [gamma, beta].compactMap({ $0 }) where tensor.shape != parameterShape {
    return shapeFailure(
      name, "expects a weight and bias of shape \(parameterShape), one is \(tensor.shape)", input: x)
  }
  Tensor.enter(&x, name)
  if gamma != nil { Tensor.matchTypes(&x, &gamma!, name) }
  if beta != nil { Tensor.matchTypes(&x, &beta!, name) }
  if x.elementCount == 0 { return x }
  // What made x runs here: it is kept for the backward pass.
  _ = x.body.storage
  let tape = Tape.recording([x, gamma, beta].compactMap { $0 })
  let operation = PendingOperation(.groupNorm(x: x, view: view, gamma: gamma, beta: beta), tape: tape)
  let y = Tensor(body: TensorBody(shape: x.shape, scalarType: x.scalarType, deferred: operation))
  report(name, y, from: [x, gamma, beta], as: graph, with: .init(multiplyAdds: y.elementCount))
  return y
}
