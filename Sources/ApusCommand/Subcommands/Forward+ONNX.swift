import Apus
import ApusONNX
import ArgumentParser

extension Forward {
  private struct FileResult: Encodable {
    struct Output: Encodable {
      var name, file: String
      var shape: [Int]
    }
    var model: String
    var outputs: [Output]
  }

  /// Runs the ONNX file that is named in place of a network.
  ///
  /// - Returns: whether it is one.
  func runsFile() throws -> Bool {
    guard let path = ModelSource.onnxFile(network) else { return false }
    let options = [
      ("--weights", weights != nil), ("--prefix", names.prefix != nil), ("--rename", !names.rename.isEmpty),
      ("--flattened", !features.orders.isEmpty), ("--classes", classes != nil),
      ("--training", training), ("--labels", labels != nil),
    ]
    for case (let name, true) in options {
      throw ValidationError("\(name) applies only to networks, and \(network) is an ONNX file")
    }
    let model = try ONNXModel(contentsOf: path)
    let results = try outputs(of: model, for: try read(for: model))
    var written: [FileResult.Output] = []
    for (name, tensor) in results {
      let target = results.count == 1 ? output : Forward.file(output, of: name)
      try Npy.write(tensor, to: target)
      written.append(.init(name: name, file: target, shape: Array(tensor.shape)))
    }
    if form.json {
      Terminal.printLine(try JSONText.of(FileResult(model: path, outputs: written)))
    } else {
      for output in written { Terminal.printLine("\(path), \(output.name): \(Shape(output.shape)) to \(output.file)") }
    }
    return true
  }

  /// Compiled, or where a graph cannot say what the model does operator by operator.
  private func outputs(of model: ONNXModel, for x: Tensor) throws -> [(name: String, tensor: Tensor)] {
    let pass = model.pass(input: x.shape)
    var results: [(name: String, tensor: Tensor)]
    do {
      let compiled = try Compiled(pass)
      results = Array(zip(compiled.outputs.map(\.name), try compiled([x])))
    } catch is GraphError {
      results = withPhase(.inference, of: model) { pass.run([x]) }
    }
    if isNCHW && model.contents.input.isTurned {
      for place in results.indices where results[place].tensor.rank == 4 {
        results[place].tensor = results[place].tensor.transposed([0, 3, 1, 2])
      }
    }
    return results
  }

  private var isNCHW: Bool { layout == .nchw }

  private func read(for model: ONNXModel) throws -> Tensor {
    let floats = try NumberFile.floats(input)
    if floats.elementCount == 0 { throw FileError(input, found: "shape \(floats.shape)", expected: "a batch") }
    return isNCHW && model.contents.input.isTurned && floats.rank == 4 ? floats.transposed([0, 2, 3, 1]) : floats
  }

  /// `y.npy` of an output "boxes" is `y.boxes.npy`.
  private static func file(_ path: String, of name: String) -> String {
    let safe = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
    return path.hasSuffix(".npy") ? "\(path.dropLast(4)).\(safe).npy" : "\(path).\(safe)"
  }
}
