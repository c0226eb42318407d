import Apus

/// Comparisons, logic and Where: of numbers that the model reckons with, and of tensors.
enum ComparisonOperators {
  static let all: [String: OperatorMaker] = [
    "Equal": compare({ $0 == $1 }, { $0 == $1 }, { $0 .== $1 }),
    "Less": compare({ $0 < $1 }, { $0 < $1 }, { $0 .< $1 }),
    "LessOrEqual": compare({ $0 <= $1 }, { $0 <= $1 }, { $0 .<= $1 }),
    "Greater": compare({ $0 > $1 }, { $0 > $1 }, { $0 .> $1 }),
    "GreaterOrEqual": compare({ $0 >= $1 }, { $0 >= $1 }, { $0 .>= $1 }),
    "And": logic({ $0 != 0 && $1 != 0 }, { $0 * $1 .!= 0 }),
    "Or": logic({ $0 != 0 || $1 != 0 }, { $0 + $1 .!= 0 }),
    "Xor": logic({ ($0 != 0) != ($1 != 0) }, { $0 .!= $1 }),
    "Not": not,
    "IsNaN": isNaN,
    "Where": choose,
  ]

  private static func compare(
    _ whole: @escaping @Sendable (Int, Int) -> Bool, _ real: @escaping @Sendable (Double, Double) -> Bool,
    _ function: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in
      FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
        if let a = try operands.value(0).host, let b = try operands.value(1).host {
          let result = try HostArray.combined(a, b, { whole($0, $1) ? 1 : 0 }, { real($0, $1) ? 1 : 0 })
          return [.host(try HostArray(.integers(result.integers), shape: result.shape))]
        }
        return [
          .tensor(try ArithmeticOperators.combined(try operands.take(0), try operands.take(1)) { function($0, $1) })
        ]
      }
    }
  }

  /// - Parameter mask: of tensors of zeros and ones.
  private static func logic(
    _ function: @escaping @Sendable (Int, Int) -> Bool, _ mask: @escaping @Sendable (Tensor, Tensor) -> Tensor
  ) -> OperatorMaker {
    { (_: NodeContext) throws(FileError) in
      FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
        if operands.areHost {
          return [
            .host(
              try HostArray.combined(
                try operands.host(0), try operands.host(1), { function($0, $1) ? 1 : 0 },
                { function(Int($0 != 0 ? 1 : 0), Int($1 != 0 ? 1 : 0)) ? 1 : 0 }))
          ]
        }
        let (a, b) = (try truth(&operands, 0), try truth(&operands, 1))
        return [.tensor(try ArithmeticOperators.combined(a, b) { mask($0, $1) })]
      }
    }
  }

  /// 1 where an operand's element is not 0, in float32.
  private static func truth(_ operands: inout NodeOperands, _ place: Int) throws(OperatorProblem) -> LaidTensor {
    try operands.takeAny(place).map { x in
      // What a comparison made is 0 and 1 already.
      x.scalarType == .uint8 ? x.cast(to: .float32) : (x.cast(to: .float32) .!= 0).cast(to: .float32)
    }
  }

  private static func not(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      if let array = try operands.value(0).host { return [.host(array.mapIntegers { $0 == 0 ? 1 : 0 })] }
      return [.tensor(try operands.takeAny(0).map { $0.cast(to: .float32) .== 0 })]
    }
  }

  private static func isNaN(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      if let array = try operands.value(0).host {
        return [.host(try HostArray(.integers(array.numbers.map { $0.isNaN ? 1 : 0 }), shape: array.shape))]
      }
      return [
        .tensor(
          try operands.take(0).map { x in
            let x = x
            return x .!= x
          })
      ]
    }
  }

  /// By a condition that is known without the input's elements, or one that a comparison of tensors made.
  private static func choose(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      if operands.areHost {
        let (condition, a, b) = (try operands.host(0), try operands.host(1), try operands.host(2))
        let target = try HostArray.broadcast(try HostArray.broadcast(condition.shape, a.shape), b.shape)
        let chosen = try condition.broadcast(to: target).integers
        let (x, y) = (try a.broadcast(to: target), try b.broadcast(to: target))
        if x.isWhole && y.isWhole {
          let (p, q) = (x.integers, y.integers)
          return [
            .host(try HostArray(.integers(chosen.indices.map { chosen[$0] != 0 ? p[$0] : q[$0] }), shape: target))
          ]
        }
        let (p, q) = (x.numbers, y.numbers)
        return [.host(try HostArray(.numbers(chosen.indices.map { chosen[$0] != 0 ? p[$0] : q[$0] }), shape: target))]
      }
      return [.tensor(try chosen(&operands))]
    }
  }

  /// All three in the order of the largest.
  private static func chosen(_ operands: inout NodeOperands) throws(OperatorProblem) -> LaidTensor {
    var mask = try operands.takeAny(0)
    if mask.tensor.scalarType == .float32 { mask = mask.map { $0.cast(to: .uint8) } }
    let (a, b) = (try operands.take(1), try operands.take(2))
    let target = try HostArray.broadcast(try HostArray.broadcast(mask.shape, a.shape), b.shape)
    _ = try checkedShape(target)
    let all = [mask, a, b].map { $0.withRank(target.count) }
    let largest = all.max { $0.tensor.elementCount < $1.tensor.elementCount } ?? all[0]
    let order = largest.order ?? Array(0..<target.count)
    return LaidTensor(
      Tensor.select(all[0].inOrder(order), all[1].inOrder(order), all[2].inOrder(order)), order: order)
  }
}
