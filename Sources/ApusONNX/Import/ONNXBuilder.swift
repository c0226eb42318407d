import Apus

/// Makes the nodes of a model from a file's: finds the constants, computes what depends on these alone, and gives each node a path.
struct ONNXBuilder {
  private(set) var contents = ONNXContents()
  private(set) var nodes: [ONNXNode] = []
  private(set) var input = 0
  private(set) var outputs: [(name: String, value: Int)] = []
  private(set) var constantValues: [ONNXValue?] = []

  private let model: ModelRecord
  private let bytes: [UInt8]
  private let file: String
  private let operatorSet: Int
  private let external: ExternalFiles
  /// Initializers that no tensor was made of yet.
  private var initializers: [String: TensorRecord]
  private var constants: [String: ONNXConstant] = [:]
  /// Values that nodes make while the model runs.
  private var values: [String: Int] = [:]
  private var paths: Set<String> = []

  /// The most elements of a value that is computed when the file is read; larger ones are computed in a run.
  private static let mostFolded = 1 << 26

  init(_ record: ModelRecord, _ bytes: [UInt8], file: String) throws(FileError) {
    var model = record
    model.graph = try FunctionInlining(record.functions, file: file).inlined(record.graph)
    self.model = model
    self.bytes = bytes
    self.file = file
    operatorSet = model.operatorSets[""] ?? 0
    external = ExternalFiles(of: file)
    initializers = Dictionary(model.graph.initializers.map { ($0.name, $0) }) { first, _ in first }
    try check()
  }

