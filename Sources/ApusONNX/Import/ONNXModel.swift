import Apus

/// A network from an ONNX file, as an ordinary layer: it is planned, compiled, written to other files and looked into as any other.
///
/// ```swift
/// let model = try ONNXModel(contentsOf: "resnet50.onnx")
/// let compiled = try model.compiled(for: [1, 224, 224, 3])
/// let logits = try compiled(images)
/// ```
/// Images are `[N, H, W, C]`, also where the file has them channels-first: the weights are turned once, when the file is read, and
/// between operators elements lie as they are here. An output of four axes is `[N, H, W, C]` then, too; any other is as in the file.
/// Where the file leaves sizes open, such as that of the batch, any will do.
///
/// It takes inference graphs of float32 with one input: operator sets 7 to 22, as PyTorch's two exporters, those of Keras and Paddle,
/// and `exportONNX` write them. docs/ONNX.md lists the operators.
public final class ONNXModel: Layer, NamedParts {
  /// What the file says of itself, and what became of its nodes.
  package let contents: ONNXContents
  private let nodes: [ONNXNode]
  private let input: Int
  /// Values by name, in the file's order.
  private let outputs: [(name: String, value: Int)]
  /// Values that are there before a run.
  private let constants: [ONNXValue?]

  /// Reads a file.
  ///
  /// Throws `FileError` with the place in the file if it is damaged, is no inference graph, or needs an operator that is not there:
  /// then all such operators are named with their nodes. Tensors may be in other files beside it, nowhere else.
  public convenience init(contentsOf path: String) throws {
    try self.init(try File.contents(of: path), file: path)
  }

  /// The same without a softmax at the end of the first output: the scores that it was made of.
  package convenience init(scoresOf path: String) throws {
    try self.init(try File.contents(of: path), file: path, leavesOutSoftmax: true)
  }

  package init(_ bytes: [UInt8], file: String, leavesOutSoftmax: Bool = false) throws {
    var record = try ModelRecord.decoded(bytes, file: file)
    if leavesOutSoftmax { record.graph.leaveOutSoftmax() }
    var builder = try ONNXBuilder(record, bytes, file: file)
    try builder.build()
    contents = builder.contents
    nodes = builder.nodes
    input = builder.input
    outputs = builder.outputs
    constants = builder.constantValues
    try settle(file)
  }

  /// The nodes by their paths.
  public var parts: [(name: String, part: Any)] { nodes.map { ($0.path, $0) } }

  /// [N, H, W, C], or what else the file's input is → the file's first output. Traps on another shape, or fails a `plan`.
  public func forward(_ x: consuming Tensor) -> Tensor {
    run(x, upTo: 1)[0]
  }

  /// The way to all outputs, in the file's order; `forward` gives the first one.
  package func pass(input: Shape) -> ForwardPass {
    ForwardPass(self, inputs: [input]) { [self] inputs in
      let results = called {
        run(inputs[0], upTo: outputs.count)
      } telling: {
        $0.first
      }
      return Array(zip(outputs.map(\.name), results))
    }
  }

  /// The first outputs, or a poisoned tensor.
  private func run(_ x: Tensor, upTo count: Int) -> [Tensor] {
    if x.isPoisoned { return [x] }
    let x = x.entering("ONNX")
    guard contents.input.fits(x.shape), x.scalarType == .float32 else {
      return [
        shapeFailure(of: "ONNX", "expects \(contents.input), input is \(x.scalarType) of shape \(x.shape)", input: x)
      ]
    }
    var values = constants
    values[input] = .tensor(
      contents.input.isTurned ? LaidTensor(x, order: LaidTensor.channelsLast(x.rank)) : LaidTensor(x))
    for node in nodes { if let poisoned = node.run(&values, input: x) { return [poisoned] } }
    var results: [Tensor] = []
    for output in outputs.prefix(count) {
      // An operator may make fewer values than its node has names for.
      guard let y = values[output.value]?.laid else {
        return [shapeFailure(of: "ONNX", "has no value for its output \(NodeNames.quoted(output.name))", input: x)]
      }
      let isImage = contents.input.isTurned && y.rank == 4
      results.append(isImage ? y.inOrder(LaidTensor.channelsLast(4)) : y.plain)
    }
    return results
  }

  /// Runs on shapes, so that a file that does not fit itself is found when it is read, and weights behind a flattening are turned once.
  /// Sizes that the file leaves open are those of a usual image.
  private func settle(_ file: String) throws {
    let (shape, isGuess) = contents.input.usualShape
    do {
      _ = try planOnce(input: shape, phase: .inference)
    } catch let error as PlanError {
      // An image of another size may fit where the file leaves it open.
      if !isGuess {
        throw FileError(
          file, part: error.path, found: "\(error.operation) \(error.problem)", expected: "a graph whose shapes fit")
      }
    }
    for node in nodes { node.operator.settle() }
  }
}

extension GraphRecord {
  /// Makes what the first output is a softmax of the output.
  fileprivate mutating func leaveOutSoftmax() {
    guard let output = outputs.first, let last = nodes.last(where: { $0.outputs.contains(output.name) }),
      last.operation == "Softmax" || last.operation == "LogSoftmax", let scores = last.inputs.first
    else { return }
    outputs[0].name = scores
  }
}
