import ApusCore
import ApusLayers
import ApusSupport

/// A graph as a list of kernels over slots of memory.
struct Lowering {
  /// Where an input of a kernel lies.
  enum Source {
    case slot(Int)
    case constant(Tensor)
  }

  struct Step {
    /// What it does, in words: `Conv2D + ReLU`.
    var name: String
    var path: String
    var shape: Shape
    var kernel: any Kernel
    /// Memory of filters in a form of their own.
    var packedBytes = 0
    /// The kernel's places behind the result; `nil` for one that is left out.
    var inputs: [Source?]
    /// The slot that it writes, or a part of it.
    var result: Int
    /// Places in `inputs` whose memory may be the result's.
    var mayOverwrite: [Int]
  }

  let graph: Graph
  private(set) var steps: [Step] = []
  /// Elements of each slot; the first are the inputs.
  private(set) var slots: [Int]
  private var sources: [Graph.ValueID: Source] = [:]
  private var parts: [Graph.ValueID: [Part]] = [:]
  /// The path of the node that is lowered now.
  private(set) var path = ""
  private(set) var name = ""

  /// A place in a concatenation for a value, to which it is copied as soon as it is made and still in the caches.
  private struct Part {
    let slot: Int
    let strides: [Int]
    let offset: Int
  }

  init(_ graph: Graph) throws {
    self.graph = graph
    slots = graph.inputs.map { graph.shape(of: $0).elementCount }
    for (id, value) in graph.values.enumerated() {
      if let constant = value.constant { sources[id] = .constant(constant.tensor) }
    }
    let fused = graph.fused()
    for node in fused { reserve(node.node) }
    for (slot, input) in graph.inputs.enumerated() { made(input, at: .slot(slot)) }
    for node in fused { try lower(node) }
    var results: Set<Int> = []
    resultSlots = graph.outputs.map { output in
      if case .slot(let slot) = source(output), slot >= graph.inputs.count, results.insert(slot).inserted {
        return slot
      }
      // An input, a constant, a view of one, or a result that is there already: the caller's memory, of which this must be a copy.
      name = "Copy"
      let slot = add(elements: graph.shape(of: output).elementCount)
      emitCopy(output, to: slot)
      results.insert(slot)
      return slot
    }
  }

  /// The slots of the graph's results.
  private(set) var resultSlots: [Int] = []

  // MARK: For nodes

  func shape(_ value: Graph.ValueID) -> Shape { graph.shape(of: value) }

  func source(_ value: Graph.ValueID) -> Source {
    guard let source = sources[value] else { fatalError("value \(value) of a graph is read before it is made") }
    return source
  }

  mutating func begin(_ node: FusedNode) {
    path = node.node.path
    name =
      ([node.node.operation.name] + (node.norm == nil ? [] : ["BatchNorm"]) + (node.residual == nil ? [] : ["Add"])
      + (node.activation.map { ["\($0.name)"] } ?? [])).joined(separator: " + ")
  }

  /// A parameter that a kernel keeps.
  func constant(_ value: Graph.ValueID) throws -> Tensor {
    guard let tensor = graph.constant(value) else {
      throw GraphError(
        path: path, operation: name, problem: "takes a weight of shape \(shape(value)) that depends on the input")
    }
    return tensor
  }

  mutating func add(elements: Int) -> Int {
    slots.append(elements)
    return slots.count - 1
  }

  mutating func emit(
    _ kernel: some Kernel, _ inputs: [Source?], to slot: Int, shape: Shape, mayOverwrite: [Int] = [],
    packedBytes: Int = 0
  ) {
    steps.append(
      Step(
        name: name, path: path, shape: shape, kernel: kernel, packedBytes: packedBytes, inputs: inputs, result: slot,
        mayOverwrite: mayOverwrite))
  }

  /// A kernel that makes `value`.
  mutating func emit(
    _ kernel: some Kernel, _ inputs: [Source?], making value: Graph.ValueID, mayOverwrite: [Int] = [],
    packedBytes: Int = 0
  ) {
    let slot = add(elements: shape(value).elementCount)
    emit(kernel, inputs, to: slot, shape: shape(value), mayOverwrite: mayOverwrite, packedBytes: packedBytes)
    made(value, at: .slot(slot))
  }

  mutating func emitCopy(_ value: Graph.ValueID, to slot: Int) {
    let count = shape(value).elementCount
    emit(CopyKernel(gathering: [count], strides: [1]), [source(value)], to: slot, shape: shape(value))
  }

  /// `value` is there now: copies it to where concatenations want it.
  mutating func made(_ value: Graph.ValueID, at source: Source) {
    sources[value] = source
    for part in parts[value] ?? [] {
      let name = name
      self.name = "Copy"
      emit(
        CopyKernel(scattering: shape(value), strides: part.strides, offset: part.offset), [source], to: part.slot,
        shape: shape(value))
      self.name = name
    }
    parts[value] = nil
  }

  // MARK: Concatenation

  private var concatenations: [Graph.ValueID: Int] = [:]

  /// Gives a concatenation its slot before its parts are made.
  private mutating func reserve(_ node: Graph.Node) {
    guard case .concatenate(let axis) = node.operation else { return }
    let whole = shape(node.output)
    let (slot, strides) = (add(elements: whole.elementCount), whole.contiguousStrides)
    concatenations[node.output] = slot
    var start = 0
    for input in node.inputs {
      parts[input, default: []].append(Part(slot: slot, strides: strides, offset: start * strides[axis]))
      start += shape(input)[axis]
    }
  }

  /// All parts that are made by nodes are in place; constants are put there now.
  mutating func lowerConcatenation(_ node: Graph.Node) {
    for input in node.inputs where parts[input] != nil { made(input, at: source(input)) }
    made(node.output, at: .slot(concatenations[node.output]!))
  }
}
