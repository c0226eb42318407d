import Apus
import Testing

private typealias Content = PyTorchFile.Content

// Pieces of pickles.

private func text(_ value: String) -> [UInt8] { [0x8C, UInt8(value.utf8.count)] + Array(value.utf8) }
private func integer(_ value: Int) -> [UInt8] {
  [0x8A, 8] + withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) }
}
private func name(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
private func tuple(_ items: [UInt8]...) -> [UInt8] { Array("(".utf8) + items.flatMap { $0 } + Array("t".utf8) }
private func sizes(_ values: [Int]) -> [UInt8] {
  Array("(".utf8) + values.flatMap { integer($0) } + Array("t".utf8)
}
private func call(_ function: [UInt8], _ arguments: [UInt8]) -> [UInt8] { function + arguments + Array("R".utf8) }
private func dict(_ items: [UInt8]...) -> [UInt8] { Array("}(".utf8) + items.flatMap { $0 } + Array("u".utf8) }
private let none = Array("N".utf8)

private func storage(_ key: String = "0", type: String = "FloatStorage", count: Int = 4) -> [UInt8] {
  tuple(text("storage"), name("torch", type), text(key), text("cpu"), integer(count)) + Array("Q".utf8)
}

private func tensor(
  _ shape: [Int] = [4], strides: [Int] = [1], offset: Int = 0, in storage: [UInt8] = storage()
) -> [UInt8] {
  call(
    name("torch._utils", "_rebuild_tensor_v2"),
    tuple(storage, integer(offset), sizes(shape), sizes(strides), [0x89], none))
}

/// What a file with this pickle and a storage "0" of the floats 1, 2, 3, 4 holds.
private func read(_ pickle: [UInt8], _ others: [(name: String, content: [UInt8])] = []) throws -> Content {
  let numbers = [1, 2, 3, 4].flatMap { value in withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { Array($0) }
  }
  let bytes = try zip([("m/data.pkl", [0x80, 2] + pickle + Array(".".utf8)), ("m/data/0", numbers)] + others)
  return try PyTorchFile.decode(bytes, file: "damaged")
}

private func expectRefusal(
  _ pickle: [UInt8], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let found = try read(pickle)
    Issue.record("accepted: \(found)", sourceLocation: sourceLocation)
  } catch {
    for word in ["damaged: "] + words {
      #expect("\(error)".contains(word), "\(word) is missing in: \(error)", sourceLocation: sourceLocation)
    }
  }
}

private func values(_ content: Content, _ name: String) throws -> Tensor {
  try #require(content.tensors.first { $0.name == name }?.value, "no tensor \(name)")
}

