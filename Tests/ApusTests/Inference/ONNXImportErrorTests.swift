import Apus
import ApusONNX
import Foundation
import Testing

/// Files that are no model, or not one that runs here: each error is one line with the file and the place in it.
@Suite struct ONNXImportErrorTests {
  private struct Node {
    var operation: String
    var inputs = ["input"]
    var output = "y"
    var domain = ""
    var attribute: ProtobufMessage?
  }

  private func message(_ fields: (inout ProtobufMessage) -> Void) -> ProtobufMessage {
    var message = ProtobufMessage()
    fields(&message)
    return message
  }

  private func tensor(_ name: String, _ sizes: [Int], type: Int, raw: [UInt8]? = nil, external: [String: String] = [:])
    -> ProtobufMessage
  {
    message { tensor in
      for size in sizes { tensor.add(1, size) }
      tensor.add(2, type)
      tensor.add(8, name)
      if let raw { tensor.add(9, bytes: raw) }
      for (key, value) in external.sorted(by: { $0.key < $1.key }) {
        tensor.add(
          13,
          message {
            $0.add(1, key)
            $0.add(2, value)
          })
      }
      if !external.isEmpty { tensor.add(14, 1) }
    }
  }

  private func value(_ name: String, _ sizes: [Int], type: Int = 1) -> ProtobufMessage {
    let shape = message { shape in for size in sizes { shape.add(1, message { $0.add(1, size) }) } }
    let tensorType = message {
      $0.add(1, type)
      $0.add(2, shape)
    }
    return message {
      $0.add(1, name)
      $0.add(2, message { $0.add(1, tensorType) })
    }
  }

  /// A file of nodes from an input [1, 2, 3, 4] to "y".
  private func model(
    _ nodes: [Node], operatorSet: Int = 17, initializers: [ProtobufMessage] = [], inputs: [ProtobufMessage]? = nil,
    trains: Bool = false, hasOutput: Bool = true
  ) -> [UInt8] {
    let graph = message { graph in
      for node in nodes {
        graph.add(
          1,
          message { record in
            for input in node.inputs { record.add(1, input) }
            record.add(2, node.output)
            record.add(4, node.operation)
            if let attribute = node.attribute { record.add(5, attribute) }
            record.add(7, node.domain)
          })
      }
      for initializer in initializers { graph.add(5, initializer) }
      for input in inputs ?? [value("input", [1, 2, 3, 4])] { graph.add(11, input) }
      if hasOutput { graph.add(12, value("y", [])) }
    }
    let whole = message { whole in
      whole.add(1, 8)
      whole.add(7, graph)
      whole.add(
        8,
        message {
          $0.add(1, "")
          $0.add(2, operatorSet)
        })
      if trains { whole.add(20, ProtobufMessage()) }
    }
    var bytes: [UInt8] = []
    whole.write { bytes += $0 }
    return bytes
  }

