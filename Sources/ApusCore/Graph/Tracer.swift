import Synchronization

/// Writes a graph while a model runs on real values: operations report themselves as they are called (`note`, `traceNote`), before
/// any fusion. A tensor that an operation takes and that no operation of this trace made is a constant, so what is computed from
/// parameters alone folds by itself.
package final class Tracer {
  package private(set) var graph = Graph(values: [], nodes: [], inputs: [], outputs: [])
  package private(set) var error: GraphError?
  private var constants: [ConstantKey: Graph.ValueID] = [:]
  /// Paths of parameters and buffers by their memory, which the model holds while this lives.
  private let paths: [ObjectIdentifier: String]
  /// Tells its values from those of another trace.
  private let number = Tracer.numbers.wrappingAdd(1, ordering: .relaxed).oldValue
  /// Above 0 while an operation runs whose parts are no nodes of their own.
  private var depth = 0

  // Relaxed: the numbers must differ, they order nothing.
  private static let numbers = Atomic<UInt32>(1)

  private struct ConstantKey: Hashable {
    let memory: ObjectIdentifier
    let shape: Shape
  }

  package init(paths: [ObjectIdentifier: String]) { self.paths = paths }

  /// Which value of the graph a tensor is; `nil` for one that no operation of this trace made.
  func value(of tensor: Tensor) -> Graph.ValueID? {
    let place = tensor.body.graphPlace
    return place.trace == number ? Int(place.value) : nil
  }

  package func addInput(_ x: Tensor) { graph.inputs.append(add(x, constant: nil)) }

  package func addOutput(_ y: Tensor) {
    guard let value = value(of: y) else {
      fail("", "", "the output \(y.shape) does not depend on the input by operations that describe themselves")
      return
    }
    graph.outputs.append(value)
  }

  func record(_ operation: Graph.Operation, _ inputs: [Tensor?], _ result: Tensor, name: StaticString, path: String?) {
    if depth > 0 || !inputs.contains(where: { $0.flatMap(value) != nil }) { return }
    for tensor in inputs.compactMap({ $0 }) + [result] where tensor.scalarType != .float32 {
      fail(path, name, "of a tensor of \(tensor.scalarType): a graph is float32")
      return
    }
    let ids = Tracer.filled(operation, inputs).map { value(of: $0) ?? constant($0) }
    let output = add(result, constant: nil)
    graph.nodes.append(Graph.Node(operation: operation, inputs: ids, output: output, path: path ?? ""))
  }

  /// An operation that describes itself by its parts, or not at all.
  func record(name: StaticString, _ inputs: [Tensor], _ result: Tensor, path: String?) {
    if depth > 0 || value(of: result) != nil { return }
    if inputs.contains(where: { value(of: $0) != nil }) { fail(path, name, "cannot be part of a graph") }
  }

  /// Runs an operation whose parts are no nodes of their own.
  func skipping<Result>(_ body: () -> Result) -> Result {
    depth += 1
    defer { depth -= 1 }
    return body()
  }

  /// Keeps the first error: later ones may follow from it.
  private func fail(_ path: String?, _ operation: StaticString, _ problem: String) {
    if error == nil { error = GraphError(path: path ?? "", operation: "\(operation)", problem: problem) }
  }

  private func add(_ tensor: Tensor, constant: Graph.Constant?) -> Graph.ValueID {
    let id = graph.values.count
    graph.values.append(Graph.Value(shape: tensor.shape, constant: constant))
    if constant == nil { tensor.body.graphPlace = GraphPlace(trace: number, value: Int32(id)) }
    return id
  }

  /// One value for each memory and shape: layers may share parameters.
  private func constant(_ tensor: Tensor) -> Graph.ValueID {
    let memory = ObjectIdentifier(tensor.body.storage)
    let key = ConstantKey(memory: memory, shape: tensor.shape)
    if let known = constants[key] { return known }
    let id = add(tensor, constant: Graph.Constant(tensor: tensor.detached(), path: paths[memory]))
    constants[key] = id
    return id
  }

  /// A normalization without γ and β gets ones and zeros; a bias that is not there is left out.
  private static func filled(_ operation: Graph.Operation, _ inputs: [Tensor?]) -> [Tensor] {
    let parameters: Shape
    switch operation {
    case .batchNorm: parameters = inputs[3]!.shape
    case .groupNorm: parameters = [inputs[0]!.shape[inputs[0]!.rank - 1]]
    case .layerNorm(let axes, _): parameters = Shape(inputs[0]!.shape.suffix(axes))
    default: return inputs.compactMap { $0 }
    }
    return inputs.enumerated().map { $1 ?? .full(parameters, $0 == 1 ? 1 : 0) }
  }
}

/// Which value of which trace a tensor is.
struct GraphPlace {
  /// The tracer's number; 0: none.
  var trace: UInt32 = 0
  var value: Int32 = 0
}

/// Tells the tracer of this thread, if there is one, what an operation that plans do not list did.
@inline(__always)
package func traceNote(
  _ name: StaticString, _ result: Tensor, from inputs: [Tensor?], _ operation: @autoclosure () -> Graph.Operation?
) {
  guard let scope = Scope.current, let tracer = scope.tracer else { return }
  if let operation = operation() {
    tracer.record(operation, inputs, result, name: name, path: scope.path)
  } else {
    tracer.record(name: name, inputs.compactMap { $0 }, result, path: scope.path)
  }
}

/// Runs operations that are one node of a graph together; the node is told by a note after it.
package func asOneNode(_ body: () -> Tensor) -> Tensor {
  guard let tracer = Scope.current?.tracer else { return body() }
  return tracer.skipping(body)
}
