import Apus
import ApusONNX
import ArgumentParser
import Foundation

/// `apus import MODEL.onnx`: what is in an ONNX file, and a folder of it that other commands take.
struct Import: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what is in an ONNX file, and make a folder of it that predict, features, summary and export take.",
    discussion: """
      apus import resnet50.onnx
      apus import resnet50.onnx --out models/resnet50 --classes imagenet.txt
      apus predict models/resnet50 photo.jpg
      """)

  @Argument(
    help: ArgumentHelp("An ONNX file: an inference graph of float32, operator sets 7 to 28.", valueName: "model.onnx"),
    completion: .file())
  var file: String

  @Option(help: "A folder to write, which must not be there: model.onnx and run.json.", completion: .directory)
  var out: String?

  @Option(
    help: "A file with the classes' names, a line each. (default: those that apus export wrote, or 0, 1, 2, …)",
    completion: .file())
  var classes: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Size of the images. (default: the file's, or 224x224 where it leaves it open)", valueName: "HxW"),
    transform: OptionValue.size)
  var input: ImageSize?

  enum Scale: String, CaseIterable { case imagenet, unit, signed }

  @Option(
    help: """
      How image files become numbers: imagenet (by its means and deviations), unit (0 to 1) or signed (-1 to 1). (default: those that \
      apus export wrote; or imagenet for three channels, otherwise unit)
      """, transform: OptionValue.oneOf(Scale.allCases, default: .imagenet))
  var normalization: Scale?

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  private struct Result: Encodable {
    struct Value: Encodable {
      var name: String
      /// Here; `nil` for a size that the file leaves open.
      var shape: [Int?]?
    }
    var file, producer: String
    var operatorSet: Int
    var inputs, outputs: [Value]
    /// Nodes of the file by their operators.
    var operators: [String: Int]
    /// Nodes that run, and what became constant or one with others.
    var nodes, folded: Int
    var parameters: Int
    /// The folder that was written.
    var out: String?
  }

  func validate() throws {
    let needing = [("--classes", classes != nil), ("--input", input != nil), ("--normalization", normalization != nil)]
    for case (let name, true) in needing where out == nil { throw ValidationError("\(name) requires --out") }
  }

  func run() throws {
    let model = try ONNXNetwork(contentsOf: file)
    if let out { try write(model, to: out) }
    let contents = model.contents
    let result = Result(
      file: file, producer: contents.producer, operatorSet: contents.operatorSet,
      inputs: contents.inputs.map { .init(name: $0.name, shape: $0.ownSizes) },
      outputs: contents.outputs.map { .init(name: $0.name, shape: $0.ownSizes) }, operators: contents.operators,
      nodes: model.parts.count, folded: contents.folded,
      parameters: model.parameters.reduce(0) { $0 + $1.parameter.shape.elementCount }, out: out)
    if form.json { return Terminal.printLine(try JSONText.of(result)) }
    let operators = contents.operators.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    Terminal.printLine(
      "\(file): operator set \(result.operatorSet)" + (result.producer.isEmpty ? "" : ", by \(result.producer)"))
    for input in contents.inputs {
      Terminal.printLine("input \(input.name): \(input)" + (input.isTurned ? ", in the file [N, C, H, W]" : ""))
    }
    for output in contents.outputs { Terminal.printLine("output \(output.name): \(output)") }
    Terminal.printLine(
      "\(result.nodes.grouped) nodes run; \(result.folded.grouped) became constants or one with others; \(result.parameters.grouped) parameters"
    )
    Terminal.printLine("operators: " + operators.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    if let out { Terminal.printLine("written to \(out)") }
  }

  private func write(_ model: ONNXNetwork, to folder: String) throws {
    let contents = model.contents
    guard contents.inputs.count == 1, contents.inputs[0].ownSizes.map({ $0.count == 4 }) ?? true else {
      let found = contents.inputs.map(\.description).joined(separator: " and ")
      throw FileError(file, found: "inputs \(found)", expected: "one of images, for a folder that commands take")
    }
    let usual = contents.inputs[0].usualShape.shape
    let shape = input?.shape(channels: usual[3]) ?? Shape(usual.dropFirst())
    let images = Shape([usual[0]] + shape)
    guard images[0] == 1, let count = try model.pass(inputs: [images]).plan().outputShape.last else {
      throw FileError(file, found: "batches of \(images[0])", expected: "one image at a time, or any number")
    }
    var names = contents.metadata["apus.classes"]?.split(separator: "\n").map(String.init)
    if let classes {
      names = String(decoding: try File.contents(of: classes), as: UTF8.self).split(separator: "\n").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let classNames = names ?? (0..<count).map { "\($0)" }
    if classNames.count != count {
      throw FileError(
        classes ?? file, found: "\(classNames.count) names of classes", expected: "\(count), as there are scores")
    }
    let normalization = self.normalization(contents.metadata, channels: shape[2])
    let record = ImportedModel.Record(
      input: Array(shape), classNames: classNames, mean: normalization.mean, deviation: normalization.deviation,
      crop: contents.metadata["apus.crop"].flatMap(Double.init) ?? ImageFolder.Options(input: shape).crop)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    } catch {
      throw FileError(folder, found: "a file or folder, or no place for one", expected: "a name that is free")
    }
    try AtomicFile.write(try File.contents(of: file), to: "\(folder)/\(ModelSource.onnxName)")
    for name in contents.externalFiles {
      let beside = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
      try AtomicFile.write(try File.contents(of: beside + name), to: "\(folder)/\(name)")
    }
    try AtomicFile.write(try JSONText.of(record) + "\n", to: "\(folder)/\(RunFiles.recordName)")
  }

  private func normalization(_ metadata: [String: String], channels: Int) -> Normalization {
    func list(_ key: String) -> [Float]? {
      let values = metadata[key]?.split(separator: " ").compactMap { Float($0) }
      return values?.count == channels ? values : nil
    }
    if normalization == nil, let mean = list("apus.mean"), let deviation = list("apus.deviation"),
      mean.allSatisfy(\.isFinite), deviation.allSatisfy({ $0 > 0 && $0.isFinite })
    {
      return Normalization(mean: mean, deviation: deviation)
    }
    switch normalization ?? (channels == 3 ? .imagenet : .unit) {
    case .imagenet where channels == 3: return .imageNet
    case .signed: return Normalization(mean: constant(0.5, channels), deviation: constant(0.5, channels))
    case .imagenet, .unit: return Normalization(mean: constant(0, channels), deviation: constant(1, channels))
    }
  }

  private func constant(_ value: Float, _ count: Int) -> [Float] { Array(repeating: value, count: count) }
}