  private func expect(
    _ bytes: [UInt8], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try ONNXModel(bytes, file: "x.onnx")
      Issue.record("no error", sourceLocation: sourceLocation)
    } catch {
      let text = "\(error)"
      for word in words + ["x.onnx"] {
        #expect(text.contains(word), "\(word) in: \(text)", sourceLocation: sourceLocation)
      }
      #expect(!text.contains("\n") && error is FileError, sourceLocation: sourceLocation)
    }
  }

  @Test func aModelOfOneNodeIsRead() throws {
    let model = try ONNXModel(model([Node(operation: "Relu")]), file: "x.onnx")
    let x = Tensor.normal([1, 3, 4, 2], seed: 1)
    #expect(model(x).array(of: Float.self) == relu(x).array(of: Float.self))
  }

  /// Bounds that cross, are infinite or no number at all: the kernel of hard tanh would stop the program.
  @Test(arguments: [(.nan, 1), (2, 1), (-.infinity, .infinity), (.infinity, .infinity), (-1, 1)] as [(Float, Float)])
  func boundsOfAnyKindAreTaken(low: Float, high: Float) throws {
    func bound(_ name: String, _ value: Float) -> ProtobufMessage {
      tensor(name, [], type: 1, raw: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
    }
    let bytes = model(
      [Node(operation: "Clip", inputs: ["input", "low", "high"])],
      initializers: [bound("low", low), bound("high", high)])
    let x = Tensor.normal([1, 3, 4, 2], seed: 1)
    let y = try ONNXModel(bytes, file: "x.onnx")(x).array(of: Float.self)
    #expect(y.count == 24)
    if low.isNaN { return }
    for (y, x) in pairs(y, x.array(of: Float.self)) { #expect(y == min(max(x, low), high)) }
  }

  /// The least number of 64 bits has no opposite.
  @Test(arguments: [Int.min, .max, 1 << 40]) func padsOfAnySizeAreRefused(pad: Int) {
    let pads = (0..<8).flatMap { place in withUnsafeBytes(of: place == 6 ? pad.littleEndian : 0) { Array($0) } }
    expect(
      model(
        [Node(operation: "Pad", inputs: ["input", "pads"])], initializers: [tensor("pads", [8], type: 7, raw: pads)]),
      "with pads", "\(pad)")
  }

  @Test func whatIsNoModelIsToldByWhatItIs() {
    expect(Array("hello, no model\n".utf8), "expected an ONNX model")
    expect([], "empty")
    expect([8, 8], "no graph")
  }

  @Test func allMissingOperatorsAreNamedAtOnce() {
    expect(
      model([
        Node(operation: "Frobnicate", output: "a"), Node(operation: "NonZero", inputs: ["a"], output: "b"),
        Node(operation: "Frobnicate", inputs: ["b"], output: "c", domain: "com.example"),
        Node(operation: "Relu", inputs: ["c"]),
      ]), "Frobnicate (\"a\")", "NonZero (\"b\")", "com.example.Frobnicate")
    expect(model([Node(operation: "DynamicQuantizeLinear")]), "quantized", "float32")
  }

  @Test func graphsThatAreNotForInferenceAreRefused() {
    expect(model([Node(operation: "Relu")], trains: true), "training graph")
    expect(model([Node(operation: "Relu")], operatorSet: 30), "operator set 30", "7 to 28")
    expect(model([Node(operation: "Relu")], inputs: [value("input", [1, 2], type: 7)]), "type 7", "float32")
    expect(model([Node(operation: "Relu")], inputs: [value("input", [1]), value("b", [1])]), "2 inputs", "\"b\"")
  }

  @Test func aGraphThatDoesNotFitItselfIsFoundWhenItIsRead() {
    expect(model([Node(operation: "Relu", inputs: ["nothing"])]), "\"nothing\"")
    expect(model([Node(operation: "Relu", output: "z")]), "output \"y\"")
    expect(model([Node(operation: "Relu")], hasOutput: false), "a graph without outputs")
    let axis = message {
      $0.add(1, "axis")
      $0.add(3, 9)
      $0.add(20, 2)
    }
    expect(model([Node(operation: "Softmax", attribute: axis)]), "axis 9")
    expect(
      model(
        [Node(operation: "Add", inputs: ["input", "b"])],
        initializers: [tensor("b", [7], type: 7, raw: .init(repeating: 0, count: 56))]),
      "shapes that broadcast")
    expect(
      model(
        [Node(operation: "Add", inputs: ["input", "b"])], initializers: [tensor("b", [2], type: 1, raw: [0, 0, 0, 0])]),
      "1 elements of shape [2]")
    expect(
      model(
        [Node(operation: "Add", inputs: ["input", "b"])],
        initializers: [tensor("b", [1 << 40, 1 << 40], type: 1, raw: [])]),
      "initializer \"b\"")
  }

  @Test func anInputOfAnotherShapeIsAShapeError() throws {
    let model = try ONNXModel(model([Node(operation: "Relu")]), file: "x.onnx")
    expectError("expects [1, 3, 4, 2]", "[1, 4, 4, 2]") { _ = try model.plan(input: [1, 4, 4, 2]) }
  }

  // MARK: Graphs inside of nodes, and indices

  private func attribute(_ name: String, graph: ProtobufMessage) -> ProtobufMessage {
    message {
      $0.add(1, name)
      $0.add(6, graph)
      $0.add(20, 5)
    }
  }

  /// A graph whose only node makes its output; the node holds the graph inside.
  private func graph(_ operation: String, _ input: String, holding inner: ProtobufMessage? = nil) -> ProtobufMessage {
    message { graph in
      graph.add(
        1,
        message { record in
          record.add(1, input)
          record.add(2, "made")
          record.add(4, operation)
          if let inner {
            record.add(5, attribute("then_branch", graph: inner))
            record.add(5, attribute("else_branch", graph: inner))
          }
        })
      graph.add(12, value("made", []))
    }
  }

  @Test func graphsAreInsideOfEachOtherOnlySoDeep() {
    func nested(_ depth: Int) -> ProtobufMessage {
      var inner = graph("Relu", "input")
      for _ in 0..<depth { inner = graph("If", "flag", holding: inner) }
      return inner
    }
    let flag = tensor("flag", [], type: 9, raw: [1])
    func file(_ depth: Int) -> [UInt8] {
      let node = Node(operation: "If", inputs: ["flag"], attribute: attribute("then_branch", graph: nested(depth)))
      return model([node], initializers: [flag])
    }
    #expect(throws: Never.self) { _ = try ONNXModel(file(7), file: "x.onnx") }
    expect(file(8), "a graph inside of 8 others")
  }

  @Test func conditionsThatElementsDecideAndGraphsThatAreMissingAreRefused() {
    let branch = attribute("then_branch", graph: graph("Relu", "input"))
    expect(model([Node(operation: "If", inputs: ["input"], attribute: branch)]), "no else_branch")
    let other = attribute("then_branch", graph: graph("Frobnicate", "input"))
    expect(model([Node(operation: "If", inputs: ["input"], attribute: other)]), "Frobnicate (\"made\")")
    let flag = tensor("flag", [], type: 9, raw: [0])
    expect(model([Node(operation: "If", inputs: ["flag"], attribute: branch)], initializers: [flag]), "no else_branch")
    let both = graph("If", "input", holding: graph("Relu", "input"))
    let taken = attribute("then_branch", graph: both)
    let always = tensor("flag", [], type: 9, raw: [1])
    expect(
      model([Node(operation: "If", inputs: ["flag"], attribute: taken)], initializers: [always]),
      "depends on the elements of the input")
  }

  /// Of an index that no axis has a kernel would stop the program.
  @Test(arguments: ["GatherElements", "GatherND", "ScatterND", "ScatterElements"])
  func indicesBeyondAnAxisAreRefused(_ operation: String) {
    func indices(_ value: Int) -> ProtobufMessage {
      tensor("indices", [1, 1, 1, 1], type: 7, raw: withUnsafeBytes(of: value.littleEndian) { Array($0) })
    }
    var node = Node(operation: operation, inputs: ["input", "indices"])
    if operation.hasPrefix("Scatter") { node.inputs.append("updates") }
    let sizes = operation == "ScatterND" ? [1, 1, 1, 2, 3, 4] : [1, 1, 1, 1]
    let bytes = [UInt8](repeating: 0, count: 4 * sizes.reduce(1, *))
    func file(_ index: Int) -> [UInt8] {
      model([node], initializers: [indices(index), tensor("updates", sizes, type: 1, raw: bytes)])
    }
    for index in [-1, 0] { #expect(throws: Never.self) { _ = try ONNXModel(file(index), file: "x.onnx") } }
    for index in [1, -2, Int.max, Int.min] { expect(file(index), "of index \(index)") }
  }

  /// The matrix or table of a resized axis is made when the file is read, which must not take long.
  @Test func axesThatAreResizedToAnySizeAreRefused() {
    let mode = message {
      $0.add(1, "mode")
      $0.add(4, "linear")
      $0.add(20, 3)
    }
    func file(_ scale: Float, width: Int = 64, operatorSet: Int = 10) -> [UInt8] {
      let scales = [1, 1, 1, scale].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian) { Array($0) } }
      return model(
        [Node(operation: "Resize", inputs: ["input"] + (operatorSet == 10 ? [] : [""]) + ["scales"], attribute: mode)],
        operatorSet: operatorSet, initializers: [tensor("scales", [4], type: 1, raw: scales)],
        inputs: [value("input", [1, 1, 1, width])])
    }
    for set in [10, 13] {
      #expect(throws: Never.self) { _ = try ONNXModel(file(3.5, operatorSet: set), file: "x.onnx") }
      expect(file(999_999, operatorSet: set), "of 64 to 63999936 pixels")
    }
    expect(file(1.5, width: 5000), "of more than 16777216 elements")
  }

  // MARK: Elements in other files

  private func external(_ location: String, offset: String? = nil, length: String? = nil) -> [UInt8] {
    var entries = ["location": location]
    entries["offset"] = offset
    entries["length"] = length
    return model(
      [Node(operation: "Add", inputs: ["input", "b"])], initializers: [tensor("b", [4], type: 1, external: entries)])
  }

  @Test func elementsAreReadBesideTheFileAndNowhereElse() throws {
    let folder = try TemporaryFolder()
    let data = (0..<8).flatMap { number in withUnsafeBytes(of: Float(number).bitPattern.littleEndian) { Array($0) } }
    try folder.file("weights.data", data)
    let path = try folder.file("model.onnx", external("weights.data", offset: "16", length: "16"))
    let y = try ONNXModel(contentsOf: path)(Tensor.zeros([1, 3, 4, 2]))
    #expect(y.slice(axis: 2, range: 1..<2).max().item() == 5)
    for (location, offset, length, words) in [
      ("../weights.data", nil, nil, "beside the model"), ("/etc/hostname", nil, nil, "beside the model"),
      ("weights.data", "20", nil, "16"), ("weights.data", "-4", nil, "offset"), ("weights.data", "0", "12", "12"),
      ("nothing.data", nil, nil, "nothing.data"),
    ] as [(String, String?, String?, String)] {
      try folder.file("wrong.onnx", external(location, offset: offset, length: length))
      expectError(words) { _ = try ONNXModel(contentsOf: folder.path + "/wrong.onnx") }
    }
    let outside = try TemporaryFolder()
    try outside.file("secret.data", data)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link.data", withDestinationPath: outside.path + "/secret.data")
    try folder.file("wrong.onnx", external("link.data"))
    expectError("leads out") { _ = try ONNXModel(contentsOf: folder.path + "/wrong.onnx") }
  }

  // MARK: Damage

  /// Whatever is cut off or changed, reading ends with an error or a model; the fuzzer (Tests/fuzz) goes on where this ends.
  @Test(arguments: ONNXImportTests.names) func damagedFilesNeverStopTheProgram(_ name: String) throws {
    let bytes = try File.contents(of: ONNXImportTests.path(name))
    var errors = 0
    func read(_ bytes: [UInt8]) {
      do {
        _ = try ONNXModel(bytes, file: "x.onnx")
      } catch {
        errors += 1
        #expect(error is FileError && !"\(error)".contains("\n"), "\(error)")
      }
    }
    for count in stride(from: 0, to: bytes.count, by: 41) { read(Array(bytes[..<count])) }
    for place in stride(from: 0, to: bytes.count, by: 19) {
      var changed = bytes
      changed[place] ^= UInt8(truncatingIfNeeded: 1 << (place % 8))
      read(changed)
    }
    #expect(errors > bytes.count / 41)
  }
}
