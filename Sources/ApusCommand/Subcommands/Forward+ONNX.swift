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
      ("--weights", weights != nil), ("--prefix", names.prefix != nil), ("--classes", classes != nil),
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

  /// Compiled where a graph can say what the model does, otherwise, and for several outputs, operator by operator.
  private func outputs(of model: ONNXModel, for x: Tensor) throws -> [(name: String, tensor: Tensor)] {
    func inFile(_ y: Tensor, _ isImage: Bool) -> Tensor { isNCHW && isImage ? y.transposed([0, 3, 1, 2]) : y }
    let contents = model.contents
    if contents.outputs.count == 1 {
      do {
        let y = try model.compiled(for: x.shape)(x)
        return [(contents.outputs[0].name, inFile(y, contents.input.isTurned && y.rank == 4))]
      } catch is GraphError {}
    }
    _ = try model.plan(input: x.shape)
    return model.allOutputs(of: x).map { ($0.name, inFile($0.tensor, contents.input.isTurned && $0.tensor.rank == 4)) }
  }

  private var isNCHW: Bool { layout == .nchw }

  private func read(for model: ONNXModel) throws -> Tensor {
    let x = try Npy.read(input)
    if x.elementCount == 0 { throw FileError(input, found: "shape \(x.shape)", expected: "a batch") }
    if !x.scalarType.isFloatingPoint {
      throw FileError(input, found: x.scalarType.rawValue, expected: "float32 or float64")
    }
    let floats = x.cast(to: .float32)
    return isNCHW && model.contents.input.isTurned && x.rank == 4 ? floats.transposed([0, 2, 3, 1]) : floats
  }

  /// `y.npy` of an output "boxes" is `y.boxes.npy`.
  private static func file(_ path: String, of name: String) -> String {
    let safe = String(name.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
    return path.hasSuffix(".npy") ? "\(path.dropLast(4)).\(safe).npy" : "\(path).\(safe)"
  }
}
