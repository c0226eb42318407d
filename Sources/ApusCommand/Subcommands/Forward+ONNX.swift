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
    /// Why it ran operator by operator; `nil` where it was compiled.
    var notCompiled: String?
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
    let model = try ONNXNetwork(contentsOf: path)
    let (results, problem) = try outputs(of: model, for: try read(for: model))
    var written: [FileResult.Output] = []
    for (name, tensor) in results {
      let target = results.count == 1 ? output : Forward.file(output, of: name)
      try Npy.write(tensor, to: target)
      written.append(.init(name: name, file: target, shape: Array(tensor.shape)))
    }
    if form.json {
      Terminal.printLine(try JSONText.of(FileResult(model: path, outputs: written, notCompiled: problem)))
    } else {
      for output in written { Terminal.printLine("\(path), \(output.name): \(Shape(output.shape)) to \(output.file)") }
      if let problem { Terminal.printLine("ran operator by operator, not compiled: \(problem)") }
    }
    return true
  }

  /// Compiled, or where a graph cannot say what the model does, operator by operator, with the reason.
  private func outputs(
    of model: ONNXNetwork, for inputs: [Tensor]
  ) throws -> (results: [(name: String, tensor: Tensor)], problem: String?) {
    let pass = model.pass(inputs: inputs.map(\.shape))
    var results: [(name: String, tensor: Tensor)]
    var problem: String?
    do {
      let compiled = try Compiled(pass)
      results = Array(zip(compiled.outputs.map(\.name), try compiled(inputs)))
    } catch let error as GraphError {
      problem = "\(error)"
      results = withPhase(.inference, of: model) { pass.run(inputs) }
    }
    if isNCHW && model.contents.inputs.contains(where: \.isTurned) {
      for place in results.indices where results[place].tensor.rank == 4 {
        results[place].tensor = results[place].tensor.transposed([0, 3, 1, 2])
      }
    }
    return (results, problem)
  }

  private var isNCHW: Bool { layout == .nchw }

  private func read(for model: ONNXNetwork) throws -> [Tensor] {
    let values = model.contents.inputs
    if input.count != values.count {
      let names = values.map { "\($0.name) \($0)" }.joined(separator: ", ")
      throw ValidationError("--input is given \(input.count) times, and \(network) has \(values.count): \(names)")
    }
    return try zip(input, values).map { file, value in
      let floats = try NumberFile.floats(file)
      if floats.elementCount == 0 { throw FileError(file, found: "shape \(floats.shape)", expected: "a batch") }
      return isNCHW && value.isTurned && floats.rank == 4 ? floats.transposed([0, 2, 3, 1]) : floats
    }
  }

  /// `y.npy` of an output "boxes" is `y.boxes.npy`.
  private static func file(_ path: String, of name: String) -> String {
    let safe = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
    return path.hasSuffix(".npy") ? "\(path.dropLast(4)).\(safe).npy" : "\(path).\(safe)"
  }
}
