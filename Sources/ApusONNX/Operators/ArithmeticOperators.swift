import Apus

/// Arithmetic element by element with broadcasting, of tensors, or of numbers that the model reckons with.
enum ArithmeticOperators {
  static let all: [String: OperatorMaker] = [
    "Add": binary({ (a: Int, b: Int) in a &+ b }, { $0 + $1 }, { (a: consuming Tensor, b: consuming Tensor) in a + b }),
    "Sub": binary({ (a: Int, b: Int) in a &- b }, { $0 - $1 }, { (a: consuming Tensor, b: consuming Tensor) in a - b }),
    "Mul": binary({ (a: Int, b: Int) in a &* b }, { $0 * $1 }, { (a: consuming Tensor, b: consuming Tensor) in a * b }),
    "Div": binary(quotient, { $0 / $1 }, { (a: consuming Tensor, b: consuming Tensor) in a / b }),
    "Mod": modulo,
    "Pow": power,
    "Max": several({ max($0, $1) }, { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }, { Tensor.maximum($0, $1) }),
    "Min": several({ min($0, $1) }, { $0.isNaN || $1.isNaN ? .nan : min($0, $1) }, { Tensor.minimum($0, $1) }),
    "Sum": several({ $0 &+ $1 }, { $0 + $1 }, { $0 + $1 }),
    "Mean": mean,
    "Abs": unary({ $0 == .min ? $0 : abs($0) }, { abs($0) }, { $0.abs() }),
    "Neg": unary({ 0 &- $0 }, { -$0 }, { -$0 }),
    "Sign": unary({ $0.signum() }, { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, { $0.sign() }),
    "Exp": unary(nil, { HostFunctions.exp($0) }, { $0.exp() }),
    "Log": unary(nil, { HostFunctions.log($0) }, { $0.log() }),
    "Sqrt": unary(nil, { $0.squareRoot() }, { $0.sqrt() }),
    "Reciprocal": unary(nil, { 1 / $0 }, { $0.reciprocal() }),
    "Floor": unary({ $0 }, { $0.rounded(.down) }, { $0.floor() }),
    "Ceil": unary({ $0 }, { $0.rounded(.up) }, { $0.ceil() }),
    "Round": unary({ $0 }, { $0.rounded(.toNearestOrEven) }, { $0.round() }),
  ]

  private static func quotient(_ a: Int, _ b: Int) throws(OperatorProblem) -> Int {
    if b == 0 { throw OperatorProblem("divides by 0") }
    return a.dividedReportingOverflow(by: b).partialValue
  }

  /// With the divisor's sign, as Python's, or with `fmod` that of the dividend, as C's. Of arithmetic with shapes.
  private static func modulo(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let isC = try context.flag("fmod")
    return try binary(
      { (a: Int, b: Int) throws(OperatorProblem) in
        if b == 0 { throw OperatorProblem("divides by 0") }
        let rest = a.remainderReportingOverflow(dividingBy: b).partialValue
        return !isC && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest
      },
      { a, b in
        let rest = a.truncatingRemainder(dividingBy: b)
        if isC || rest.isNaN { return rest }
        return rest == 0 ? Double(signOf: b, magnitudeOf: rest) : (rest < 0) != (b < 0) ? rest + b : rest
      }, nil)(context)
  }

  /// - Parameter function: of tensors; `nil` for what is there for arithmetic with shapes alone.
  private static func binary(
    _ whole: @escaping @Sendable (Int, Int) throws(OperatorProblem) -> Int,
    _ real: @escaping @Sendable (Double, Double) -> Double,
    _ function: (@Sendable (consuming Tensor, consuming Tensor) -> Tensor)?
  ) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in
      FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
        if let a = try operands.value(0).host, let b = try operands.value(1).host {
          return [.host(try HostArray.combined(a, b, whole, real))]
        }
        guard let function else { throw OperatorProblem("of the elements of the input is not there") }
        return [.tensor(try combined(try operands.take(0), try operands.take(1), function))]
      }
    }
  }

  static func combined(
    _ a: consuming LaidTensor, _ b: consuming LaidTensor, _ function: (consuming Tensor, consuming Tensor) -> Tensor
  ) throws(OperatorProblem) -> LaidTensor {
    _ = try HostArray.broadcast(a.shape, b.shape)
    let (x, y, axes) = LaidTensor.aligned(consume a, consume b)
    return LaidTensor(function(x, y), axes: axes)
  }

  private static func several(
    _ whole: @escaping @Sendable (Int, Int) -> Int, _ real: @escaping @Sendable (Double, Double) -> Double,
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in
      FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
        if var result = try operands.value(0).host, operands.areHost {
          for place in 1..<max(1, operands.count) {
            result = try HostArray.combined(result, try operands.host(place), { whole($0, $1) }, real)
          }
          return [.host(result)]
        }
        return [.tensor(try reduced(&operands, function))]
      }
    }
  }

  private static func reduced(
    _ operands: inout NodeOperands, _ function: (Tensor, Tensor) -> Tensor
  ) throws(OperatorProblem) -> LaidTensor {
    let count = operands.count
    var result = try operands.take(0)
    for place in 1..<max(1, count) { result = try combined(result, try operands.take(place)) { function($0, $1) } }
    return result
  }

  private static func mean(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let count = Double(operands.count)
      return [.tensor(try reduced(&operands) { $0 + $1 }.map { $0 / count })]
    }
  }

  private static func power(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      if let a = try operands.value(0).host, let b = try operands.value(1).host {
        let result = try HostArray.combined(
          HostArray(.numbers(a.numbers), shape: a.shape), b, { (x: Int, _: Int) in x }, { HostFunctions.power($0, $1) })
        return [.host(a.isWhole ? try HostArray(.integers(result.integers), shape: result.shape) : result)]
      }
      if let exponent = try operands.value(1).host, exponent.count == 1 {
        let x = try operands.take(0).withRank(exponent.shape.count)
        return [.tensor(x.map { $0.power(exponent.numbers[0]) })]
      }
      return [.tensor(try combined(try operands.take(0), try operands.take(1)) { $0.power($1) })]
    }
  }

  private static func unary(
    _ whole: (@Sendable (Int) -> Int)?, _ real: @escaping @Sendable (Double) -> Double,
    _ function: (@Sendable (consuming Tensor) -> Tensor)?
  ) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in
      FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
        if let x = try operands.value(0).host {
          if x.isWhole, let whole { return [.host(x.mapIntegers(whole))] }
          return [.host(x.mapNumbers(real))]
        }
        guard let function else { throw OperatorProblem("of the elements of the input is not there") }
        return [.tensor(try operands.take(0).map(function))]
      }
    }
  }
}

extension NodeOperands {
  /// Whether all are known without the elements of a tensor.
  var areHost: Bool { (0..<count).allSatisfy { self[$0].map { $0.host != nil } ?? true } }
}
