import Apus

/// An operator of a model from a file, as a layer: plans, errors, graphs and feature extraction name what it does by its path.
final class ONNXNode: Layer, NamedParts {
  let path: String
  /// `Conv`
  let operation: String
  /// Which values it reads, `nil` for an operand that is left out, and whether it is the last to read each.
  let inputs: [(value: Int, isLast: Bool)?]
  /// Which values it makes; `nil` for one that nobody wants.
  let outputs: [Int?]
  let `operator`: any ONNXOperator

  init(
    path: String, operation: String, inputs: [(value: Int, isLast: Bool)?], outputs: [Int?],
    _ operator: any ONNXOperator
  ) {
    self.path = path
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.operator = `operator`
  }

  var parts: [(name: String, part: Any)] { `operator`.parts }

  /// Of its first operand alone, as the file has it.
  func forward(_ x: consuming Tensor) -> Tensor {
    let input = x
    var operands = NodeOperands([.tensor(LaidTensor(input))])
    do {
      return try `operator`.run(&operands).first?.laid.plain ?? input
    } catch {
      return shapeFailure(of: operation, error.text, input: input)
    }
  }

  /// Puts what it makes beside what it reads; after a shape that does not fit, which a plan has kept, returns a poisoned tensor.
  func run(_ values: inout [ONNXValue?], anchor: Tensor) -> Tensor? {
    var taken: [ONNXValue?] = []
    for input in inputs {
      guard let (value, isLast) = input else {
        taken.append(nil)
        continue
      }
      taken.append(values[value])
      if isLast { values[value] = nil }
    }
    var operands = NodeOperands(taken)
    taken = []
    let results = called {
      computed(&operands, anchor)
    } telling: { (results: [ONNXValue]) -> Tensor? in
      if case .tensor(let y)? = results.first { y.tensor } else { nil }
    }
    for case .tensor(let y) in results where y.tensor.isPoisoned { return y.tensor }
    for (value, result) in zip(outputs, results) { if let value { values[value] = result } }
    return nil
  }

  private func computed(_ operands: inout NodeOperands, _ anchor: Tensor) -> [ONNXValue] {
    do {
      return try `operator`.run(&operands)
    } catch {
      return [.tensor(LaidTensor(shapeFailure(of: operation, error.text, input: anchor)))]
    }
  }
}
