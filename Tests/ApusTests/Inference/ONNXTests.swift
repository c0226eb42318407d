import Apus
import ApusONNX
import Foundation
import Testing

/// Values are compared with onnxruntime's by Tests/Interchange/compare-onnxruntime, by hand; the fixture holds some of them.
@Suite struct ONNXTests {
  func file(_ model: some Layer, _ input: Shape, _ options: ONNXOptions = ONNXOptions()) throws -> ONNXFile {
    try ONNXFile(of: model, input: input, options: options)
  }

  func operators(_ file: ONNXFile) -> [String] { file.nodes.map(\.operation) }

  func function(_ body: @escaping (Tensor) -> Tensor) -> some Layer {
    struct Function: Layer, NamedParts {
      let body: (Tensor) -> Tensor
      var parts: [(name: String, part: Any)] { [] }
      func forward(_ x: consuming Tensor) -> Tensor { body(x) }
    }
    return Function(body: body)
  }

  // MARK: The file

  /// Eighths, so that files are the same everywhere.
  private func miniature() -> Sequential {
    let model = Sequential {
      Conv2D(2, 4, kernel: 3, padding: .explicit(top: 1, left: 0, bottom: 1, right: 2), bias: false)
      BatchNorm(4)
      ReLU()
      MaxPool2D(3, stride: 2, ceilMode: true)
      Residual {
        Conv2D(4, 4, kernel: 1)
        BatchNorm(4)
      }
      Flatten()
      Linear(3 * 3 * 4, 3)
    }
    var seed = 0
    func fill(_ shape: Shape) -> Tensor {
      seed += 1
      return Tensor((0..<shape.elementCount).map { Float((($0 + seed) * 7) % 13 - 6) / 8 }, shape: shape)
    }
    for entry in model.parameters { entry.parameter.value = fill(entry.parameter.shape) }
    for entry in model.buffers {
      entry.buffer.value = fill(entry.buffer.shape).abs() + (entry.path.hasSuffix("Variance") ? 0.5 : 0)
    }
    return model
  }

  private static let fixture = repositoryFile("Tests/Fixtures/onnx-miniature")

  @Test func aFileHasTheBytesThatOnnxruntimeHasRead() throws {
    let folder = try TemporaryFolder()
    let model = miniature()
    let path = try folder.file("miniature.onnx")
    try model.exportONNX(
      input: [1, 6, 6, 2], to: path, options: ONNXOptions(name: "miniature", metadata: ["key": "value"]))
    let bytes = try File.contents(of: path)
    if ProcessInfo.processInfo.environment["APUS_WRITE_FIXTURES"] != nil {
      try AtomicFile.write(bytes, to: Self.fixture + ".onnx")
    }
    // The version of this library, a string behind ten bytes, is what may differ.
    func unversioned(_ bytes: [UInt8]) -> ArraySlice<UInt8> { bytes.dropFirst(10 + Int(bytes[9])) }
    let known = try File.contents(of: Self.fixture + ".onnx")
    let isSame = unversioned(bytes).elementsEqual(unversioned(known))
    #expect(isSame, "APUS_WRITE_FIXTURES=1 writes it anew")
    #expect(Array(bytes.prefix(8)) == [8, 8, 18, 4] + Array("apus".utf8))

    // What onnxruntime makes of that file.
    let values = try Safetensors.read(Self.fixture + ".safetensors").tensors
    expectClose(model(values["x"]!), values["y"]!.array(of: Float.self).map { Double($0) })
  }

  @Test func messagesHaveTheBytesOfTheFormatsDescription() {
    func bytes(_ message: ProtobufMessage) -> [UInt8] {
      var bytes: [UInt8] = []
      message.write { bytes += $0 }
      #expect(bytes.count == message.byteCount)
      return bytes
    }
    var inner = ProtobufMessage()
    inner.add(1, 150)
    #expect(bytes(inner) == [0x08, 0x96, 0x01])
    var outer = ProtobufMessage()
    outer.add(2, "testing")
    outer.add(3, inner)
    #expect(bytes(outer) == [0x12, 0x07] + Array("testing".utf8) + [0x1a, 0x03, 0x08, 0x96, 0x01])
    var numbers = ProtobufMessage()
    numbers.add(16, -1)
    numbers.add(1, Float(1))
    #expect(bytes(numbers) == [0x80, 0x01] + [UInt8](repeating: 0xff, count: 9) + [0x01, 0x0d, 0, 0, 0x80, 0x3f])
  }

  @Test func elementsArePermutedInParts() {
    let tensor = Tensor((0..<3_000_000).map { Float($0) }, shape: [3, 500_000, 2])
    let elements = PermutedElements(tensor: tensor, permutation: [2, 1, 0])
    var values: [Float] = []
    var parts = 0
    elements.write { part in
      values += part.bindMemory(to: Float.self)
      parts += 1
    }
    #expect(parts > 1 && values == tensor.transposed([2, 1, 0]).array(of: Float.self))
  }

  // MARK: Operators

