import Apus

extension ModelRecord {
  /// The file's model; what is no ONNX file is told by what it is.
  static func decoded(_ bytes: [UInt8], file: String) throws(FileError) -> ModelRecord {
    // The version of the format comes first in any file: field 1, a varint.
    if bytes.first != 0x08 { throw FileKind.refusal(bytes, file: file, expected: "an ONNX model") }
    return try ModelRecord(bytes, file: file)
  }

  /// Throws for a graph that cannot run here; if operators are missing, with all of them.
  func check(_ file: String) throws(FileError) {
    if trains {
      throw FileError(
        file, found: "a training graph", expected: "an inference graph: export the model in evaluation mode")
    }
    if graph.outputs.isEmpty { throw FileError(file, found: "a graph without outputs", expected: "at least one") }
    let (known, found) = (OperatorTable.operatorSets, operatorSets[""] ?? 0)
    if !known.contains(found) {
      throw FileError(
        file, found: "operator set \(found)",
        expected: "\(known.lowerBound) to \(known.upperBound): export with opset_version=\(known.upperBound) or less")
    }
    let missing = graph.missing
    if missing.isEmpty { return }
    var names: [String] = []
    for node in missing where !names.contains(NodeNames.shown(node.fullOperation)) {
      names.append(NodeNames.shown(node.fullOperation))
    }
    let shown = names.prefix(20).map { name in
      let alike = missing.filter { NodeNames.shown($0.fullOperation) == name }
      let first = NodeNames.quoted(alike[0].name.isEmpty ? alike[0].outputs.first ?? "" : alike[0].name)
      return "\(name) (\(first)\(alike.count > 1 ? " and \(alike.count - 1) more" : ""))"
    }
    let isQuantized = names.contains { $0.hasPrefix("QLinear") || $0.contains("uantize") || $0.hasSuffix("Integer") }
    throw FileError(
      file,
      found: "operators that are not there: " + shown.joined(separator: ", ")
        + (names.count > shown.count ? " and \(names.count - shown.count) more" : ""),
      expected: isQuantized ? "a model of float32, not a quantized one" : "the operators that docs/ONNX.md lists")
  }
}

extension GraphRecord {
  /// Nodes of operators that are not there, those of graphs inside of nodes too.
  fileprivate var missing: [NodeRecord] {
    nodes.flatMap { node in
      let isThere = ONNXBuilder.ownOperators.contains(node.fullOperation) || OperatorTable.maker(of: node) != nil
      return isThere ? node.graphs.flatMap(\.graph.missing) : [node]
    }
  }
}
