import Apus

/// A network from an ONNX file with any number of inputs and outputs.
///
/// ```swift
/// let network = try ONNXNetwork(contentsOf: "matcher.onnx")
/// let matches = network([left, right])["matches"]!
/// let compiled = try network.compiled(for: [[1, 64, 64, 3], [1, 64, 64, 3]])
/// ```
/// It takes float32 tensors in the order of the file's inputs, which `apus import` shows, and gives its outputs by their names; a compiled
/// network and a plan have them in the order of the names. Images are `[N, H, W, C]`, and all else is, as `ONNXModel` has it.
public final class ONNXNetwork: Network, NamedParts {
  private let content: ONNXImport

  /// Reads a file; throws as `ONNXModel` does.
  public convenience init(contentsOf path: String) throws {
    try self.init(try File.contents(of: path), file: path)
  }

  package init(_ bytes: [UInt8], file: String) throws {
    content = try ONNXImport(bytes, file: file)
    try content.settle { self.pass(inputs: $0) }
  }

  /// What the file says of itself, and what became of its nodes.
  package var contents: ONNXContents { content.contents }

  /// The nodes by their paths.
  public var parts: [(name: String, part: Any)] { content.parts }

  /// A tensor per input of the file → its outputs by their names. Traps on another number or shape, or fails a `plan`.
  public func forward(_ inputs: [Tensor]) -> [String: Tensor] {
    let expected = contents.inputs.count
    let results =
      inputs.count == expected
      ? content.run(inputs, upTo: contents.outputs.count)
      : [
        shapeFailure(
          of: "ONNX", "takes \(expected) tensors, not \(inputs.count)", input: inputs.first ?? Tensor.zeros([]))
      ]
    return Dictionary(zip(content.outputNames, results)) { first, _ in first }
  }

  /// The way to all outputs, in the file's order.
  package func pass(inputs: [Shape]) -> ForwardPass {
    ForwardPass(self, inputs: inputs) { [self] inputs in
      let results = self(inputs)
      return content.outputNames.compactMap { name in results[name].map { (name, $0) } }
    }
  }
}
