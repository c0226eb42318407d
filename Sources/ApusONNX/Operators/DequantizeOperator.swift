import Apus

/// DequantizeLinear of constants: (x − zero point) · scale, as files with weights of eight bits have them. Scale and zero point are a number, or
/// one for each place along an axis.
func dequantizeOperator(_ context: NodeContext) throws(FileError) -> any ONNXOperator {
  let given = try context.integer("axis", 1)
  _ = try context.integer("block_size", 0, in: 0...0)
  return FunctionOperator { (operands: inout NodeOperands) throws(OperatorProblem) in
    guard case .constant(let constant) = try operands.value(1),
      let scale = constant.parameter?.value.array(of: Float.self)
    else { throw OperatorProblem("by a scale that the model computes or that is not floats") }
    let x = try operands.host(0)
    let zeros = try operands[2] == nil ? Array(repeating: 0, count: scale.count) : operands.host(2).integers
    var inner = 1
    if scale.count != 1 || !constant.shape.isEmpty {
      let axis = try resolvedAxis(given, rank: max(1, x.shape.count))
      let size = x.shape.isEmpty ? 1 : x.shape[axis]
      if scale.count != 1 && scale.count != size { throw OperatorProblem("with \(scale.count) scales of \(x.shape)") }
      inner = x.shape.dropFirst(axis + 1).reduce(1, *)
    }
    if zeros.count != scale.count || scale.isEmpty {
      throw OperatorProblem("with \(scale.count) scales and \(zeros.count) zero points")
    }
    let numbers = x.integers.enumerated().map { place, value in
      let which = place / inner % scale.count
      return Float(value &- zeros[which]) * scale[which]
    }
    return [.tensor(LaidTensor(Tensor(numbers, shape: Shape(x.shape))))]
  }
}
