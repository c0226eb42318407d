import Apus

/// Nodes and the values between them: a file's graph, or one inside of a node.
struct ONNXProgram {
  let nodes: [ONNXNode]
  /// Values that a run is given, in the order of the graph's inputs.
  let inputs: [Int]
  /// Values by name, in the graph's order.
  let outputs: [(name: String, value: Int)]
  /// Values that are there before a run.
  let constants: [ONNXValue?]

  /// The first outputs; after a shape that does not fit, which a plan has kept, a poisoned tensor alone.
  ///
  /// - Parameter anchor: any tensor, in whose place a poisoned one goes on.
  func run(_ given: [ONNXValue?], upTo count: Int, anchor: Tensor) -> [ONNXValue] {
    var values = constants
    for (place, value) in zip(inputs, given) { values[place] = value }
    for node in nodes {
      if let poisoned = node.run(&values, anchor: anchor) { return [.tensor(LaidTensor(poisoned))] }
    }
    var results: [ONNXValue] = []
    for output in outputs.prefix(count) {
      // An operator may make fewer values than its node has names for.
      guard let value = values[output.value] else {
        let problem = "has no value for its output \(NodeNames.quoted(output.name))"
        return [.tensor(LaidTensor(shapeFailure(of: "ONNX", problem, input: anchor)))]
      }
      results.append(value)
    }
    return results
  }
}
