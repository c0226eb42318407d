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
/// It takes inference graphs of float32 with one input, and gives the first output; `ONNXNetwork` takes and gives several. The operator
/// sets are 7 to 28, as PyTorch's two exporters, those of Keras and Paddle, and `exportONNX` write them. docs/ONNX.md lists the operators.
public final class ONNXModel: Layer, NamedParts {
  private let content: ONNXImport

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
    content = try ONNXImport(bytes, file: file, leavesOutSoftmax: leavesOutSoftmax)
    let inputs = content.contents.inputs
    if inputs.count != 1 {
      throw FileError(
        file, found: "\(inputs.count) inputs (\(inputs.map { NodeNames.quoted($0.name) }.joined(separator: ", ")))",
        expected: "one: ONNXNetwork takes several")
    }
    try content.settle { self.pass(input: $0[0]) }
  }

  /// What the file says of itself, and what became of its nodes.
  package var contents: ONNXContents { content.contents }

  /// The nodes by their paths.
  public var parts: [(name: String, part: Any)] { content.parts }

  /// [N, H, W, C], or what else the file's input is → the file's first output. Traps on another shape, or fails a `plan`.
  public func forward(_ x: consuming Tensor) -> Tensor { content.run([x], upTo: 1)[0] }

  /// The way to all outputs, in the file's order; `forward` gives the first one.
  package func pass(input: Shape) -> ForwardPass {
    ForwardPass(self, inputs: [input]) { [self] inputs in
      let results = called {
        content.run(inputs, upTo: contents.outputs.count)
      } telling: {
        $0.first
      }
      return Array(zip(content.outputNames, results))
    }
  }
}
