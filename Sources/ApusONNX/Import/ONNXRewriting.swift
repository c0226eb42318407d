import Apus

/// Puts one operator in the place of several that exporters write for it, where nobody reads what lies between.
struct ONNXRewriting {
  private var graph: GraphRecord
  /// Numbers without axes, by name.
  private let constants: [String: Double]
  /// The places of the nodes that make and that read each value.
  private var makers: [String: Int] = [:]
  private var readers: [String: [Int]] = [:]
  private var gone: Set<Int> = []

  init(_ graph: GraphRecord, constants: [String: Double]) {
    self.graph = graph
    self.constants = constants
    for (place, node) in graph.nodes.enumerated() {
      for output in node.outputs { makers[output] = place }
      for input in Set(node.inputs) { readers[input, default: []].append(place) }
    }
  }

  consuming func result() -> GraphRecord {
    for place in graph.nodes.indices where !gone.contains(place) { rewriteSwish(place) }
    graph.nodes = graph.nodes.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    return graph
  }

  private func isAlone(_ name: String) -> Bool {
    readers[name]?.count == 1 && !graph.outputs.contains { $0.name == name }
  }

  /// x · sigmoid(x)
  private mutating func rewriteSwish(_ place: Int) {
    let node = graph.nodes[place]
    guard node.operation == "Mul", node.inputs.count == 2 else { return }
    for (x, gate) in [(node.inputs[0], node.inputs[1]), (node.inputs[1], node.inputs[0])] {
      guard isAlone(gate), let maker = makers[gate], graph.nodes[maker].operation == "Sigmoid",
        graph.nodes[maker].inputs == [x]
      else { continue }
      gone.insert(maker)
      graph.nodes[place].operation = SwishPattern.operation
      graph.nodes[place].inputs = [x]
      return
    }
  }
}
