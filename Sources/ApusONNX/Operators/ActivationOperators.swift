import Apus

/// Functions of one element, with the attributes' defaults of ONNX.
enum ActivationOperators {
  static let all: [String: OperatorMaker] = [
    "Relu": plain { relu($0) },
    "Sigmoid": plain { sigmoid($0) },
    "Tanh": plain { tanh($0) },
    "Softplus": plain { softplus($0) },
    "Mish": plain { (x: consuming Tensor) in
      let x = x
      return x * tanh(softplus(x))
    },
    "Softsign": plain { (x: consuming Tensor) in
      let x = x
      return x / (x.abs() + 1)
    },
    "Erf": plain { $0.erf() },
    "LeakyRelu": leaky,
    "Elu": elus,
    "Selu": selus,
    "Celu": celus,
    "HardSigmoid": hardSigmoids,
    "HardSwish": plain { hardSwish($0) },
    "Gelu": gelus,
    Patterns.swish: swishes,
    "ThresholdedRelu": thresholds,
    "Clip": clip,
    "PRelu": prelus,
    "Dropout": dropout,
  ]

  private static func plain(_ function: @escaping @Sendable (consuming Tensor) -> Tensor) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in FunctionOperator.ofTensor { $0.map(function) } }
  }

  /// Between bounds, of which either may be left out.
  private static func clamped(_ x: consuming Tensor, _ low: Double?, _ high: Double?) -> Tensor {
    if low == 0 && high == nil { return relu(x) }
    let (least, greatest) = (low ?? -.infinity, high ?? .infinity)
    // Kernels want an interval: the upper bound wins where they cross, and of a file's bounds any may be no number.
    if !(Float(least) < Float(greatest)) { return Tensor.minimum(Tensor.maximum(x, least), greatest) }
    return least == 0 && greatest == 6 ? relu6(x) : hardtanh(x, min: least, max: greatest)
  }

  private static func swishes(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alpha = try context.number("alpha", 1, in: -1e30...1e30)
    return FunctionOperator.ofTensor { $0.map { swish($0, beta: alpha) } }
  }

  /// x where x > α, else 0.
  private static func thresholds(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alpha = try context.number("alpha", 1)
    return FunctionOperator.ofTensor {
      $0.map { x in
        let x = x
        return Tensor.select(x .> alpha, x, Tensor.zeros([]))
      }
    }
  }

  private static func leaky(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let slope = try context.number("alpha", 0.01, in: -1e30...1e30)
    if slope >= 0 { return FunctionOperator.ofTensor { $0.map { leakyReLU($0, slope: slope) } } }
    return FunctionOperator.ofTensor {
      $0.map { x in
        let x = x
        return relu(x) - relu(-x) * slope
      }
    }
  }

  private static func elus(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alpha = try context.number("alpha", 1, in: 0...1e30)
    return FunctionOperator.ofTensor { $0.map { elu($0, alpha: alpha) } }
  }

  private static func selus(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alpha = try context.number("alpha", 1.67326319217681884765625, in: 0...1e30)
    let gamma = try context.number("gamma", 1.05070102214813232421875)
    return FunctionOperator.ofTensor { $0.map { elu($0, alpha: alpha) * gamma } }
  }

  private static func celus(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let alpha = try context.number("alpha", 1, in: 1e-30...1e30)
    return FunctionOperator.ofTensor { $0.map { elu($0 * (1 / alpha), alpha: 1) * alpha } }
  }

  private static func hardSigmoids(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let (alpha, beta) = (try context.number("alpha", 0.2), try context.number("beta", 0.5))
    let isUsual = abs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5
    return FunctionOperator.ofTensor { $0.map { isUsual ? hardSigmoid($0) : clamped($0 * alpha + beta, 0, 1) } }
  }

  private static func gelus(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let form: GELUForm = try context.text("approximate", "none", of: ["none", "tanh"]) == "tanh" ? .tanh : .exact
    return FunctionOperator.ofTensor { $0.map { gelu($0, form) } }
  }

  /// Bounds are attributes before set 11, operands since.
  private static func clip(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let fixed = context.operatorSet < 11
    let low = fixed && context.hasAttribute("min") ? try context.number("min", 0) : nil
    let high = fixed && context.hasAttribute("max") ? try context.number("max", 0) : nil
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let low = fixed ? low : try bound(operands[1], sign: -1)
      let high = fixed ? high : try bound(operands[2], sign: 1)
      if let x = try operands.value(0).host {
        return [
          .host(
            x.isWhole
              ? x.mapIntegers {
                min(max($0, low.map { HostArray.whole($0) } ?? .min), high.map { HostArray.whole($0) } ?? .max)
              }
              : x.mapNumbers { min(max($0, low ?? -.infinity), high ?? .infinity) })
        ]
      }
      return [.tensor(try operands.take(0).map { clamped($0, low, high) })]
    }
  }

  /// `nil` for one that bounds nothing: the largest float or more, of the side's sign, as exporters write it.
  private static func bound(_ value: ONNXValue?, sign: Double) throws(OperatorProblem) -> Double? {
    guard let value else { return nil }
    guard let number = value.host?.numbers.first else {
      throw OperatorProblem("takes a bound that depends on the elements of the input")
    }
    return sign * number >= Double(Float.greatestFiniteMagnitude) ? nil : number
  }

  /// x where x > 0, else slope · x; the slope is a number, one per channel, or broadcasts otherwise.
  private static func prelus(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (x, slope) = (try operands.take(0), try operands.take(1))
      let spread = slope.withRank(x.rank)
      let isPerChannel =
        x.rank >= 2 && spread.rank == x.rank && spread.shape[1] == x.shape[1]
        && slope.tensor.elementCount == x.shape[1]
      if isPerChannel || slope.tensor.elementCount == 1 {
        let order = x.rank >= 2 ? LaidTensor.channelsLast(x.rank) : Array(0..<x.rank)
        return [
          .tensor(
            LaidTensor(
              prelu(x.inOrder(order), slope: slope.plain.reshaped([slope.tensor.elementCount])), order: order))
        ]
      }
      if try HostArray.broadcast(x.shape, slope.shape) != x.shape {
        throw OperatorProblem(
          "takes a slope that broadcasts to the input, the shapes are \(slope.shape) and \(x.shape)")
      }
      let (positive, negative) = (x.map { relu($0) }, x.map { relu(-$0) })
      let scaled = LaidTensor.aligned(negative, slope)
      let y = LaidTensor.aligned(positive, LaidTensor(scaled.a * scaled.b, axes: scaled.axes))
      return [.tensor(LaidTensor(y.a - y.b, axes: y.axes))]
    }
  }

  /// Nothing, in inference.
  private static func dropout(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    if context.node.outputs.dropFirst().contains(where: { !$0.isEmpty }) {
      throw context.problem("a mask as a second output", "an inference graph")
    }
    if let training = context.constant(2)?.host?.integers.first, training != 0 {
      throw context.problem("training_mode = 1", "an inference graph: export the model in evaluation mode")
    }
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in [try operands.value(0)] }
  }
}
