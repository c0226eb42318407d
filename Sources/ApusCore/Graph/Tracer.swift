import Synchronization

/// Listens while a model runs on real values, and writes a graph of what operations report, before any fusion. A tensor that an operation takes and that no operation of this trace made is a constant, so what is computed from
/// parameters alone folds by itself.
package final class Tracer: OperationListener {
  package private(set) var graph = Graph(values: [], nodes: [], inputs: [], outputs: [])
  package private(set) var error: GraphError?
  private var constants: [ConstantKey: Graph.ValueID] = [:]
  /// Paths of parameters and buffers by their memory, which the model holds while this lives.
  private let paths: [ObjectIdentifier: String]
  /// Tells its values from those of another trace.
  private let number = Tracer.numbers.wrappingAdd(1, ordering: .relaxed).oldValue

  // Relaxed: the numbers must differ, they order nothing.
  private static let numbers = Atomic<UInt32>(1)

  private struct ConstantKey: Hashable {
    let memory: ObjectIdentifier
    let shape: Shape
  }

  package init(paths: [ObjectIdentifier: String]) { self.paths = paths }

  /// Which value of the graph a tensor is; `nil` for one that no operation of this trace made.
  func value(of tensor: Tensor) -> Graph.ValueID? {
    guard let mark = tensor.body.mark as? GraphMark, mark.trace == number else { return nil }
    return mark.value
  }

  package func addInput(_ x: Tensor) { graph.inputs.append(add(x, constant: nil)) }

  package func addOutput(_ y: Tensor) {
    guard let value = value(of: y) else {
      fail("", "", "the output \(y.shape) does not depend on the input by operations that describe themselves")
      return
    }
    if y.scalarType != .float32 { fail("", "", "the output is a tensor of \(y.scalarType): a graph's is float32") }
    graph.outputs.append(value)
  }

  package var listensInside: Bool { true }

  package func operationRan(_ report: OperationReport, in scope: Scope) {
    if report.isPart || !report.inputs.contains(where: { $0.flatMap(value) != nil }) { return }
    if let operation = report.operation {
      record(operation, report.inputs, report.result, name: report.name, path: scope.path)
    } else if value(of: report.result) == nil {
      // It describes itself by its parts, or not at all.
      fail(scope.path, report.name, "cannot be part of a graph")
    }
  }

  private func record(
    _ operation: TensorOperation, _ inputs: [Tensor?], _ result: Tensor, name: StaticString, path: String?
  ) {
    for (place, tensor) in inputs.enumerated() {
      if let tensor, !operation.takes(tensor.scalarType, at: place) {
        fail(path, name, "of a tensor of \(tensor.scalarType): a graph is float32")
        return
      }
    }
    let ids = Tracer.filled(operation, inputs).map { value(of: $0) ?? constant($0) }
    let output = add(result, constant: nil)
    graph.nodes.append(Graph.Node(operation: operation, inputs: ids, output: output, path: path ?? ""))
  }

  /// Keeps the first error: later ones may follow from it.
  private func fail(_ path: String?, _ operation: StaticString, _ problem: String) {
    if error == nil { error = GraphError(path: path ?? "", operation: "\(operation)", problem: problem) }
  }

  private func add(_ tensor: Tensor, constant: Graph.Constant?) -> Graph.ValueID {
    let id = graph.values.count
    graph.values.append(Graph.Value(shape: tensor.shape, constant: constant, scalarType: tensor.scalarType))
    if constant == nil { tensor.body.mark = GraphMark(trace: number, value: id) }
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
  private static func filled(_ operation: TensorOperation, _ inputs: [Tensor?]) -> [Tensor] {
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

/// Which value of which trace a tensor is. `@unchecked Sendable` as what it inherits from: constant.
private final class GraphMark: TensorMark, @unchecked Sendable {
  /// The tracer's number.
  let trace: UInt32
  let value: Graph.ValueID

  init(trace: UInt32, value: Graph.ValueID) {
    self.trace = trace
    self.value = value
    super.init()
  }

  /// Another shape is another value, which is reported.
  override func ofView() -> TensorMark? { nil }
}
