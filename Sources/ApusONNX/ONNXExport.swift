import Apus

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How a model is written as an ONNX file.
public struct ONNXOptions: Hashable, Sendable {
  public enum Batch: String, Hashable, Sendable, CaseIterable {
    /// Any number of images: the file's batch axis is called "N".
    case dynamic
    /// As many as the input has that the model is written for.
    case fixed
  }

  /// Whether batch norms become part of the convolutions and linear layers before them; otherwise they are `BatchNormalization`.
  public var foldsBatchNorms: Bool
  public var batch: Batch
  /// The graph's name in the file.
  public var name: String
  /// Written into the file as it is.
  public var metadata: [String: String]

  public init(
    foldsBatchNorms: Bool = false, batch: Batch = .dynamic, name: String = "apus", metadata: [String: String] = [:]
  ) {
    self.foldsBatchNorms = foldsBatchNorms
    self.batch = batch
    self.name = name
    self.metadata = metadata
  }
}

extension Layer {
  /// Writes the inference pass as an ONNX file: operator set 17, float32.
  ///
  /// Images are `[N, C, H, W]` there, also as outputs; filters and matrices have PyTorch's layouts, and a linear layer behind a flattening
  /// has its rows in that order. The input is called "input", the output "output", nodes after layers, weights after parameters.
  /// A convolution or product in bfloat16 is written as one in float32.
  ///
  /// The model runs to find what it does: twice, with batch `.dynamic` four times, to tell the batch axis from others. Throws `PlanError`
  /// where the shape does not fit, `GraphError` and `ONNXError` where the model does something that the file cannot say, `FileError`
  /// where the file cannot be written; at `path` is then what was there before.
  ///
  /// - Parameter input: `[N, H, W, C]`, or what else the model takes.
  public func exportONNX(input: Shape, to path: String, options: ONNXOptions = ONNXOptions()) throws {
    // A path that cannot be written is found before the model runs.
    let writer = try AtomicFile.Writer(path)
    let message = try ONNXFile(of: self, input: input, options: options).message
    try ONNXError.checkSize(message.byteCount)
    try message.write { try writer.append($0) }
    try writer.commit()
  }
}

/// A model that an ONNX file cannot describe.
public struct ONNXError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model; empty where the operation belongs to no layer.
  public var path: String
  /// The operation: `Broadcast`; empty where it is none.
  public var operation: String
  public var problem: String

  public var description: String {
    let place = [path, operation].filter { !$0.isEmpty }.joined(separator: ": ")
    return place.isEmpty ? problem : place + " " + problem
  }

  package static func checkSize(_ byteCount: Int) throws(ONNXError) {
    if byteCount <= ONNXFile.maximumByteCount { return }
    throw ONNXError(
      path: "", operation: "",
      problem:
        "the model would be an ONNX file of \(byteCount) bytes, expected at most \(ONNXFile.maximumByteCount): protocol buffers end there"
    )
  }
}

extension ONNXFile {
  package init(of model: some Layer, input: Shape, options: ONNXOptions) throws {
    var graph = try Graph(of: model, input: input)
    var batch = BatchAxes(graph)
    if options.batch == .dynamic {
      guard input.count > 0 else {
        throw ONNXError(
          path: "", operation: "", problem: "the input has no axes, hence no batch axis that could be dynamic")
      }
      var larger = input
      larger[0] += 1
      batch = try BatchAxes(graph, of: try Graph(of: model, input: larger))
    }
    if options.foldsBatchNorms { graph = graph.foldingBatchNorms() }
    var exporter = ONNXExporter(graph, batch)
    try exporter.run()
    self = exporter.file
    name = options.name
    metadata = options.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// Which axis of each value counts samples: what differs between a model's graphs for two batches.
struct BatchAxes {
  private var axes: [Int?]

  /// No axis: the batch is fixed.
  init(_ graph: Graph) { axes = graph.values.map { _ in nil } }

  init(_ graph: Graph, of larger: Graph) throws(ONNXError) {
    guard graph.nodes.count == larger.nodes.count, graph.values.count == larger.values.count else {
      throw ONNXError(
        path: "", operation: "",
        problem:
          "the model does \(graph.nodes.count) operations for one batch and \(larger.nodes.count) for another: \(BatchAxes.advice)"
      )
    }
    for (node, other) in zip(graph.nodes, larger.nodes)
    where node.operation != other.operation || node.inputs != other.inputs {
      throw ONNXError(
        path: node.path, operation: node.operation.name, problem: "depends on the batch's size: \(BatchAxes.advice)")
    }
    axes = zip(graph.values, larger.values).map { value, other in
      value.shape.indices.first { value.shape[$0] != other.shape[$0] }
    }
    for node in graph.nodes {
      for input in node.inputs where axes[input] == nil {
        guard let constant = graph.constant(input), let other = larger.constant(input) else { continue }
        if !BatchAxes.sameBits(constant, other) {
          throw ONNXError(
            path: node.path, operation: node.operation.name,
            problem: "takes a constant that depends on the batch's size: \(BatchAxes.advice)")
        }
      }
    }
  }

  static let advice = "write the file for a fixed batch"

  /// `nil` for a value added later, which is a constant.
  subscript(value: Graph.ValueID) -> Int? { value < axes.count ? axes[value] : nil }

  private static func sameBits(_ a: Tensor, _ b: Tensor) -> Bool {
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard a.count == b.count, let left = a.baseAddress, let right = b.baseAddress else { return a.count == b.count }
        return left == right || memcmp(left, right, a.count) == 0
      }
    }
  }
}
