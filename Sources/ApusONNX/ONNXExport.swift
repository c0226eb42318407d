import Apus

/// How a model is written as an ONNX file.
public struct ONNXOptions: Hashable, Sendable {
  /// How many images the file takes at a time.
  public enum Batch: String, Hashable, Sendable, CaseIterable {
    /// Any number of images: the file's batch axis is called "N".
    case dynamic
    /// As many as the input has that the model is written for.
    case fixed
  }

  /// The version of ONNX's operators that files are written in.
  package static let operatorSet = ONNXFile.operatorSet

  /// Whether batch norms become part of the convolutions and linear layers before them; otherwise they are `BatchNormalization`.
  package var foldsBatchNorms: Bool
  /// Any number of images by default.
  package var batch: Batch
  /// The graph's name in the file.
  package var name: String
  /// Written into the file as it is.
  package var metadata: [String: String]

  /// By default batch norms stay operators of their own, and the file takes any number of images.
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
  /// The model runs to find what it does: twice, and with batch `.dynamic` once each for a batch of one more sample and of six more. What
  /// differs between these follows from the batch's size where the file runs, or is refused by name. A model that does something else
  /// for one sample than for several is written for an input of at least two. Throws `PlanError` if the shape does not fit,
  /// `GraphError` and `ONNXError` where the model does something that the file cannot say, `FileError` if the file cannot be
  /// written; at `path` is then what was there before.
  ///
  /// - Parameter input: `[N, H, W, C]`, or what else the model takes.
  public func exportONNX(input: Shape, to path: String, options: ONNXOptions = ONNXOptions()) throws {
    try ONNXFile.write(to: path) { try ONNXFile(of: self, input: input, options: options) }
  }
}

extension Network {
  /// Writes the inference pass of a model with several inputs or results as an ONNX file, as a layer's `exportONNX(input:to:options:)`.
  ///
  /// The inputs are called "input_0", "input_1" and so on in the network's order ("input", if there is one); results have the names that
  /// `Network` gives them, and elements of arrays are "output_0", "output_1". A dynamic batch is the first axis of every input.
  public func exportONNX(inputs: [Shape], to path: String, options: ONNXOptions = ONNXOptions()) throws {
    try ONNXFile.write(to: path) { try ONNXFile(of: self, inputs: inputs, options: options) }
  }
}

/// A model that an ONNX file cannot describe.
public struct ONNXError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the layer in the model; empty if the operation belongs to no layer.
  package var path: String
  /// The operation: `Broadcast`; empty if it is none.
  package var operation: String
  /// What is wrong. It completes a sentence that begins with the operation.
  package var problem: String

  /// One line, `PATH: OPERATION PROBLEM`, without the parts that are empty.
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
  /// A path that cannot be written is found before the model runs.
  fileprivate static func write(to path: String, _ file: () throws -> ONNXFile) throws {
    let writer = try AtomicFile.Writer(path)
    let message = try file().message
    try ONNXError.checkSize(message.byteCount)
    try message.write { try writer.append($0) }
    try writer.commit()
  }

  package init(of model: some Layer, input: Shape, options: ONNXOptions) throws {
    try self.init([input], options) { ForwardPass(model, input: $0[0]) }
  }

  package init(of network: some Network, inputs: [Shape], options: ONNXOptions) throws {
    try self.init(inputs, options) { try ForwardPass(network, inputs: $0) }
  }

  /// `pass`: the model for inputs of some shapes.
  private init(_ inputs: [Shape], _ options: ONNXOptions, _ pass: ([Shape]) throws -> ForwardPass) throws {
    if options.batch == .dynamic { try BatchTraces.checkBatch(inputs) }
    let traced = try Graph.traced(pass(inputs))
    var graph = traced.graph
    let batch =
      options.batch == .dynamic ? try BatchTraces(inputs, graph) { try pass($0) } : BatchTraces(graph)
    if options.foldsBatchNorms { graph = graph.foldingBatchNorms() }
    var exporter = ONNXExporter(graph, batch, results: traced.samples[0].outputs.map(\.name))
    try exporter.run()
    self = exporter.file
    name = options.name
    metadata = options.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

extension BatchTraces {
  /// A dynamic batch is one number, and the first axis of every input.
  fileprivate static func checkBatch(_ inputs: [Shape]) throws(ONNXError) {
    let shapes = inputs.map { "\($0)" }.joined(separator: ", ")
    let subject = inputs.count == 1 ? "the input \(shapes) has" : "the inputs \(shapes) have"
    if inputs.contains(where: { $0.first ?? 0 < 1 }) {
      throw ONNXError(
        path: "", operation: "",
        problem: "\(subject) no axis of at least one sample that could be a dynamic batch")
    }
    if Set(inputs.map(\.first)).count > 1 {
      throw ONNXError(
        path: "", operation: "",
        problem: "\(subject) first axes of different sizes, expected one batch for all: \(advice)")
    }
  }

  /// Traces the model for other batches than that of `graph`, once each: that graph has been found to depend on no values.
  fileprivate init(_ inputs: [Shape], _ graph: Graph, _ pass: ([Shape]) throws -> ForwardPass) throws {
    var graphs = [graph]
    for larger in BatchTraces.others(than: inputs[0][0]) {
      let others = inputs.map { Shape([larger] + $0.dropFirst()) }
      do {
        graphs.append(try Graph(ofOneRun: pass(others)))
      } catch let error as PlanError {
        throw ONNXError(
          path: error.path, operation: error.operation,
          problem: "\(error.problem), for a batch of \(larger): \(BatchTraces.advice)")
      } catch let error as GraphError {
        throw ONNXError(
          path: error.path, operation: error.operation,
          problem: "\(error.problem), for a batch of \(larger): \(BatchTraces.advice)")
      }
    }
    try self.init(graphs)
  }
}
