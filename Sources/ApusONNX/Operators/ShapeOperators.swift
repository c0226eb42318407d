import Apus

/// Operators on shapes, and values that come from nowhere.
enum ShapeOperators {
  static let all: [String: OperatorMaker] = [
    "Shape": shape, "Size": size, "ConstantOfShape": constantOfShape, "Range": range, "Cast": cast,
    "CastLike": castLike,
  ]

  private static func shape(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let (start, end) = (try context.integer("start", 0), try context.integer("end", .max))
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let shape = try operands.value(0).shape
      func cut(_ place: Int) -> Int { min(max(place < 0 ? place &+ shape.count : place, 0), shape.count) }
      return [.host(HostArray(Array(shape[cut(start)..<max(cut(start), cut(end))])))]
    }
  }

  private static func size(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      [.host(HostArray(scalar: try operands.value(0).shape.reduce(1, *)))]
    }
  }

  private static func constantOfShape(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    var element = HostArray.Elements.numbers([0])
    if let array = try context.array("value") {
      if array.count != 1 { throw context.problem("a value of \(array.count) elements", "one") }
      element = array.elements
    }
    return FunctionOperator { [element] (operands: inout NodeOperands) throws(OperatorProblem) in
      let one = try HostArray(element, shape: [])
      let target = try operands.host(0).integers
      if case .integers = element { return [.host(try one.broadcast(to: target))] }
      if try HostArray.count(target, limit: 1 << 33) <= 64 { return [.host(try one.broadcast(to: target))] }
      return [.tensor(LaidTensor(Tensor.full(try checkedShape(target), one.numbers[0])))]
    }
  }

  private static func range(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let parts = (try operands.host(0), try operands.host(1), try operands.host(2))
      guard let start = parts.0.numbers.first, let end = parts.1.numbers.first, let step = parts.2.numbers.first,
        step != 0, start.isFinite, end.isFinite, step.isFinite
      else { throw OperatorProblem("from, to or by no finite number") }
      let steps = ((end - start) / step).rounded(.up)
      if steps > Double(HostArray.maximumCount) { throw OperatorProblem("of \(steps) numbers") }
      let count = max(0, Int(steps))
      if parts.0.isWhole {
        let (first, by) = (parts.0.integers[0], parts.2.integers[0])
        return [.host(HostArray((0..<count).map { first &+ $0 &* by }))]
      }
      return [.host(try HostArray(.numbers((0..<count).map { start + Double($0) * step }), shape: [count]))]
    }
  }

  /// Booleans are whole numbers here, and those that depend on the input's elements are int32, also where the file says int64.
  private static func cast(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    let type = try context.integer("to", 1)
    guard let kind = ElementType(rawValue: type) else {
      throw context.problem("to type \(type)", "a type of numbers or booleans")
    }
    return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let isNarrow = kind.isWhole && ![.int32, .int64, .boolean].contains(kind)
      if isNarrow, try operands.value(0).host == nil {
        throw OperatorProblem("of the elements of the input to whole numbers of type \(type) is not there")
      }
      return [try converted(&operands, isWhole: kind.isWhole, isBoolean: kind == .boolean)]
    }
  }

  private static func castLike(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
    FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
      let isWhole = try operands.value(1).host?.isWhole ?? false
      return [try converted(&operands, isWhole: isWhole, isBoolean: false)]
    }
  }

  private static func converted(
    _ operands: inout NodeOperands, isWhole: Bool, isBoolean: Bool
  ) throws(OperatorProblem) -> ONNXValue {
    if let array = try operands.value(0).host {
      if isBoolean { return .host(try HostArray(.integers(array.numbers.map { $0 == 0 ? 0 : 1 }), shape: array.shape)) }
      return .host(
        try HostArray(isWhole ? .integers(array.integers) : .numbers(array.numbers), shape: array.shape))
    }
    let x = try operands.takeAny(0)
    if isBoolean { return .tensor(x.map { $0.cast(to: .float32) .!= 0 }) }
    return .tensor(x.map { $0.cast(to: isWhole ? .int32 : .float32) })
  }
}
