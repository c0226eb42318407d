import Apus

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A size of an axis, for each of the batches that a model was traced for.
struct TracedSize: Hashable {
  var traces: [Int]

  /// Whether it is the same for every batch.
  var isFixed: Bool { traces.allSatisfy { $0 == traces[0] } }

  /// k, if it is k times the batch's size in every trace.
  func multiple(of batch: TracedSize) -> Int? {
    let (factor, remainder) = traces[0].quotientAndRemainder(dividingBy: batch.traces[0])
    let isMultiple = remainder == 0 && zip(traces, batch.traces).allSatisfy { $0 == factor * $1 }
    return isMultiple ? factor : nil
  }
}

/// What a model's graphs for several batches have in common, and the sizes in which they differ.
///
/// A size that a file holds as a number must be the same in every trace. What differs follows from the batch, or is refused:
/// comparing all traces, and not one with a number, is what tells the batch of 1 from a size of 1, or n² from n.
struct BatchTraces {
  /// The batch's size; `nil` if it is fixed.
  let batch: TracedSize?
  /// Of each value, axis by axis.
  private var sizes: [[TracedSize]]

  static let advice = "write the file for a fixed batch"

  /// The batches that a model is traced for besides one of `count`. With three, neither k·n nor n + k can be taken for n²: those
  /// are equal for two batches at most. The last one is beyond what a model may do for a few samples only.
  static func others(than count: Int) -> [Int] { [count + 1, count + 6] }

  /// A fixed batch.
  init(_ graph: Graph) {
    batch = nil
    sizes = graph.values.map { $0.shape.map { TracedSize(traces: [$0]) } }
  }

  /// Graphs of one model whose inputs differ in their first axis, of several inputs all by as much.
  init(_ graphs: [Graph]) throws(ONNXError) {
    let graph = graphs[0]
    func size(_ graph: Graph) -> Int { graph.shape(of: graph.inputs[0])[0] }
    for other in graphs.dropFirst() { try BatchTraces.compare(graph, other, for: (size(graph), size(other))) }
    batch = TracedSize(traces: graphs.map(size))
    sizes = graph.values.indices.map { value in
      graph.values[value].shape.indices.map { axis in
        TracedSize(traces: graphs.map { $0.values[value].shape[axis] })
      }
    }
  }

  /// The sizes of a value; those of one that was added later, which is a constant, are fixed.
  func sizes(_ value: Graph.ValueID, of shape: Shape) -> [TracedSize] {
    if value < sizes.count { return sizes[value] }
    return shape.map { TracedSize(traces: [Int](repeating: $0, count: batch?.traces.count ?? 1)) }
  }

  /// Two graphs must be the same operations on the same values; shapes and ranks apart, which `sizes` holds.
  private static func compare(_ graph: Graph, _ other: Graph, for batches: (Int, Int)) throws(ONNXError) {
    guard graph.nodes.count == other.nodes.count, graph.values.count == other.values.count,
      graph.outputs == other.outputs
    else {
      throw ONNXError(
        path: "", operation: "",
        problem: """
          the model does \(graph.nodes.count) operations for a batch of \(batches.0) and \(other.nodes.count) for one of \
          \(batches.1): \(advice)
          """)
    }
    for (node, twin) in zip(graph.nodes, other.nodes) {
      func refused(_ problem: String) -> ONNXError {
        ONNXError(path: node.path, operation: node.operation.name, problem: "\(problem): \(advice)")
      }
      if node.operation != twin.operation || node.inputs != twin.inputs {
        throw refused("depends on the batch's size")
      }
      if graph.shape(of: node.output).count != other.shape(of: twin.output).count {
        throw refused("has another number of axes for another batch")
      }
      for input in node.inputs {
        guard let constant = graph.constant(input), let twin = other.constant(input) else { continue }
        if constant.shape.count != twin.shape.count || constant.shape == twin.shape && !sameBits(constant, twin) {
          throw refused("takes a constant that depends on the batch's size")
        }
      }
    }
  }

  private static func sameBits(_ a: Tensor, _ b: Tensor) -> Bool {
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard a.count == b.count, let left = a.baseAddress, let right = b.baseAddress else { return a.count == b.count }
        return left == right || memcmp(left, right, a.count) == 0
      }
    }
  }
}