  private func check() throws(FileError) {
    if model.trains {
      throw FileError(
        file, found: "a training graph", expected: "an inference graph: export the model in evaluation mode")
    }
    if model.graph.outputs.isEmpty { throw FileError(file, found: "a graph without outputs", expected: "at least one") }
    let known = OperatorTable.operatorSets
    if !known.contains(operatorSet) {
      throw FileError(
        file, found: "operator set \(operatorSet)",
        expected: "\(known.lowerBound) to \(known.upperBound): export with opset_version=\(known.upperBound) or less")
    }
    let missing = model.graph.nodes.filter { $0.operation != "Constant" && OperatorTable.maker(of: $0) == nil }
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

  mutating func build() throws {
    contents.producer = [model.producer, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    contents.operatorSet = operatorSet
    contents.metadata = model.metadata
    for node in model.graph.nodes { contents.operators[node.operation, default: 0] += 1 }
    let graph = ONNXRewriting(model.graph, constants: smallConstants()).result()
    try addInput(graph)
    let wanted = ONNXBuilder.needed(of: graph)
    for (place, node) in graph.nodes.enumerated() where wanted.contains(place) { try add(node) }
    for output in graph.outputs { try addOutput(output) }
    markLastReads()
    contents.externalFiles = external.names
    contents.folded = model.graph.nodes.count - nodes.count
    initializers = [:]
    constants = [:]
  }

  // MARK: Inputs and outputs

  private mutating func addInput(_ graph: GraphRecord) throws(FileError) {
    let given = graph.inputs.filter { initializers[$0.name] == nil }
    guard given.count == 1, let record = given.first else {
      throw FileError(
        file, found: "\(given.count) inputs (\(given.map { NodeNames.quoted($0.name) }.joined(separator: ", ")))",
        expected: "one")
    }
    if record.type != ElementType.float.rawValue {
      throw FileError(
        file, part: "input \(NodeNames.quoted(record.name))", found: "elements of type \(record.type)",
        expected: "float32 (1)")
    }
    if let sizes = record.sizes,
      sizes.count > Shape.maximumRank || sizes.contains(where: { $0 ?? 0 > IntOrPair.largest })
    {
      throw FileError(
        file, part: "input \(NodeNames.quoted(record.name))", found: "\(sizes.count) axes, or one too large",
        expected: "at most \(Shape.maximumRank) of at most \(IntOrPair.largest)")
    }
    let isTurned = record.sizes.map { $0.count == 4 } ?? true && !ONNXBuilder.isChannelsLast(record.name, graph)
    contents.input = ONNXContents.Value(name: record.name, sizes: record.sizes, isTurned: isTurned)
    input = newValue(record.name, nil)
  }

  private mutating func addOutput(_ record: ValueRecord) throws(FileError) {
    let value: Int
    if let made = values[record.name] {
      value = made
    } else if let constant = try constant(record.name) {
      value = newValue(record.name, .constant(constant))
    } else {
      throw FileError(
        file, part: "output \(NodeNames.quoted(record.name))", found: "no node that makes it", expected: "one")
    }
    outputs.append((record.name, value))
    let isTurned = contents.input.isTurned && (record.sizes?.count == 4)
    contents.outputs.append(ONNXContents.Value(name: record.name, sizes: record.sizes, isTurned: isTurned))
  }

  /// Whether images come as `[N, H, W, C]`, as Keras' do: what reads them, after operators of one element, turns them.
  private static func isChannelsLast(_ input: String, _ graph: GraphRecord) -> Bool {
    let passing: Set<String> = ["Add", "Sub", "Mul", "Div", "Identity", "Cast", "Clip", "Neg"]
    var names: Set<String> = [input]
    for node in graph.nodes where node.inputs.contains(where: names.contains) {
      if passing.contains(node.operation) {
        names.formUnion(node.outputs)
        continue
      }
      guard node.operation == "Transpose" else { return false }
      if case .integers(let order)? = node.attributes.first(where: { $0.name == "perm" })?.content {
        return order == [0, 3, 1, 2]
      }
      return false
    }
    return false
  }

  /// The nodes that outputs depend on, by their places.
  private static func needed(of graph: GraphRecord) -> Set<Int> {
    var (names, places) = (Set(graph.outputs.map(\.name)), Set<Int>())
    for (place, node) in graph.nodes.enumerated().reversed() where node.outputs.contains(where: names.contains) {
      places.insert(place)
      names.formUnion(node.inputs)
    }
    return places
  }

  // MARK: Nodes

  private mutating func newValue(_ name: String, _ constant: ONNXValue?) -> Int {
    constantValues.append(constant)
    values[name] = constantValues.count - 1
    return constantValues.count - 1
  }

  private mutating func add(_ record: NodeRecord) throws {
    if record.operation == "Constant" && record.domain.isEmpty { return try addConstant(record) }
    guard let maker = OperatorTable.maker(of: record) else {
      throw FileError(
        file, part: NodeNames.place(of: record), found: "an operator that is not there", expected: "one that is")
    }
    var known: [ONNXConstant?] = []
    var isConstant = true
    for name in record.inputs {
      let constant = name.isEmpty ? nil : try constant(name)
      known.append(constant)
      if !name.isEmpty && constant == nil {
        isConstant = false
        if values[name] == nil {
          throw FileError(
            file, part: NodeNames.place(of: record),
            found: "an operand \(NodeNames.quoted(name)) that no node before it makes",
            expected: "one that is there")
        }
      }
    }
    for name in record.outputs where !name.isEmpty {
      if values[name] != nil || constants[name] != nil || initializers[name] != nil {
        throw FileError(
          file, part: NodeNames.place(of: record), found: "a second value of the name \(NodeNames.quoted(name))",
          expected: "each name once")
      }
    }
    let context = NodeContext(file: file, node: record, operatorSet: operatorSet, constants: known)
    let made = try maker(context)
    if isConstant { return try fold(record, made, known) }
    let inputs = record.inputs.indices.map { place -> (value: Int, isLast: Bool)? in
      let name = record.inputs[place]
      if name.isEmpty { return nil }
      if let value = values[name] { return (value, false) }
      return known[place].map { (newValue(name, .constant($0)), false) }
    }
    let outputs = record.outputs.map { name in name.isEmpty ? nil : Optional(newValue(name, nil)) }
    nodes.append(
      ONNXNode(
        path: path(of: record, known), operation: record.operation, inputs: inputs, outputs: outputs, made))
  }

  /// What depends on constants alone is one.
  private mutating func fold(_ record: NodeRecord, _ made: any ONNXOperator, _ known: [ONNXConstant?]) throws {
    let keeper = ErrorKeeper()
    let scope = Scope(mode: .plain, phase: .inference, key: RandomKey(seed: 0, step: 0))
    scope.add(keeper)
    let results: [ONNXValue] = try scope.run {
      var operands = NodeOperands(known.map { $0.map { .constant($0) } })
      do {
        return try made.run(&operands)
      } catch let problem as OperatorProblem {
        throw FileError(file, part: NodeNames.place(of: record), found: problem.text, expected: "operands that fit")
      }
    }
    if let error = keeper.error {
      throw FileError(file, part: NodeNames.place(of: record), found: error.problem, expected: "operands that fit")
    }
    for (name, result) in zip(record.outputs, results) {
      switch result {
      case .constant(let constant): constants[name] = constant
      case .host(let array): constants[name] = ONNXConstant(name, array)
      case .tensor(let x):
        let tensor = x.plain
        if tensor.scalarType != .float32 {
          throw FileError(
            file, part: NodeNames.place(of: record), found: "a constant of \(tensor.scalarType)", expected: "float32")
        }
        constants[name] = ONNXConstant(name, tensor)
      }
    }
  }

  // MARK: Constants

  private mutating func constant(_ name: String) throws(FileError) -> ONNXConstant? {
    if let known = constants[name] { return known }
    guard let record = initializers[name] else { return nil }
    let constant = try makeConstant(name, record, part: "initializer \(NodeNames.quoted(name))")
    constants[name] = constant
    return constant
  }

  private func makeConstant(_ name: String, _ record: TensorRecord, part: String) throws(FileError) -> ONNXConstant {
    let elements = try TensorElements(record, file, bytes, part: part, external: external)
    return elements.type.isWhole
      ? ONNXConstant(name, try elements.array()) : ONNXConstant(name, try elements.tensor())
  }

  private mutating func addConstant(_ record: NodeRecord) throws(FileError) {
    let context = NodeContext(file: file, node: record, operatorSet: operatorSet, constants: [])
    guard let name = record.outputs.first, record.attributes.count == 1 else {
      throw context.problem("\(record.attributes.count) values", "one")
    }
    let vector: HostArray
    switch record.attributes[0].content {
    case .tensor(let tensor):
      constants[name] = try makeConstant(name, tensor, part: NodeNames.place(of: record))
      return
    case .integer(let value): vector = HostArray(scalar: value)
    case .integers(let all): vector = HostArray(all)
    case .number(let value):
      constants[name] = ONNXConstant(name, Tensor([value], shape: []))
      return
    case .numbers(let all):
      constants[name] = ONNXConstant(name, Tensor(all))
      return
    default: throw context.problem("a value of another kind", "numbers")
    }
    constants[name] = ONNXConstant(name, vector)
  }

  /// What rewriting looks at: numbers without axes, by name.
  private func smallConstants() -> [String: Double] {
    var all: [String: Double] = [:]
    func add(_ name: String, _ record: TensorRecord) {
      guard record.sizes.allSatisfy({ $0 == 1 }), !record.isExternal, record.type != 0,
        let array = try? TensorElements(record, file, bytes, part: "").array(), array.count == 1
      else { return }
      all[name] = array.numbers[0]
    }
    for record in model.graph.initializers { add(record.name, record) }
    for node in model.graph.nodes where node.operation == "Constant" {
      guard let name = node.outputs.first, let attribute = node.attributes.first else { continue }
      switch attribute.content {
      case .tensor(let record): add(name, record)
      case .number(let value): all[name] = Double(value)
      case .integer(let value): all[name] = Double(value)
      default: break
      }
    }
    return all
  }

  // MARK: Paths

  /// The module's path, where an initializer has it (`layer1.0.conv1.weight`), else the node's name with dots.
  private mutating func path(of record: NodeRecord, _ known: [ONNXConstant?]) -> String {
    var path = ""
    if record.inputs.count > 1, let name = known[1]?.name, name.hasSuffix(".weight") { path = String(name.dropLast(7)) }
    if path.isEmpty {
      path = record.name.split(separator: "/").joined(separator: ".")
      if path.isEmpty { path = "\(record.operation)_\(nodes.count)" }
    }
    path = NodeNames.shown(path)
    var candidate = path
    var number = 2
    while !paths.insert(candidate).inserted {
      candidate = "\(path)_\(number)"
      number += 1
    }
    return candidate
  }

  /// A value is let go of with its last reader, so that this one may use its memory.
  private mutating func markLastReads() {
    var read = Set(outputs.map(\.value))
    for place in nodes.indices.reversed() {
      let node = nodes[place]
      var own = Set<Int>()
      let inputs = node.inputs.reversed().map { input -> (value: Int, isLast: Bool)? in
        guard let (value, _) = input else { return nil }
        let isLast = !read.contains(value) && own.insert(value).inserted
        return (value, isLast)
      }
      read.formUnion(own)
      nodes[place] = ONNXNode(
        path: node.path, operation: node.operation, inputs: inputs.reversed(), outputs: node.outputs, node.operator)
    }
  }
}

extension NodeRecord {
  /// With its domain, if that is not ONNX's own.
  fileprivate var fullOperation: String { domain.isEmpty ? operation : "\(domain).\(operation)" }
}

/// Keeps a shape that does not fit while constants are computed.
private final class ErrorKeeper: OperationListener {
  private(set) var error: PlanError?

  func keepsError(_ error: PlanError) -> Bool {
    if self.error == nil { self.error = error }
    return true
  }
}

extension ModelRecord {
  /// The file's model; what is no ONNX file is told by what it is.
  static func decoded(_ bytes: [UInt8], file: String) throws(FileError) -> ModelRecord {
    // The version of the format comes first in any file: field 1, a varint.
    if bytes.first != 0x08 { throw FileKind.refusal(bytes, file: file, expected: "an ONNX model") }
    return try ModelRecord(bytes, file: file)
  }
}
