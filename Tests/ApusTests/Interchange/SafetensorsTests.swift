import Apus
import Foundation
import Testing

/// A safetensors file with the given header and data.
private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
  withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8) + data
}

private func expectRefusal(
  _ words: String..., header: String, data: [UInt8] = [], sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try Safetensors.decode(file(header, data), file: "m.safetensors")
    Issue.record("accepted: \(header)", sourceLocation: sourceLocation)
  } catch {
    let text = "\(error)"
    for word in ["m.safetensors"] + words {
      #expect(text.contains(word), "\(word) is missing in: \(text)", sourceLocation: sourceLocation)
    }
    #expect(!text.contains("\n"), sourceLocation: sourceLocation)
  }
}

private let eight = [UInt8](repeating: 0, count: 8)

@Suite struct SafetensorsTests {
  private let tensors: [(name: String, value: Tensor)] = [
    ("b.weight", Tensor([1.5 as Float, -2, .infinity, 0, -0.0, 0x1p-140], shape: [2, 3])),
    ("double", Tensor([Double.pi], shape: [])),
    ("labels", Tensor([-1 as Int32, .max, .min], shape: [3])),
    ("a", Tensor([1 as UInt8, 255, 0], shape: [3, 1])),
    ("empty", Tensor([Float](), shape: [0, 4])),
    ("name \"in quotes\"\n\u{1}é", Tensor([4 as Float], shape: [1])),
  ]

