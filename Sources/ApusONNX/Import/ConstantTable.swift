import Apus

/// The constants of a graph by their names: initializers, of which tensors are made when somebody asks for them, and what is computed of
/// some when the file is read.
struct ConstantTable {
  let file: String
  let bytes: [UInt8]
  let external: ExternalFiles
  /// Initializers that no tensor was made of yet.
  private let initializers: [String: TensorRecord]
  private var known: [String: ONNXConstant] = [:]

  init(_ initializers: [TensorRecord], bytes: [UInt8], file: String, external: ExternalFiles) {
    self.file = file
    self.bytes = bytes
    self.external = external
    self.initializers = Dictionary(initializers.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The table of a graph inside of this one's, which knows nothing of it.
  func inner(_ initializers: [TensorRecord]) -> ConstantTable {
    ConstantTable(initializers, bytes: bytes, file: file, external: external)
  }

  func has(_ name: String) -> Bool { known[name] != nil || initializers[name] != nil }

  func isInitializer(_ name: String) -> Bool { initializers[name] != nil }

  mutating func add(_ name: String, _ constant: ONNXConstant) { known[name] = constant }

  /// `nil` for what is not constant.
  mutating func constant(_ name: String) throws(FileError) -> ONNXConstant? {
    if let known = known[name] { return known }
    guard let record = initializers[name] else { return nil }
    let constant = try made(name, record, part: "initializer \(NodeNames.quoted(name))")
    known[name] = constant
    return constant
  }

  private func made(_ name: String, _ record: TensorRecord, part: String) throws(FileError) -> ONNXConstant {
    let elements = try TensorElements(record, file, bytes, part: part, external: external)
    return elements.type.isWhole
      ? ONNXConstant(name, try elements.array()) : ONNXConstant(name, try elements.tensor())
  }

  /// What a node of the operator Constant holds.
  mutating func add(_ context: NodeContext) throws(FileError) {
    let record = context.node
    guard let name = record.outputs.first, record.attributes.count == 1 else {
      throw context.problem("\(record.attributes.count) values", "one")
    }
    switch record.attributes[0].content {
    case .tensor(let tensor): known[name] = try made(name, tensor, part: NodeNames.place(of: record))
    case .integer(let value): known[name] = ONNXConstant(name, HostArray(scalar: value))
    case .integers(let all): known[name] = ONNXConstant(name, HostArray(all))
    case .number(let value): known[name] = ONNXConstant(name, Tensor([value], shape: []))
    case .numbers(let all): known[name] = ONNXConstant(name, Tensor(all))
    default: throw context.problem("a value of another kind", "numbers")
    }
  }

  /// What rewriting looks at: the numbers of one element among a graph's constants, by name.
  func singleNumbers(_ graph: GraphRecord) -> [String: Double] {
    var all: [String: Double] = [:]
    func add(_ name: String, _ record: TensorRecord) {
      guard record.sizes.allSatisfy({ $0 == 1 }), !record.isExternal, record.type != 0,
        let array = try? TensorElements(record, file, bytes, part: "").array(), array.count == 1
      else { return }
      all[name] = array.numbers[0]
    }
    for record in graph.initializers { add(record.name, record) }
    for node in graph.nodes where node.operation == "Constant" {
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
}
