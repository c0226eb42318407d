import Apus

/// BatchNormalization in inference: x [N, C, …], γ, β, mean and variance [C].
final class BatchNormOperator: ONNXOperator {
  private let norm: BatchNorm

  init(_ context: NodeContext) throws(FileError) {
    if try context.flag("training_mode") {
      throw context.problem("training_mode = 1", "an inference graph: export the model in evaluation mode")
    }
    let epsilon = try context.number("epsilon", 1e-5, in: 1e-30...1e30)
    let gamma = try context.weight(1, "a scale", rank: 1).tensor
    norm = BatchNorm(max(1, gamma.elementCount), epsilon: epsilon)
    let names = ["a scale", "a bias", "a mean", "a variance"]
    for (place, name) in names.enumerated() {
      let tensor = try context.weight(place + 1, name, rank: 1).tensor
      if tensor.shape != norm.runningMean.shape {
        throw context.problem("\(name) of shape \(tensor.shape)", "\(norm.runningMean.shape)")
      }
      switch place {
      case 0: norm.weight!.value = tensor
      case 1: norm.bias!.value = tensor
      case 2: norm.runningMean.value = tensor
      default: norm.runningVariance.value = tensor
      }
    }
  }

  var parts: [(name: String, part: Any)] {
    [
      ("weight", norm.weight!), ("bias", norm.bias!), ("runningMean", norm.runningMean),
      ("runningVariance", norm.runningVariance),
    ]
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try operands.take(0)
    if x.rank < 2 { throw OperatorProblem("expects [N, C, …], input is \(x.shape)") }
    let order = LaidTensor.channelsLast(x.rank)
    return [.tensor(LaidTensor(norm.forward(x.inOrder(order)), order: order))]
  }
}

/// InstanceNormalization and GroupNormalization: x [N, C, …], γ and β [C], or until set 20 a number for each group.
final class GroupNormOperator: ONNXOperator {
  /// `nil`: one for each channel.
  private let groups: Int?
  private let epsilon: Double
  private let weight: Parameter
  private let bias: Parameter
  /// Whether γ and β have a number for each group.
  private let isPerGroup: Bool

  init(_ context: NodeContext, isInstanceNorm: Bool) throws(FileError) {
    groups = isInstanceNorm ? nil : try context.integer("num_groups", 0, in: 1...Int(Int32.max))
    isPerGroup = !isInstanceNorm && context.operatorSet < 21
    epsilon = try context.number("epsilon", 1e-5, in: 1e-30...1e30)
    let gamma = try context.weight(1, "a scale", rank: 1).tensor
    let beta = try context.weight(2, "a bias", rank: 1).tensor
    if gamma.shape != beta.shape || gamma.elementCount == 0 {
      throw context.problem("a scale of shape \(gamma.shape) and a bias of shape \(beta.shape)", "the same shape")
    }
    if isPerGroup, gamma.elementCount != groups {
      throw context.problem("\(gamma.elementCount) scales for \(groups ?? 0) groups", "as many")
    }
    weight = Parameter(gamma)
    bias = Parameter(beta)
  }

  var parts: [(name: String, part: Any)] { [("weight", weight), ("bias", bias)] }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try operands.take(0)
    if x.rank < 3 || x.shape[1] == 0 { throw OperatorProblem("expects [N, C, …], input is \(x.shape)") }
    let order = LaidTensor.channelsLast(x.rank)
    let channels = x.shape[1]
    if !isPerGroup, weight.shape != [channels] {
      throw OperatorProblem("expects \(weight.shape[0]) channels, input is \(x.shape)")
    }
    if isPerGroup, channels % weight.shape[0] != 0 {
      throw OperatorProblem("with \(weight.shape[0]) groups, which do not divide \(channels) channels")
    }
    let (gamma, beta) = (spread(weight.value, channels), spread(bias.value, channels))
    return [
      .tensor(
        LaidTensor(
          groupNorm(x.inOrder(order), groups: groups ?? channels, weight: gamma, bias: beta, epsilon: epsilon),
          order: order))
    ]
  }

  private func spread(_ perGroup: Tensor, _ channels: Int) -> Tensor {
    if perGroup.elementCount == channels { return perGroup }
    let count = perGroup.elementCount
    return perGroup.reshaped([count, 1]).broadcast(to: [count, channels / count]).reshaped([channels])
  }
}

/// LayerNormalization over the file's axes from `axis` on.
final class LayerNormOperator: ONNXOperator {
  private let axis: Int
  private let epsilon: Double
  private let weight: Parameter
  private let bias: Parameter?
  /// Whether the means and the reciprocal deviations are outputs, too.
  private let wantsStatistics: Bool

