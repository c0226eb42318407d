import Apus

/// Concat, Split and what repeats elements.
enum JoiningOperators {
  static let all: [String: OperatorMaker] = ["Concat": concat, "Split": split, "Expand": expand, "Tile": tile]

  private static func concat(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 1)
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let rank = try operands.value(0).shape.count
      let axis = try resolvedAxis(given, rank: rank)
      if operands.areHost {
        var parts: [HostArray] = []
        for place in 0..<operands.count { parts.append(try operands.host(place)) }
        return [.host(try HostArray.concatenated(parts, axis: axis))]
      }
      var parts: [LaidTensor] = []
      for place in 0..<operands.count { parts.append(try operands.take(place)) }
      return [.tensor(try concatenated(parts, axis: axis))]
    }
  }

  /// In the order of the largest part.
  static func concatenated(_ parts: [LaidTensor], axis: Int) throws(OperatorProblem) -> LaidTensor {
    for part in parts {
      var expected = parts[0].shape
      if part.rank == expected.count { expected[axis] = part.shape[axis] }
      if part.shape != expected {
        throw OperatorProblem("takes shapes that differ along axis \(axis) alone, but they are \(parts.map(\.shape))")
      }
    }
    let largest = parts.max { $0.tensor.elementCount < $1.tensor.elementCount } ?? parts[0]
    let order = largest.order ?? parts.lazy.compactMap(\.order).first ?? Array(0..<largest.rank)
    let place = order.firstIndex(of: axis) ?? axis
    return LaidTensor(Tensor.concatenated(parts.map { $0.inOrder(order) }, axis: place), order: order)
  }

  private static func split(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let given = try context.integer("axis", 0)
    let fixed = try context.integers("split")
    let count = context.node.outputs.count
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      let axis = try resolvedAxis(given, rank: shape.count)
      var sizes = fixed
      if operands[1] != nil { sizes = try operands.host(1).integers }
      // Equal parts, of which the last may be smaller.
      let equal = (shape[axis] + count - 1) / count
      let parts = sizes ?? (0..<count).map { max(0, min(equal, shape[axis] - $0 * equal)) }
      if parts.count != count || parts.contains(where: { $0 < 0 || $0 > shape[axis] })
        || parts.reduce(0, +) != shape[axis]
      {
        throw OperatorProblem("of axis \(axis) of \(shape) into \(parts), for \(count) outputs")
      }
      let host = try operands.value(0).host
      let x = host == nil ? try operands.take(0) : nil
      var results: [ONNXValue] = []
      var start = 0
      for size in parts {
        if let host {
          results.append(.host(try MovementOperators.sliced(host, axis, (0..<size).map { start + $0 })))
        } else if let x {
          results.append(.tensor(MovementOperators.sliced(x, axis, start..<start + size)))
        }
        start += size
      }
      return results
    }
  }

  private static func expand(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let target = try HostArray.broadcast(try operands.value(0).shape, try operands.host(1).integers)
      if let array = try operands.value(0).host { return [.host(try array.broadcast(to: target))] }
      return [.tensor(try repeated(try operands.takeAny(0), to: target))]
    }
  }

  /// Axes of size 1, and new outer ones, repeated to a shape.
  static func repeated(_ x: LaidTensor, to target: [Int]) throws(OperatorProblem) -> LaidTensor {
    let x = x.withRank(target.count)
    let order = x.order ?? Array(0..<x.rank)
    return LaidTensor(x.inOrder(order).broadcast(to: try checkedShape(order.map { target[$0] })), order: order)
  }

  private static func tile(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let (shape, repeats) = (try operands.value(0).shape, try operands.host(1).integers)
      if repeats.count != shape.count || repeats.contains(where: { $0 < 0 || $0 > IntOrPair.largest }) {
        throw OperatorProblem("of shape \(shape) by \(repeats)")
      }
      let target = zip(shape, repeats).map { $0 * $1 }
      // Each axis behind a new one, along which it is repeated, and both joined.
      let (apart, spread) = (shape.flatMap { [1, $0] }, zip(repeats, shape).flatMap { [$0, $1] })
      if let array = try operands.value(0).host {
        return [.host(try array.reshaped(apart).broadcast(to: spread).reshaped(target))]
      }
      _ = try checkedShape(target)
      let x = try operands.take(0)
      if spread.count <= Shape.maximumRank {
        let y = x.plain.reshaped(Shape(apart)).broadcast(to: try checkedShape(spread))
        return [.tensor(LaidTensor(y.reshaped(Shape(target))))]
      }
      throw OperatorProblem("of \(shape.count) axes, at most \(Shape.maximumRank / 2) are possible")
    }
  }
}
