import Apus

/// If: one of two graphs, by a condition that follows from shapes, as PyTorch's older exporter writes it for a `squeeze`.
///
/// Operands: the condition, then the values from around the node that either graph reads.
final class IfOperator: ONNXOperator {
  /// What runs where the condition holds, and where it does not; `nil` for one that never will.
  private let (then, otherwise): (ONNXProgram?, ONNXProgram?)

  init(then: ONNXProgram?, otherwise: ONNXProgram?) { (self.then, self.otherwise) = (then, otherwise) }

  /// Names of the graphs in a file.
  static let thenName = "then_branch"
  static let otherwiseName = "else_branch"

  private var nodes: [ONNXNode] { (then?.nodes ?? []) + (otherwise?.nodes ?? []) }

  var parts: [(name: String, part: Any)] {
    (then?.nodes ?? []).map { ("then.\($0.path)", $0) } + (otherwise?.nodes ?? []).map { ("else.\($0.path)", $0) }
  }

  func run(_ operands: inout NodeOperands) throws(OperatorProblem) -> [ONNXValue] {
    guard let condition = try operands.host(0).integers.first else { throw OperatorProblem("has no condition") }
    guard let branch = condition != 0 ? then : otherwise else { throw OperatorProblem("lacks a graph") }
    let given = (1..<max(1, operands.count)).map { operands[$0] }
    operands = NodeOperands([])
    let anchor = given.lazy.compactMap { if case .tensor(let x)? = $0 { x.tensor } else { nil } }.first
    return branch.run(given, upTo: branch.outputs.count, anchor: anchor ?? Tensor.zeros([]))
  }

  func settle() { for node in nodes { node.operator.settle() } }
}

extension GraphRecord {
  /// Values that it reads from the graph around it, each once, in the order in which it reads them.
  var outerNames: [String] {
    var own = Set(inputs.map(\.name) + initializers.map(\.name))
    var outer: [String] = []
    var seen: Set<String> = []
    func read(_ name: String) {
      if !name.isEmpty, !own.contains(name), seen.insert(name).inserted { outer.append(name) }
    }
    for node in nodes {
      for name in node.inputs { read(name) }
      for (_, graph) in node.graphs { for name in graph.outerNames { read(name) } }
      own.formUnion(node.outputs)
    }
    for output in outputs { read(output.name) }
    return outer
  }

  /// With what the graphs inside of its nodes read among these nodes' inputs: whoever looks for the readers of a value finds them.
  consuming func namingOuterReads() -> GraphRecord {
    var graph = self
    for place in graph.nodes.indices {
      var names: [String] = []
      for (_, inner) in graph.nodes[place].graphs {
        for name in inner.outerNames where !names.contains(name) { names.append(name) }
      }
      if names.isEmpty { continue }
      graph.nodes[place].inputs += names
      graph.nodes[place].outerReads = names
    }
    return graph
  }
}