@Suite struct PyTorchFileTests {
  @Test func readsAStateDict() throws {
    let content = try PyTorchFile.read(fileFixture("state.pth"))
    #expect(
      content.tensors.map(\.name) == [
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked",
      ])
    #expect(content.skipped == [])
    let weight = try values(content, "0.weight")
    #expect(weight.shape == [3, 2, 2, 2] && weight.array(of: Float.self) == (0..<24).map { Float($0) })
    #expect(try values(content, "1.running_var").array(of: Float.self) == [500, 501, 502])
    let steps = try values(content, "1.num_batches_tracked")
    #expect(steps.shape == [] && steps.array(of: Int32.self) == [600])
  }

  /// Protocol 2, which is PyTorch's default, has bytes by the name of a function only.
  @Test(arguments: [("checkpoint.pth", []), ("checkpoint-protocol4.pth", ["raw"])])
  func readsACheckpoint(name: String, more: [String]) throws {
    let content = try PyTorchFile.read(fileFixture(name))
    #expect(
      content.tensors.map(\.name) == [
        "state_dict.0.weight", "state_dict.0.bias", "state_dict.1.weight", "state_dict.1.bias",
        "state_dict.1.running_mean", "state_dict.1.running_var", "state_dict.1.num_batches_tracked", "parameter",
        "optimizer.state.0.momentum_buffer", "list.1",
      ])
    #expect(content.skipped == ["epoch", "big", "optimizer.param_groups", "shape", "list.0"] + more)
    #expect(try values(content, "parameter").array(of: Float.self) == [7])
    #expect(try values(content, "optimizer.state.0.momentum_buffer").array(of: Float.self) == [0.5, 1.5])
    #expect(try values(content, "list.1").array(of: Int32.self) == [1, 2])
  }

  @Test func readsViewsAndEveryType() throws {
    let content = try PyTorchFile.read(fileFixture("views.pth"))
    #expect(content.tensors.count == 16 && content.skipped.isEmpty)
    let base = (0..<24).map { Float($0) }
    func expect(_ name: String, _ shape: Shape, _ numbers: [Float]) throws {
      let tensor = try values(content, name)
      #expect(tensor.shape == shape, "\(name)")
      #expect(tensor.array(of: Float.self) == numbers, "\(name)")
    }
    try expect("base", [2, 3, 4], base)
    try expect("tied", [2, 3, 4], base)
    try expect("permuted", [4, 2, 3], (0..<4).flatMap { k in (0..<6).map { base[$0 * 4 + k] } })
    try expect("window", [2, 2], [16, 18, 20, 22])
    try expect("last", [], [23])
    try expect("expanded", [3, 2], Array(repeating: 5, count: 6))
    try expect("empty", [0, 3], [])
    try expect("channels last", [1, 2, 3, 4], base)
    try expect("f16", [3], [1, -65504, 0x1p-24])
    try expect("bf16", [2], [1, -3.140625])
    #expect(try values(content, "f64").array(of: Double.self) == [0.1])
    #expect(try values(content, "i32").array(of: Int32.self) == [-7])
    #expect(try values(content, "i16").array(of: Int32.self) == [-32768, 5])
    #expect(try values(content, "i8").array(of: Int32.self) == [-128, 127])
    #expect(try values(content, "u8").array(of: UInt8.self) == [0, 255])
    #expect(try values(content, "bool").array(of: UInt8.self) == [1, 0])
  }

  @Test func readsATensorAlone() throws {
    let content = try PyTorchFile.read(fileFixture("tensor.pth"))
    #expect(content.tensors.map(\.name) == [""] && content.skipped.isEmpty)
    #expect(content.tensors[0].value.shape == [1, 2] && content.tensors[0].value.array(of: Float.self) == [1, 2])
  }

  /// What checkpoints have beside their weights is left out, and listed with what it is; tensors with attributes, and in dicts of other
  /// kinds, are read.
  @Test func passesObjectsOver() throws {
    let content = try PyTorchFile.read(fileFixture("objects.pth"))
    let floats = content.tensors.map { "\($0.name) \($0.value.array(of: Float.self))" }
    #expect(floats == ["parameter [1.0, 2.0]", "tensor [3.0]", "attributes.weight [4.0]", "nested.a.b [5.0]"])
    #expect(
      content.skipped == [
        "epoch (numpy._core.multiarray.scalar)", "array (numpy._core.multiarray._reconstruct)",
        "args (argparse.Namespace)", "path (pathlib.PurePosixPath)", "time (datetime.datetime)",
        "color (__main__.Color)",
        "set (__builtin__.set)", "counter (collections.Counter)", "deque (collections.deque)", "device (torch.device)",
        "dtype", "function (__builtin__.getattr)", "bytes (_codecs.encode)", "slice (__builtin__.slice)",
        "complex (__builtin__.complex)",
        "generator", "sparse (torch._utils._rebuild_sparse_tensor)", "quantized (torch._utils._rebuild_qtensor)",
        "complex64 (tensor of torch.ComplexFloatStorage)", "float8 (tensor of torch.float8_e4m3fn)",
        "uint16 (tensor of torch.uint16)", "optimizer",
      ])
  }

  /// A whole model has the names of its state dict; its class is not looked for.
  @Test func readsWholeModels() throws {
    let content = try PyTorchFile.read(fileFixture("module.pth"))
    #expect(
      content.tensors.map(\.name) == [
        "model.module.0.weight", "model.module.2.weight", "model.module.2.bias", "model.module.2.running_mean",
        "model.module.2.running_var", "model.module.2.num_batches_tracked",
      ])
    #expect(
      try values(content, "model.module.0.weight").array(of: Float.self) == [1, 2] && content.skipped == ["epoch"])
    let model = Sequential {
      Linear(2, 1, bias: false)
      ReLU()
      BatchNorm(1)
    }
    let receipt = try model.load(WeightsFile.read(fileFixture("module.pth")))
    #expect(receipt.prefix == "model.module" && receipt.isComplete && receipt.matched.count == 5)
  }

  /// Where the storages were does not matter.
  @Test(arguments: ["gpu.pth", "gpu-legacy.pth"]) func readsTensorsOfAGPU(name: String) throws {
    let bytes = try File.contents(of: fileFixture(name))
    #expect(String(decoding: bytes, as: UTF8.self).contains("cuda:0"))
    #expect(try values(PyTorchFile.decode(bytes, file: name), "w").array(of: Float.self) == [1, 2])
  }

  /// Widened halves, and what else changed its type.
  @Test func tellsWhatItConverted() throws {
    let content = try PyTorchFile.read(fileFixture("views.pth"))
    #expect(content.convertedTypes == ["f16": "F16", "bf16": "BF16", "i16": "I16", "i8": "I8", "bool": "BOOL"])
    let numpy = try WeightsFile.read(fileFixture("stored.npz")).convertedTypes
    #expect(numpy["f2"] == "F16" && numpy["f2-big"] == "F16" && numpy["f4"] == nil && numpy["i8"] == "I64")
  }

  /// What other versions of PyTorch and Python write for the same things.
  @Test func readsOtherSpellings() throws {
    let pair = Array("](".utf8) + text("w") + tensor() + Array("e".utf8)
    let list = Array("]".utf8) + pair + Array("a".utf8)
    let ordered = try read(call(name("collections", "OrderedDict"), list + [0x85]))
    #expect(ordered.tensors.map(\.name) == ["w"] && ordered.tensors[0].value.array(of: Float.self) == [1, 2, 3, 4])
    let parameter = call(name("torch.nn.parameter", "Parameter"), tuple(tensor([2], strides: [2], offset: 1)))
    let content = try read(dict(text("p"), parameter, integer(-7), none, none, integer(1)))
    #expect(content.tensors.map(\.name) == ["p"] && content.skipped == ["-7", "None"])
    #expect(content.tensors[0].value.array(of: Float.self) == [2, 4])
  }

  /// A name is a text and a call an object that does nothing: whatever makes objects in Python leaves no trace here.
  @Test func runsNothing() throws {
    let folder = try TemporaryFolder()
    let command = tuple(text("touch \(folder.path)/harm"))
    let calls: [(pickle: [UInt8], title: String)] = [
      (call(name("os", "system"), command), "os.system"), (call(name("builtins", "eval"), command), "builtins.eval"),
      (text("os") + text("system") + [0x93] + command + Array("R".utf8), "os.system"),
      (name("a", "B") + tuple() + [0x81], "a.B"), (name("a", "B") + tuple() + dict() + [0x92], "a.B"),
      (Array("(ios\nsystem\n".utf8), "os.system"),
      (Array("(".utf8) + name("os", "system") + text("x") + Array("o".utf8), "os.system"),
      (call(name("copyreg", "_reconstructor"), tuple(name("a", "B"), none, none)), "a.B"),
      (call(call(name("operator", "attrgetter"), command), command), "operator.attrgetter"),
    ]
    for (pickle, title) in calls {
      let content = try read(dict(text("w"), tensor(), text("x"), pickle))
      #expect(content.tensors.map(\.name) == ["w"] && content.skipped == ["x (\(title))"], "\(title)")
      expectRefusal(pickle, "a Python object of \(title)", "torch.save(model.state_dict(), FILE)")
    }
    #expect(try folder.names() == [])
    // A name alone, and one that would move a terminal's cursor.
    #expect(try read(dict(text("w"), tensor(), text("f"), name("torch", "load"))).skipped == ["f"])
    expectRefusal(name("os", "system"), "the Python name \"os.system\", expected a tensor")
    expectRefusal(name("a", "B\u{1B}[2J"), #""a.B\u001b[2J""#)
    expectRefusal(name("a", String(repeating: "b", count: 1000)), "a Python name of 1001 bytes")
  }

  @Test func refusesKnownNamesForWhatTheyAreNot() {
    let command = tuple(text("echo"))
    expectRefusal(call(name("collections", "OrderedDict"), tuple(integer(1))), "a call of collections.OrderedDict")
    expectRefusal(call(name("collections", "OrderedDict"), tuple(Array("]Na".utf8))), "None in a list of pairs")
    expectRefusal(call(name("torch", "Size"), tuple(none)), "a call of torch.Size with 1 values")
    expectRefusal(call(name("torch.nn.parameter", "Parameter"), tuple(none)), "a call of torch.nn.parameter.Parameter")
    expectRefusal(call(text("os.system"), command), "a call of the text \"os.system\"")
    expectRefusal(call(name("torch._utils", "_rebuild_tensor_v2"), tuple(none)), "no description of a tensor")
  }

  @Test func refusesBadPickles() throws {
    expectRefusal([], "0 values on the stack")
    expectRefusal(none + none, "1 values left")
    expectRefusal(none + Array(".N".utf8), "bytes left at its end")
    expectRefusal(none, "None, expected a tensor or a dict")
    expectRefusal(integer(3), "the integer 3, expected a tensor")
    expectRefusal([0x80, 9], "version 9 of pickle")
    expectRefusal([0xFE], "opcode 0xfe")
    expectRefusal(Array("h".utf8) + [3], "number 3 of the memo")
    expectRefusal(Array("t".utf8), "no mark")
    expectRefusal(Array("(0".utf8), "0 values on the stack, expected 1")
    expectRefusal(Array("(q".utf8) + [0], "an empty stack")
    expectRefusal(Array("Na".utf8), "an empty stack")
    expectRefusal(Array("NNa".utf8), "items for None")
    expectRefusal(Array("}(Nu".utf8), "1 keys and values, expected pairs")
    expectRefusal(Array("](NNu".utf8), "keys and values for a list")
    expectRefusal(Array("]Nb".utf8), "attributes for a list")
    expectRefusal([0x85], "0 values on the stack")
    expectRefusal(Array("N(".utf8) + [0x90], "items for None, expected a set")
    expectRefusal(Array("(o".utf8), "no class for an object")
    expectRefusal(Array("gx\n".utf8), "\"x\" as a place in the memo")
    expectRefusal(Array("NQ".utf8), "no description of a storage")
    expectRefusal([0x93], "0 values on the stack, expected 2")
    expectRefusal(none + none + [0x93], "a global named by None and None")
    expectRefusal([0x8C, 2, 0xC3, 0x28], "a text that is not UTF-8, expected a tensor")
    expectRefusal([0x8C, 200, 1], "the pickle's end")
    expectRefusal([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x80], "a length of 9223372036854775808")
    expectRefusal([0x8D, 0, 0, 0, 0, 0, 0, 0, 0x40], "the pickle's end")
    expectRefusal([0x95, 0, 0, 0, 0, 0, 0, 0, 0x40], "a frame beyond")
    expectRefusal(Array("cos".utf8), "the pickle's end")
    expectRefusal(Array(repeating: UInt8(ascii: "N"), count: 1 << 24), "more than 16777216 opcodes")
  }

  @Test func refusesBadTensors() {
    func expect(_ tensor: [UInt8], _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
      expectRefusal(dict(text("w"), tensor), "tensor \"w\": ", words, sourceLocation: sourceLocation)
    }
    expect(tensor(in: storage("1")), "no storage \"1\"")
    expect(tensor(in: storage("../0")), "no storage \"../0\"")
    expect(tensor(in: storage(count: 3)), "a storage of 16 bytes, expected 3 elements of F32")
    expect(tensor(in: storage(type: "DoubleStorage")), "4 elements of F64, 8 bytes each")
    expect(tensor(in: storage(count: .max)), "9223372036854775807 elements")
    expect(tensor([5]), "shape [5] with strides [1] from element 0 on, expected elements within its storage of 4")
    expect(tensor(offset: 1), "from element 1 on")
    expect(tensor(offset: -1), "an offset of -1")
    expect(tensor(offset: .max), "elements within its storage")
    expect(tensor([2], strides: [.max]), "elements within its storage")
    expect(tensor([3], strides: [.max]), "elements within its storage")
    expect(tensor([2], strides: [-1], offset: 1), "strides [-1]")
    expect(tensor([-1]), "an axis of size -1")
    expect(tensor([1 << 40]), "an axis of size 1099511627776")
    expect(tensor([1 << 30, 1 << 30, 1 << 30], strides: [0, 0, 0]), "more than 2^63 bytes")
    expect(tensor([0, 1 << 30, 1 << 30, 1 << 30], strides: [0, 0, 0, 0]), "more than 2^63 bytes")
    expect(
      tensor([1 << 24, 2], strides: [0, 0]), "134217728 bytes in all tensors up to it, expected at most 16777216")
    expect(tensor([2, 2]), "1 strides for shape [2, 2]")
    expect(tensor(Array(repeating: 1, count: 9), strides: Array(repeating: 1, count: 9)), "9 axes")
  }

  @Test func stridesOfSingleElementsDoNotMatter() throws {
    let content = try read(tensor([1, 2, 1], strides: [.max, 1, .max], offset: 1))
    #expect(content.tensors[0].value.shape == [1, 2, 1] && content.tensors[0].value.array(of: Float.self) == [2, 3])
  }

  /// Offsets of tensors without elements are never used.
  @Test func offsetsOfNothingDoNotMatter() throws {
    #expect(try read(tensor([0], offset: .max)).tensors[0].value.shape == [0])
  }

  @Test func refusesNamesThatCollide() {
    expectRefusal(dict(text("a.b"), tensor(), text("a"), dict(text("b"), tensor())), "tensor \"a.b\": a duplicate name")
    expectRefusal(dict(text("0"), tensor(), integer(0), tensor()), "tensor \"0\": a duplicate name")
  }

  /// Far more numbers than steps of the walk are allowed.
  @Test func aLongHistoryIsSkippedAsOneThing() throws {
    // EMPTY_LIST, MARK, NONE…, APPENDS.
    let history: [UInt8] = [0x5D, 0x28] + Array(repeating: 0x4E, count: 1_200_000) + [0x65]
    let content = try read(dict(text("w"), tensor(), text("losses"), history))
    #expect(content.tensors.map(\.name) == ["w"] && content.skipped == ["losses"])
  }

  @Test func refusesNestingWithoutEnd() {
    let ending = "containers in containers without an end in sight"
    expectRefusal(tensor() + Array(repeating: 0x85, count: 1_000_000), ending, "at most 64 levels")
    // A dict that holds itself, and thirty that each hold the one before ten times.
    expectRefusal(Array("}q".utf8) + [0] + text("d") + Array("h".utf8) + [0] + Array("s".utf8), ending)
    var laughs = Array("N".utf8)
    for _ in 0..<30 {
      laughs = laughs + Array("q".utf8) + [0] + Array("0(".utf8)
      for _ in 0..<10 { laughs += Array("h".utf8) + [0] }
      laughs += Array("t".utf8)
    }
    expectRefusal(laughs, ending, "1048576 items")
    expectRefusal(Array(repeating: UInt8(ascii: "("), count: 1_000_000), "0 values on the stack")
    // A module with much in its attributes, met again and again.
    let parts = ["_parameters", "_buffers", "_modules"].map { text($0) + dict() }.joined()
    let junk = (0..<10_000).flatMap { _ in Array("NN".utf8) }
    let module = name("a", "Module") + tuple() + [0x81] + dict(Array(parts), junk) + Array("bq".utf8) + [0]
    expectRefusal(
      Array("](".utf8) + module + (0..<1000).flatMap { _ in Array("h".utf8) + [0] } + Array("e".utf8), ending)
    // A list of pairs for one dict after the other, a tuple of many sizes for one tensor after the other.
    var pairs = Array("](".utf8) + (0..<1000).flatMap { _ in Array("NN".utf8) + [0x86] } + Array("eq".utf8) + [0]
    for _ in 0..<10 { pairs += name("collections", "OrderedDict") + Array("h".utf8) + [0, 0x85] + Array("R".utf8) }
    expectRefusal(pairs, "4000 pairs for dicts")
    let ones = Array(repeating: 1, count: 65)
    expectRefusal(tensor(ones, strides: ones), "no description of a tensor")
  }

  @Test func refusesOtherFiles() throws {
    let pickle = Array("}.".utf8)
    #expect(
      try PyTorchFile.decode(zip([("m/data.pkl", pickle), ("m/byteorder", Array("little".utf8))]), file: "x").tensors
        .isEmpty)
    expectError("x.pth", "entry \"m/byteorder\"", "\"big\", expected \"little\"") {
      _ = try PyTorchFile.decode(
        zip([("m/data.pkl", pickle), ("m/byteorder", Array("big".utf8))]), file: "x.pth")
    }
    expectError("x.pth", "a TorchScript program", "torch.save(model.state_dict(), FILE)") {
      _ = try PyTorchFile.decode(zip([("m/data.pkl", pickle), ("m/constants.pkl", pickle)]), file: "x.pth")
    }
    expectError("stored.npz", "0 entries NAME/data.pkl in a ZIP file") {
      _ = try PyTorchFile.read(fileFixture("stored.npz"))
    }
    expectError("x.pth", "2 entries NAME/data.pkl") {
      _ = try PyTorchFile.decode(zip([("a/data.pkl", pickle), ("b/data.pkl", pickle)]), file: "x.pth")
    }
    #expect(
      try PyTorchFile.read(fileFixture("large-integer.pth")).skipped == ["n (int64 beyond the range of int32)"])
    expectError("matrix.npy", "a numpy array") { _ = try PyTorchFile.read(fileFixture("matrix.npy")) }
  }

  @Test func damageIsAnErrorOrChangesNothing() throws {
    let bytes = try File.contents(of: fileFixture("views.pth"))
    let whole = try PyTorchFile.decode(bytes, file: "views.pth").tensors
    expectNoTruncation(of: bytes) { _ = try PyTorchFile.decode($0, file: "damaged") }
    let errors = expectNoCrash(flipping: bytes) { damaged in
      let found = try PyTorchFile.decode(damaged, file: "damaged").tensors
      #expect(areSame(found, whole))
    }
    #expect(errors > bytes.count * 2 / 3)
  }

  /// The same with checksums that are right, so that the damage reaches the pickle.
  @Test(arguments: ["views.pth", "checkpoint.pth", "checkpoint-protocol4.pth"])
  func damageInThePickleIsNoCrash(name: String) throws {
    let archive = try ZipArchive(try File.contents(of: fileFixture(name)), file: name)
    var entries = try archive.entries.map { ($0.name, Array(try archive.contents(of: $0, limit: 0))) }
    let place = try #require(entries.firstIndex { $0.0.hasSuffix("/data.pkl") })
    let pickle = entries[place].1
    func decode(_ pickle: [UInt8]) throws {
      entries[place].1 = pickle
      _ = try PyTorchFile.decode(zip(entries), file: "damaged")
    }
    try decode(pickle)
    expectNoTruncation(of: pickle, decode)
    #expect(expectNoCrash(flipping: pickle, decode) > pickle.count * 2 / 3)
  }
}
