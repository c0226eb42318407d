import Apus

/// Puts the nodes of the file's own functions in the place of their calls, as PyTorch's newer exporter leaves some.
struct FunctionInlining {
  private let functions: [String: FunctionRecord]
  private let file: String
  private var calls = 0
  private var nodes: [NodeRecord] = []

  /// Functions may call each other so that a small file would make any number of nodes.
  private static let mostNodes = 1 << 18
  private static let mostDepth = 16

  init(_ functions: [FunctionRecord], file: String) {
    self.functions = Dictionary(functions.map { ("\($0.domain)::\($0.name)", $0) }) { first, _ in first }
    self.file = file
  }

  /// A graph without calls.
  consuming func inlined(_ graph: GraphRecord) throws(FileError) -> GraphRecord {
    if functions.isEmpty { return graph }
    var graph = graph
    for node in graph.nodes { try add(node, depth: 0) }
    graph.nodes = nodes
    return graph
  }

  private mutating func add(_ node: NodeRecord, depth: Int) throws(FileError) {
    guard let function = functions["\(node.domain)::\(node.operation)"] else {
      if nodes.count == FunctionInlining.mostNodes {
        throw FileError(
          file, found: "functions that make more than \(FunctionInlining.mostNodes) nodes", expected: "at most so many")
      }
      nodes.append(node)
      return
    }
    if depth == FunctionInlining.mostDepth {
      throw FileError(
        file, part: NodeNames.place(of: node), found: "functions within \(depth) others", expected: "fewer")
    }
    if node.inputs.count > function.inputs.count || node.outputs.count > function.outputs.count {
      throw FileError(
        file, part: NodeNames.place(of: node),
        found: "\(node.inputs.count) operands and \(node.outputs.count) results",
        expected: "at most \(function.inputs.count) and \(function.outputs.count)")
    }
    calls += 1
    // Names inside are the call's own.
    let prefix = "\(node.name.isEmpty ? function.name : node.name)#\(calls)/"
    var names: [String: String] = [:]
    for (place, name) in function.inputs.enumerated() {
      names[name] = place < node.inputs.count ? node.inputs[place] : ""
    }
    for (name, outer) in zip(function.outputs, node.outputs) where !outer.isEmpty { names[name] = outer }
    func outer(_ name: String) -> String { name.isEmpty ? "" : names[name] ?? prefix + name }
    for var inner in function.nodes {
      inner.name = prefix + inner.name
      inner.inputs = inner.inputs.map(outer)
      inner.outputs = inner.outputs.map(outer)
      inner.attributes = inner.attributes.compactMap { attribute in
        if attribute.reference.isEmpty { return attribute }
        var given = (node.attributes + function.defaults).first { $0.name == attribute.reference }
        given?.name = attribute.name
        return given
      }
      try add(inner, depth: depth + 1)
    }
  }
}