  init(_ context: NodeContext) throws(FileError) {
    axis = try context.integer("axis", -1)
    epsilon = try context.number("epsilon", 1e-5, in: 1e-30...1e30)
    wantsStatistics = context.node.outputs.dropFirst().contains { !$0.isEmpty }
    guard let gamma = context.constant(1)?.parameter?.value else {
      throw context.problem("a scale that the model computes", "an initializer of floats")
    }
    weight = Parameter(gamma)
    if context.has(2) {
      guard let beta = context.constant(2)?.parameter?.value, beta.shape == gamma.shape else {
        throw context.problem("a bias of another shape", "an initializer of shape \(gamma.shape)")
      }
      bias = Parameter(beta)
    } else {
      bias = nil
    }
  }

  var parts: [(name: String, part: Any)] { [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []) }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    let x = try operands.take(0)
    let first = try resolvedAxis(axis, rank: x.rank)
    let shape = Shape(x.shape[first...])
    if shape.elementCount != weight.value.elementCount {
      throw OperatorProblem("over \(shape) with a scale of shape \(weight.shape)")
    }
    // The axes before may lie in any order.
    let order = (x.order ?? Array(0..<x.rank)).filter { $0 < first } + Array(first..<x.rank)
    let tensor = x.inOrder(order)
    // A batch of one in front, where all axes are normalized over.
    let y = layerNorm(
      first == 0 ? tensor.reshaped(Shape([1] + tensor.shape)) : tensor, over: shape,
      weight: weight.value.reshaped(shape),
      bias: bias?.value.reshaped(shape), epsilon: epsilon)
    let value = LaidTensor(y.reshaped(tensor.shape), order: order)
    if !wantsStatistics { return [.tensor(value)] }
    let axes = Array(first..<x.rank)
    let mean = tensor.mean(axes: axes, keepingAxes: true)
    let variance = (tensor - mean).square().mean(axes: axes, keepingAxes: true)
    return [value, LaidTensor(mean, order: order), LaidTensor((variance + epsilon).sqrt().reciprocal(), order: order)]
      .map { .tensor($0) }
  }
}

/// LpNormalization: x / ‖x‖ along an axis; zeros stay zeros.
func lpNormOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let given = try context.integer("axis", -1)
  let p = try context.integer("p", 2, in: 1...2)
  return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
    let axis = try resolvedAxis(given, rank: x.rank)
    if x.shape[axis] == 0 { throw OperatorProblem("along axis \(axis) of \(x.shape): no element") }
    let order = x.order ?? Array(0..<x.rank)
    let (y, axes) = (x.inOrder(order), [order.firstIndex(of: axis) ?? axis])
    let norm =
      p == 1 ? y.abs().sum(axes: axes, keepingAxes: true) : y.square().sum(axes: axes, keepingAxes: true).sqrt()
    return LaidTensor(y / Tensor.maximum(norm, Double(Float.leastNormalMagnitude)), order: order)
  }
}

/// MeanVarianceNormalization: (x − mean) / √variance over axes, with the constant that the operator's definition adds to the root.
func meanVarianceNormOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let given = try context.integers("axes") ?? [0, 2, 3]
  return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
    let axes = try resolvedAxes(given, rank: x.rank)
    if x.shape.contains(0) { throw OperatorProblem("over axes \(axes) of \(x.shape): no element") }
    let order = x.order ?? Array(0..<x.rank)
    let (y, places) = (x.inOrder(order), axes.map { order.firstIndex(of: $0) ?? $0 })
    let centered = y - y.mean(axes: places, keepingAxes: true)
    let deviation = centered.square().mean(axes: places, keepingAxes: true).sqrt()
    return LaidTensor(centered / (deviation + 1e-9), order: order)
  }
}

/// LRN over channels, x [N, C, …]: alpha is divided by the window's size, as here.
func responseNormOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let size = try context.integer("size", 0, in: 1...1 << 20)
  // An even window has its extra channel behind in ONNX, and before it here.
  if size % 2 == 0 { throw context.problem("size = \(size)", "an odd number of channels") }
  let alpha = try context.number("alpha", 1e-4, in: 0...1e30)
  let beta = try context.number("beta", 0.75, in: 0...1e30)
  let bias = try context.number("bias", 1, in: 1e-30...1e30)
  return FunctionOperator.ofTensor { (x: consuming LaidTensor) throws(OperatorProblem) in
    let rank = x.rank
    if rank < 3 || x.shape[1] == 0 { throw OperatorProblem("expects [N, C, …], input is \(x.shape)") }
    let order = LaidTensor.channelsLast(rank)
    return LaidTensor(
      localResponseNorm(x.inOrder(order), size: size, alpha: alpha, beta: beta, k: bias), order: order)
  }
}