  @Test func aNetworkIsChannelsFirstWithoutTransposes() throws {
    let model = miniature()
    let plain = try file(model, [1, 6, 6, 2])
    #expect(
      operators(plain) == [
        "Conv", "BatchNormalization", "Relu", "MaxPool", "Conv", "BatchNormalization", "Add", "Flatten", "Gemm",
      ])
    #expect(plain.nodes.map(\.name) == ["0", "1", "2", "3", "4.body.0", "4.body.1", "4", "5", "6"])
    #expect(plain.inputs[0].shape == [.named("N"), .size(2), .size(6), .size(6)])
    #expect(plain.outputs[0].name == "output" && plain.outputs[0].shape == [.named("N"), .size(3)])
    let shapes = Dictionary(uniqueKeysWithValues: plain.initializers.map { ($0.name, $0.shape) })
    #expect(shapes["0.weight"] == [4, 2, 3, 3] && shapes["6.weight"] == [3, 36] && shapes["1.running_var"] == [4])

    let folded = try file(model, [1, 6, 6, 2], ONNXOptions(foldsBatchNorms: true))
    #expect(operators(folded) == ["Conv", "Relu", "MaxPool", "Conv", "Add", "Flatten", "Gemm"])
    #expect(folded.initializers.map(\.name).prefix(2) == ["0.weight", "0.bias"])
  }

  @Test(arguments: [true, false]) func averagesTellWhetherPaddingCounts(countsPadding: Bool) throws {
    let pool = AveragePool2D(3, stride: 2, padding: 1, countsPadding: countsPadding)
    let attributes = try #require(file(pool, [1, 6, 6, 2]).nodes.first).attributes
    guard case .integer(let value)? = attributes.first(where: { $0.name == "count_include_pad" })?.value else {
      Issue.record("no count_include_pad among \(attributes)")
      return
    }
    #expect(value == (countsPadding ? 1 : 0))
  }

  @Test func channelsOfZerosAreAPad() throws {
    let model = CIFARResNet(depth: 8, shortcut: .padding)
    let operators = operators(try file(model, [1, 8, 8, 3], ONNXOptions(foldsBatchNorms: true)))
    #expect(operators.filter { $0 == "Pad" }.count == 2 && !operators.contains("Concat"))
    #expect(operators.suffix(3) == ["GlobalAveragePool", "Flatten", "Gemm"])
  }

  @Test func transposesStandWhereALayoutHasNoOther() throws {
    #expect(operators(try file(LayerNorm(3), [2, 4, 4, 3])) == ["Transpose", "LayerNormalization", "Transpose"])
    #expect(
      operators(
        try file(
          Sequential {
            ReLU()
            Flatten()
          }, [2, 4, 4, 3])
      ).suffix(2) == ["Transpose", "Flatten"])
    #expect(
      operators(try file(GroupNorm(4, groups: 2), [2, 4, 4, 4])) == [
        "Reshape", "InstanceNormalization", "Reshape", "Mul", "Add",
      ])
  }

  @Test func boundedFunctionsAreAnOperatorEach() throws {
    let model = Sequential {
      HardSigmoid()
      HardSwish()
      Hardtanh(min: -0.5, max: 2)
      ReLU6()
    }
    let file = try file(model, [2, 3])
    #expect(operators(file) == ["HardSigmoid", "HardSwish", "Clip", "Clip"])
    #expect(file.nodes[3].inputs.count == 3)
  }

  @Test func theIdentityIsAnOperator() throws {
    #expect(operators(try file(Identity(), [2, 3])) == ["Identity"])
  }

  // MARK: The batch

  @Test func aFixedBatchIsANumber() throws {
    let fixed = try file(miniature(), [5, 6, 6, 2], ONNXOptions(batch: .fixed))
    #expect(fixed.inputs[0].shape.first == .size(5) && fixed.outputs[0].shape == [.size(5), .size(3)])
  }

  // MARK: Refusals

  @Test func whatOnnxCannotSayIsRefusedWithItsPlace() {
    expectError("1: LocalResponseNorm", "windows of an odd size") {
      _ = try file(
        Sequential {
          ReLU()
          LocalResponseNorm(4)
        }, [1, 4, 4, 8])
    }
    expectError("LocalResponseNorm of [2, 8]") { _ = try file(LocalResponseNorm(3), [2, 8]) }
    expectError("ArgMax cannot be part of a graph") {
      _ = try file(function { $0 * $0.argmax().cast(to: .float32).mean() }, [2, 3])
    }
    #expect(throws: PlanError.self) { _ = try file(Linear(4, 2), [2, 3]) }
  }

  @Test func filesBeyondTheLimitOfProtocolBuffersAreRefused() throws {
    try ONNXError.checkSize(Int(Int32.max))
    expectError("2147483648 bytes, expected at most 2147483647") { try ONNXError.checkSize(1 << 31) }
  }

  @Test func aFileThatCannotBeWrittenLeavesWhatWasThere() throws {
    let folder = try TemporaryFolder()
    func export(_ path: String, _ model: some Layer = Linear(3, 2), _ input: Shape = [1, 3]) throws {
      try model.exportONNX(input: input, to: path)
    }
    expectError("/none/a.onnx", "No such file or directory") { try export(folder.path + "/none/a.onnx") }
    expectError("directory") { try export(folder.path) }
    expectError("directory") { try export(folder.path + "/") }
    expectError("directory") { try export("") }
    let path = try folder.file("a.onnx", [1, 2, 3])
    #expect(throws: PlanError.self) { try export(path, Linear(3, 2), [1, 4]) }
    #expect(try File.contents(of: path) == [1, 2, 3])
    #expect(try folder.names() == ["a.onnx"], "no partial file")
    try export(path)
    #expect(try File.contents(of: path).count > 100)
  }
}
