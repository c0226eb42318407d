import Apus

/// Operators that change a shape and move no element by themselves.
enum ReshapeOperators {
  static let all: [String: OperatorMaker] = [
    "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
    "Identity": identity,
  ]

  private static func identity(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in [try operands.value(0)] }
  }

  /// The same elements in another shape.
  private static func reshaped(_ operands: inout NodeOperands, _ shape: [Int]) throws(OperatorProblem) -> ONNXValue {
    if let array = try operands.value(0).host { return .host(try array.reshaped(shape)) }
    let target = try checkedShape(shape)
    let x = try operands.takeAny(0)
    if target.elementCount != x.tensor.elementCount {
      throw OperatorProblem("of shape \(x.shape) to \(shape), which has another number of elements")
    }
    return .tensor(x.reshaped(shape))
  }

  private static func reshape(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let fixed = try context.integers("shape")
    let takesZeros = try context.flag("allowzero")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let from = try operands.value(0).shape
      var target: [Int] = []
      let asked = if let fixed { fixed } else { try operands.host(1).integers }
      for (axis, size) in asked.enumerated() {
        if size == 0 && !takesZeros && axis >= from.count {
          throw OperatorProblem("keeps axis \(axis) of \(from.count) axes")
        }
        target.append(size == 0 && !takesZeros ? from[axis] : size)
      }
      if let open = target.firstIndex(of: -1) {
        target[open] = 1
        let (known, all) = (try HostArray.count(target, limit: 1 << 40), try HostArray.count(from, limit: 1 << 40))
        if known == 0 || all % known != 0 {
          throw OperatorProblem("of shape \(from) to \(target) with an open axis \(open), which would not be whole")
        }
        target[open] = all / known
      }
      return [try reshaped(&operands, target)]
    }
  }

  private static func flatten(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 1)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let from = try operands.value(0).shape
      // The axis behind the last is allowed: all in one column.
      let axis = given == from.count ? given : try resolvedAxis(given, rank: from.count)
      return [try reshaped(&operands, [from[..<axis].reduce(1, *), from[axis...].reduce(1, *)])]
    }
  }

  /// Axes are an attribute before set 13, an operand since.
  private static func squeeze(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let fixed = try context.integers("axes")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let from = try operands.value(0).shape
      let given = operands[1] == nil ? fixed : try operands.host(1).integers
      let axes = try given.map { list throws(OperatorProblem) in try resolvedAxes(list, rank: from.count) }
      if let wrong = axes?.first(where: { from[$0] != 1 }) {
        throw OperatorProblem("drops axis \(wrong) of \(from), whose size is not 1")
      }
      let gone = Set(axes ?? from.indices.filter { from[$0] == 1 })
      if let array = try operands.value(0).host {
        return [.host(try array.reshaped(from.enumerated().filter { !gone.contains($0.offset) }.map(\.element)))]
      }
      return [.tensor(try operands.takeAny(0).removing(gone))]
    }
  }

  private static func unsqueeze(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let fixed = try context.integers("axes")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let from = try operands.value(0).shape
      let given = if let fixed { fixed } else { try operands.host(1).integers }
      let rank = from.count + given.count
      if rank > Shape.maximumRank {
        throw OperatorProblem("makes \(rank) axes, at most \(Shape.maximumRank) are possible")
      }
      let axes = try resolvedAxes(given, rank: rank)
      if let array = try operands.value(0).host {
        var shape = from
        for axis in axes { shape.insert(1, at: axis) }
        return [.host(try array.reshaped(shape))]
      }
      return [.tensor(axes.reduce(try operands.takeAny(0)) { $0.insertingAxis(at: $1) })]
    }
  }

  private static func transpose(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integers("perm")
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let rank = try operands.value(0).shape.count
      let permutation = given ?? Array((0..<rank).reversed())
      if permutation.sorted() != Array(0..<rank) {
        throw OperatorProblem("by \(permutation), which is no order of \(rank) axes")
      }
      if let array = try operands.value(0).host { return [.host(array.transposed(permutation))] }
      return [.tensor(try operands.takeAny(0).transposed(permutation))]
    }
  }
}
