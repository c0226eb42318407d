import Apus

/// Makes the nodes of a model from a file's: finds the constants, computes what depends on these alone, and gives each node a path.
struct ONNXBuilder {
  private(set) var contents = ONNXContents()
  private var nodes: [ONNXNode] = []
  private var inputs: [Int] = []
  private var outputs: [(name: String, value: Int)] = []
  private var constantValues: [ONNXValue?] = []

  private let file: String
  private let operatorSet: Int
  private var constants: ConstantTable
  /// Values that nodes make while the model runs.
  private var values: [String: Int] = [:]
  private var paths: Set<String> = []

  /// Operators that are not in the table, since they are of the file more than of values.
  static let ownOperators: Set<String> = ["Constant", "If"]

  init(_ bytes: [UInt8], file: String, operatorSet: Int) {
    self.file = file
    self.operatorSet = operatorSet
    constants = ConstantTable([], bytes: bytes, file: file, external: ExternalFiles(of: file))
  }

  /// The program of a file's model, which has been checked.
  mutating func build(_ record: ModelRecord) throws -> ONNXProgram {
    contents.producer = [record.producer, record.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    contents.operatorSet = operatorSet
    contents.metadata = record.metadata
    for node in record.graph.nodes { contents.operators[node.operation, default: 0] += 1 }
    constants = constants.inner(record.graph.initializers)
    let graph = rewritten(record.graph)
    for input in graph.inputs where !constants.isInitializer(input.name) { try addInput(input, graph) }
    if inputs.isEmpty { throw FileError(file, found: "a graph without inputs", expected: "at least one") }
    try addNodes(graph)
    for output in graph.outputs {
      try addOutput(output)
      let isTurned = contents.inputs.contains(where: \.isTurned) && output.sizes?.count == 4
      contents.outputs.append(ONNXContents.Value(name: output.name, sizes: output.sizes, isTurned: isTurned))
    }
    contents.externalFiles = constants.external.names
    contents.folded = record.graph.nodes.count - nodes.count
    return program()
  }

  private func rewritten(_ graph: GraphRecord) -> GraphRecord {
    ONNXRewriting(graph.namingOuterReads(), constants: constants.singleNumbers(graph)).result()
  }

  private func program() -> ONNXProgram {
    ONNXProgram(
      nodes: ONNXBuilder.markingLastReads(nodes, outputs), inputs: inputs, outputs: outputs, constants: constantValues)
  }

  // MARK: Inputs and outputs

  private mutating func addInput(_ record: ValueRecord, _ graph: GraphRecord) throws(FileError) {
    let part = "input \(NodeNames.quoted(record.name))"
    if record.type != ElementType.float.rawValue {
      throw FileError(file, part: part, found: "elements of type \(record.type)", expected: "float32 (1)")
    }
    if let sizes = record.sizes,
      sizes.count > Shape.maximumRank || sizes.contains(where: { $0 ?? 0 > IntOrPair.largest })
    {
      throw FileError(
        file, part: part, found: "\(sizes.count) axes, or one too large",
        expected: "at most \(Shape.maximumRank) of at most \(IntOrPair.largest)")
    }
    if values[record.name] != nil { throw FileError(file, part: part, found: "it twice", expected: "each name once") }
    let isTurned = record.sizes.map { $0.count == 4 } ?? true && !ONNXBuilder.isChannelsLast(record.name, graph)
    contents.inputs.append(ONNXContents.Value(name: record.name, sizes: record.sizes, isTurned: isTurned))
    inputs.append(newValue(record.name, nil))
  }

  private mutating func addOutput(_ record: ValueRecord) throws(FileError) {
    let value: Int
    if let made = values[record.name] {
      value = made
    } else if let constant = try constants.constant(record.name) {
      value = newValue(record.name, .constant(constant))
    } else {
      throw FileError(
        file, part: "output \(NodeNames.quoted(record.name))", found: "no node that makes it", expected: "one")
    }
    outputs.append((record.name, value))
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

  // MARK: Nodes

  private mutating func newValue(_ name: String, _ constant: ONNXValue?) -> Int {
    constantValues.append(constant)
    values[name] = constantValues.count - 1
    return constantValues.count - 1
  }

  /// Those that outputs depend on.
  private mutating func addNodes(_ graph: GraphRecord) throws {
    var (names, wanted) = (Set(graph.outputs.map(\.name)), Set<Int>())
    for (place, node) in graph.nodes.enumerated().reversed() where node.outputs.contains(where: names.contains) {
      wanted.insert(place)
      names.formUnion(node.inputs)
    }
    for (place, node) in graph.nodes.enumerated() where wanted.contains(place) { try add(node) }
  }

  private mutating func add(_ record: NodeRecord) throws {
    var known: [ONNXConstant?] = []
    for name in record.inputs {
      let constant = name.isEmpty ? nil : try constants.constant(name)
      known.append(constant)
      if !name.isEmpty && constant == nil && values[name] == nil {
        throw FileError(
          file, part: NodeNames.place(of: record),
          found: "an operand \(NodeNames.quoted(name)) that no node before it makes", expected: "one that is there")
      }
    }
    for name in record.outputs where !name.isEmpty && (values[name] != nil || constants.has(name)) {
      throw FileError(
        file, part: NodeNames.place(of: record), found: "a second value of the name \(NodeNames.quoted(name))",
        expected: "each name once")
    }
    let context = NodeContext(
      file: file, bytes: constants.bytes, node: record, operatorSet: operatorSet, constants: known)
    if record.fullOperation == "Constant" { return try constants.add(context) }
    let made = try `operator`(context)
    let isConstant = zip(record.inputs, known).allSatisfy { $0.isEmpty || $1 != nil }
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

  private func `operator`(_ context: NodeContext) throws -> any ONNXOperator {
    if context.node.fullOperation == "If" { return try conditional(context) }
    if let maker = OperatorTable.maker(of: context.node) { return try maker(context) }
    throw context.problem("an operator that is not there", "one that is")
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
      case .constant(let constant): constants.add(name, constant)
      case .host(let array): constants.add(name, ONNXConstant(name, array))
      case .tensor(let x):
        let tensor = x.plain
        if tensor.scalarType == .float32 {
          constants.add(name, ONNXConstant(name, tensor))
        } else {
          let whole = try HostArray(
            .integers(tensor.array(of: Int.self)), shape: Array(tensor.shape), limit: Int(Int32.max))
          constants.add(name, ONNXConstant(name, whole))
        }
      }
    }
  }

  // MARK: Graphs inside of nodes

  /// Where the condition is constant, the graph that never runs is not made.
  private func conditional(_ context: NodeContext) throws -> IfOperator {
    let node = context.node
    let condition = context.constant(0)?.host?.integers.first
    func program(_ name: String, unless skipped: Bool) throws -> ONNXProgram? {
      if skipped { return nil }
      guard let graph = node.graphs.first(where: { $0.name == name })?.graph else {
        throw context.problem("no \(name)", "a graph")
      }
      if graph.outputs.count != node.outputs.count || !graph.inputs.isEmpty {
        throw context.problem(
          "\(name) of \(graph.inputs.count) inputs and \(graph.outputs.count) outputs", "0 and \(node.outputs.count)")
      }
      return try inner(graph, of: context)
    }
    return IfOperator(
      then: try program(IfOperator.thenName, unless: condition == 0),
      otherwise: try program(IfOperator.otherwiseName, unless: condition.map { $0 != 0 } ?? false))
  }

  /// The program of a graph inside of a node, whose inputs are the values from around the node.
  private func inner(_ graph: GraphRecord, of context: NodeContext) throws -> ONNXProgram {
    var builder = self
    builder.constants = constants.inner(graph.initializers)
    (builder.nodes, builder.inputs, builder.outputs, builder.constantValues) = ([], [], [], [])
    builder.values = [:]
    for (name, constant) in zip(context.node.outerReads, context.constants.suffix(context.node.outerReads.count)) {
      builder.inputs.append(builder.newValue(name, nil))
      // A weight may be among them. What is known when the file is read is not read again in a run.
      if let constant {
        builder.values[name] = nil
        builder.constants.add(name, constant)
      }
    }
    try builder.addNodes(builder.rewritten(graph))
    for output in graph.outputs { try builder.addOutput(output) }
    return builder.program()
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
  private static func markingLastReads(_ nodes: [ONNXNode], _ outputs: [(name: String, value: Int)]) -> [ONNXNode] {
    var read = Set(outputs.map(\.value))
    var marked: [ONNXNode] = []
    for node in nodes.reversed() {
      var own = Set<Int>()
      let inputs = node.inputs.reversed().map { input -> (value: Int, isLast: Bool)? in
        guard let (value, _) = input else { return nil }
        let isLast = !read.contains(value) && own.insert(value).inserted
        return (value, isLast)
      }
      read.formUnion(own)
      marked.append(
        ONNXNode(
          path: node.path, operation: node.operation, inputs: inputs.reversed(), outputs: node.outputs, node.operator))
    }
    return marked.reversed()
  }
}

/// Keeps a shape that does not fit while constants are computed.
private final class ErrorKeeper: OperationListener {
  private(set) var error: PlanError?

  func keepsError(_ error: PlanError) -> Bool {
    if self.error == nil { self.error = error }
    return true
  }
}