  @Test func readsWhatItWrote() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("m.safetensors")
    try Safetensors.write(tensors, metadata: ["format": "pt", "run": "{\"a\": \"\\\\\"}"], to: path)
    let read = try Safetensors.read(path)
    #expect(read.metadata == ["format": "pt", "run": "{\"a\": \"\\\\\"}"])
    #expect(Set(read.order) == Set(tensors.map(\.name)) && read.order.count == tensors.count)
    for (name, value) in tensors {
      let found = try #require(read.tensors[name])
      #expect(found.shape == value.shape && found.scalarType == value.scalarType)
      #expect(found.withUnsafeBytes { Array($0) } == value.withUnsafeBytes { Array($0) })
    }
  }

  @Test func bytesDoNotDependOnTheOrderAndAreAligned() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (try folder.file("1"), try folder.file("2"))
    try Safetensors.write(tensors, metadata: ["x": "1", "y": "2", "z": "3"], to: one)
    try Safetensors.write(tensors.reversed(), metadata: ["z": "3", "y": "2", "x": "1"], to: two)
    let bytes = try File.contents(of: one)
    #expect(try bytes == File.contents(of: two))
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0 && bytes[8] == UInt8(ascii: "{"))
    #expect(try folder.names() == ["1", "2"])
  }

  /// The committed file is one that Python's safetensors reads: `make-safetensors.py apus.safetensors` shows it.
  @Test func writesTheBytesThatPythonReads() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("m.safetensors")
    try Safetensors.write(tensors, to: path)
    #expect(try File.contents(of: path) == File.contents(of: repositoryFile("Tests/Fixtures/apus.safetensors")))
  }

  @Test func readsWhatPythonWrote() throws {
    let read = try Safetensors.read(repositoryFile("Tests/Fixtures/python.safetensors"))
    #expect(read.metadata == ["made by": "safetensors"])
    #expect(read.tensors["f32"]?.shape == [2, 3])
    #expect(read.tensors["f32"]?.array(of: Float.self) == [0, 1, -2.5, 0x1p-140, .infinity, 3])
    #expect(read.tensors["f64"]?.array(of: Double.self) == [0.1])
    #expect(read.tensors["f16"]?.array(of: Float.self) == [1, -2, 65504, 0x1p-24, -.infinity, 0.0999755859375])
    #expect(read.tensors["bf16"]?.array(of: Float.self) == [1, -3.140625, 0x1p-133])
    #expect(read.tensors["i64"]?.array(of: Int32.self) == [-1, 2_147_483_647])
    #expect(read.tensors["i32"]?.array(of: Int32.self) == [-7])
    #expect(read.tensors["i16"]?.array(of: Int32.self) == [-32768, 5])
    #expect(read.tensors["i8"]?.array(of: Int32.self) == [-128, 127, 3])
    #expect(read.tensors["u8"]?.array(of: UInt8.self) == [0, 255, 3])
    #expect(read.tensors["bool"]?.array(of: UInt8.self) == [1, 0])
    #expect(read.tensors["empty"]?.shape == [0, 3])
    #expect(read.tensors["scalar"]?.shape == [])
    #expect(read.tensors.count == 12)
  }

  @Test func halfPrecisionIsExactForEveryBitPattern() throws {
    #if !(os(macOS) && arch(x86_64))
      let patterns = (0...UInt16.max).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
      let header = #"{"h":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}"#
      let values = try #require(
        try Safetensors.decode(file(header, patterns), file: "m").tensors["h"]?.array(of: Float.self))
      for (pattern, value) in values.enumerated() {
        let expected = Float(Float16(bitPattern: UInt16(pattern)))
        if value.bitPattern != expected.bitPattern && !(value.isNaN && expected.isNaN) {
          Issue.record("pattern \(pattern): \(value), expected \(expected)")
        }
      }
    #endif
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    // White space around everything, escapes, unaligned data, keys in any order, nothing at all.
    let header =
      #"{ "a" : {"shape" : [ 1 ] , "data_offsets":[1,5],"dtype":"F32"}, "\u0062\ud83d\ude00":{"dtype":"U8","shape":[],"data_offsets":[0,1]} }   "#
    let read = try Safetensors.decode(file(header, [9, 0, 0, 0x80, 0x3F]), file: "m")
    #expect(read.tensors["a"]?.array(of: Float.self) == [1])
    #expect(read.tensors["b😀"]?.array(of: UInt8.self) == [9])
    #expect(read.order == ["a", "b😀"])
    #expect(try Safetensors.decode(file("{}"), file: "m").tensors.isEmpty)
  }

  @Test func refusesBadLengths() {
    expectError("m.safetensors", "3 bytes", "8") { _ = try Safetensors.decode([1, 2, 3], file: "m.safetensors") }
    expectError("m.safetensors", "header", "a length of 100000001 bytes") {
      _ = try Safetensors.decode(file("{}", length: 100_000_001), file: "m.safetensors")
    }
    expectError("m.safetensors", "a length of 18446744073709551615 bytes") {
      _ = try Safetensors.decode(file("{}", length: .max), file: "m.safetensors")
    }
    expectError("m.safetensors", "a truncated file of 10 bytes", "at least 11") {
      _ = try Safetensors.decode(file("{}", length: 3), file: "m.safetensors")
    }
  }

  @Test func refusesBadText() {
    expectRefusal("header", "no { at its start", header: "")
    expectRefusal("header", "no { at its start", header: " {}")
    expectRefusal("byte 9", "the end of the text", header: "{")
    expectRefusal("nothing after the object", header: "{}x")
    expectRefusal("a key in quotes", header: "{a:1}")
    expectRefusal(#"a colon after the key "a""#, header: #"{"a" 1}"#)
    expectRefusal(#"after the key "a\n""#, header: #"{"a\n" 1}"#)
    expectRefusal("an object of tensor \"a\"", header: #"{"a":[]}"#)
    expectRefusal(#"the key "a" twice"#, header: #"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{}}"#)
    expectRefusal(#"the key "dtype" twice"#, header: #"{"a":{"dtype":"F32","dtype":"F32"}}"#)
    expectRefusal(#"the key "x" twice"#, header: #"{"__metadata__":{"x":"1","x":"1"}}"#)
    expectRefusal("a string", header: #"{"__metadata__":{"x":1}}"#)
    expectRefusal("the end of the text in a string", header: #"{"a"#)
    expectRefusal("a control character", header: "{\"a\n\":1}")
    expectRefusal("a backslash", header: #"{"\x":1}"#)
    expectRefusal("hexadecimal", header: #"{"\u00g0":1}"#)
    expectRefusal("surrogate", header: #"{"\ud800 x":1}"#)
    expectRefusal("surrogate", header: #"{"\ud800A":1}"#)
    expectRefusal("surrogate", header: #"{"\udc00":1}"#)
    expectRefusal("a comma or the end", header: #"{"__metadata__":{} "a""#)
  }

  @Test func refusesTextThatIsNotUTF8() {
    let header = Array(#"{""#.utf8) + [0xC3, 0x28] + Array(#"":{}}"#.utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    expectError("m.safetensors", "not UTF-8") { _ = try Safetensors.decode(length + header, file: "m.safetensors") }
  }

  @Test(arguments: [
    (#"{}"#, "no dtype"),
    (#"{"dtype":"F32"}"#, "no shape"),
    (#"{"dtype":"F32","shape":[1]}"#, "no data_offsets"),
    (#"{"dtype":"F32","shape":[1],"data_offsets":[0,8],"extra":1}"#, "extra"),
    (#"{"dtype":"F8_E5M2","shape":[8],"data_offsets":[0,8]}"#, "F8_E5M2"),
    (#"{"dtype":"f32","shape":[2],"data_offsets":[0,8]}"#, "f32"),
    (#"{"dtype":7,"shape":[2],"data_offsets":[0,8]}"#, "a dtype in quotes"),
    (#"{"dtype":"F32","shape":2,"data_offsets":[0,8]}"#, "an array of sizes"),
    (#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#, "an array of sizes"),
    (#"{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}"#, "not an integer"),
    (#"{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}"#, "not an integer"),
    (#"{"dtype":"F32","shape":[02],"data_offsets":[0,8]}"#, "leading zero"),
    (#"{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}"#, "an array of sizes"),
    (#"{"dtype":"F32","shape":[2,],"data_offsets":[0,8]}"#, "an array of sizes"),
    (#"{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}"#, "above 2^63"),
    (#"{"dtype":"F32","shape":[2147483648],"data_offsets":[0,8]}"#, "an axis of size 2147483648"),
    (#"{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}"#, "more than 2^63 bytes"),
    (#"{"dtype":"F32","shape":[2,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}"#, "9 axes"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[0]}"#, "1 data_offsets"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#, "begin not after"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#, "beyond the file"),
    (#"{"dtype":"F32","shape":[2],"data_offsets":[0,4611686018427387904]}"#, "beyond the file"),
    (#"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#, "12 for F32 of shape [3]"),
    (#"{"dtype":"F64","shape":[],"data_offsets":[0,4]}"#, "8 for F64 of shape []"),
  ])
  func refusesABadTensor(entry: String, word: String) {
    expectRefusal("tensor \"conv.weight\"", word, header: #"{"conv.weight":\#(entry)}"#, data: eight)
  }

  @Test func refusesOverlapsHolesAndRests() {
    let a = #""a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#
    expectRefusal(
      "tensor \"b\"", "inside another", header: #"{\#(a),"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}}"#,
      data: eight)
    expectRefusal(
      "tensor \"b\"", "after a hole", header: #"{\#(a),"b":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}}"#,
      data: eight)
    expectRefusal("8 bytes of data", "4, where", header: "{\(a)}", data: eight)
    expectRefusal("8 bytes of data", "0, where", header: "{}", data: eight)
    // An empty tensor fits anywhere between others, not inside one.
    expectRefusal(
      "inside another", header: #"{\#(a),"e":{"dtype":"F32","shape":[0],"data_offsets":[2,2]}}"#, data: [0, 0, 0, 0])
  }

  @Test func refusesLargeIntegers() {
    let header = #"{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#
    expectRefusal("tensor \"n\"", "I64", header: header, data: [0, 0, 0, 0x80, 0, 0, 0, 0])
  }

  @Test func everyTruncationIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("m.safetensors")
    try Safetensors.write(tensors, to: path)
    let bytes = try File.contents(of: path)
    for count in 0..<bytes.count {
      expectError("m.safetensors") { _ = try Safetensors.decode(Array(bytes.prefix(count)), file: "m.safetensors") }
    }
  }

  @Test func trapsOnNamesThatCannotBeWritten() async {
    await #expect(processExitsWith: .failure) {
      let one = Tensor([1 as Float], shape: [1])
      try Safetensors.write([("a", one), ("a", one)], to: FileManager.default.temporaryDirectory.path + "/apus-twice")
    }
  }
}
