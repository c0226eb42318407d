import Apus
import Testing

/// An npy file of version 1.0 with the given header.
private func file(_ header: String, _ data: [UInt8] = []) -> [UInt8] {
  let text = Array((header + "\n").utf8)
  return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text + data
}

private func expectRefusal(
  _ words: String..., header: String, data: [UInt8] = [], sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try Npy.decode(file(header, data), file: "x.npy")
    Issue.record("accepted: \(header)", sourceLocation: sourceLocation)
  } catch {
    for word in ["x.npy: "] + words {
      #expect("\(error)".contains(word), "\(word) is missing in: \(error)", sourceLocation: sourceLocation)
    }
  }
}

@Suite struct NpyTests {
  private let tensors: [Tensor] = [
    Tensor([1.5 as Float, -2, .infinity, 0, -0.0, 0x1p-140], shape: [2, 3]),
    Tensor([Double.pi], shape: []),
    Tensor([-1 as Int32, .max, .min], shape: [3]),
    Tensor([1 as UInt8, 255, 0], shape: [3, 1]),
    Tensor([Float](), shape: [0, 4]),
  ]

  @Test func readsWhatItWrote() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.npy")
    for tensor in tensors {
      try Npy.write(tensor, to: path)
      expectSameBits(try Npy.read(path), tensor)
      #expect(try Npy.encode(tensor) == File.contents(of: path))
    }
  }

  @Test func writesTheBytesThatNumpyWrites() throws {
    let matrix = Tensor((0..<12).map { Float($0) }, shape: [3, 4])
    #expect(try Npy.encode(matrix) == File.contents(of: fileFixture("matrix.npy")))
    // make-file-fixtures.py checks what numpy reads in this one.
    #expect(try Npy.encode(tensors[0]) == File.contents(of: fileFixture("apus.npy")))
  }

  @Test func readsEveryVersion() throws {
    let matrix = try Npy.read(fileFixture("matrix.npy"))
    #expect(matrix.shape == [3, 4] && matrix.array(of: Float.self) == (0..<12).map { Float($0) })
    expectSameBits(try Npy.read(fileFixture("version2.npy")), matrix)
    var bytes = try File.contents(of: fileFixture("version2.npy"))
    bytes[6] = 3
    expectSameBits(try Npy.decode(bytes, file: "x.npy"), matrix)
  }

  @Test func acceptsWhatTheFormatAllows() throws {
    let read = try Npy.decode(
      file(#"{ "shape":(1,  2 ,), 'descr':"|i1" ,"fortran_order": True}   "#, [0xFF, 2]), file: "x.npy")
    #expect(read.shape == [1, 2] && read.array(of: Int32.self) == [-1, 2])
    let scalar = try Npy.decode(file("{'descr': '>u1', 'fortran_order': False, 'shape': ()}", [9]), file: "x.npy")
    #expect(scalar.shape == [] && scalar.array(of: UInt8.self) == [9])
  }

  @Test(arguments: [
    ("", "a dict", "the end of the text at byte 11"),
    ("[]", "'['", "a dict"),
    ("{}", "header: ", "descr, fortran_order and shape in the dict"),
    ("{'descr': '<f4', 'shape': (2,)}", "descr, fortran_order and shape", "header: "),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "the key \"x\"", "each once"),
    ("{'descr': '<f4', 'descr': '<f4'}", "the key \"descr\"", "each once"),
    ("{'descr' '<f4'}", "a colon after the key", "at byte 19"),
    ("{'descr': '<f4' 'shape': (2,)}", "a comma or }", "header: "),
    ("{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "True or False", "'0'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': [2]}", "a tuple of sizes", "'['"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': 2}", "a tuple of sizes", "'2'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", "a comma after a tuple's only element", "')'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2L,)}", "a comma after", "'L'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (02,)}", "a tuple of sizes", "header: "),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2.0,)}", "'.'", "header: "),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "an axis of size -2", "at least 0"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648,)}", "an axis of size 2147483648", "at most"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "above 2^63", "header: "),
    (
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647)}", "more than 2^63 bytes",
      "[2147483647, "
    ),
    (
      "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 2147483647, 2147483647, 2147483647)}",
      "more than 2^63 bytes", "[0, "
    ),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "9 axes", "at most 8"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "spaces and a line's end", "'x'"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n", "spaces and a line's end", "header: "),
    ("{'descr': 'f4', 'fortran_order': False, 'shape': (2,)}", "dtype \"f4\"", "f8 f4 f2"),
    ("{'descr': '|f4', 'fortran_order': False, 'shape': (2,)}", "dtype \"|f4\"", "if it is one byte"),
    ("{'descr': '=f4', 'fortran_order': False, 'shape': (2,)}", "dtype \"=f4\"", "after < or >"),
    ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "dtype \"<c8\"", "one of"),
    ("{'descr': '', 'fortran_order': False, 'shape': (1,)}", "dtype \"\"", "one of"),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "it holds pickled objects", "numbers"),
    ("{'descr': '<f\\u0034', 'fortran_order': False, 'shape': (1,)}", "printable ASCII", "header: "),
    ("{'descr': '<f4", "printable ASCII in a string", "byte 0xa"),
  ])
  func refusesABadHeader(header: String, word: String, second: String) {
    expectRefusal(word, second, header: header, data: [UInt8](repeating: 0, count: 8))
  }

  @Test func refusesWhatHoldsNoNumbers() throws {
    expectError("objects.npy", "holds pickled objects", "numbers") { _ = try Npy.read(fileFixture("objects.npy")) }
    expectError("structured.npy", "structured dtypes are not read") { _ = try Npy.read(fileFixture("structured.npy")) }
    expectError("none.npy", "cannot open") { _ = try Npy.read("/none.npy") }
    expectError("x", "no \\x93NUMPY at its start") { _ = try Npy.decode(Array("NUMPY not".utf8), file: "x") }
    expectError("x", "version 4.0") { _ = try Npy.decode([0x93] + Array("NUMPY".utf8) + [4, 0, 0, 0], file: "x") }
    expectError("x", "version 1.1") { _ = try Npy.decode([0x93] + Array("NUMPY".utf8) + [1, 1, 0, 0], file: "x") }
    expectError("x", "a header of 4294967295 bytes", "at most 10000") {
      _ = try Npy.decode([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255], file: "x")
    }
  }

  @Test func refusesTheWrongNumberOfBytes() {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
    expectRefusal("7 bytes of data", "8 for <f4 of shape [2]", header: header, data: [UInt8](repeating: 0, count: 7))
    expectRefusal("9 bytes of data", "8 for", header: header, data: [UInt8](repeating: 0, count: 9))
    // A bomb: nothing of that size is made.
    expectRefusal(
      "0 bytes of data", "8589934588", header: "{'descr': '<f4', 'fortran_order': True, 'shape': (2147483647, 1)}")
  }

  @Test func refusesLargeIntegers() {
    let header = "{'descr': '>i8', 'fortran_order': False, 'shape': (1,)}"
    expectRefusal(">i8 values outside the range of int32", header: header, data: [0, 0, 0, 0, 0x80, 0, 0, 0])
  }

  @Test func damageIsAnErrorOrOtherNumbers() throws {
    let bytes = try File.contents(of: fileFixture("matrix.npy"))
    expectNoTruncation(of: bytes) { _ = try Npy.decode($0, file: "damaged") }
    let errors = expectNoCrash(flipping: bytes) { damaged in
      let found = try Npy.decode(damaged, file: "damaged")
      #expect(found.elementCount <= 48)
    }
    // All but the 48 bytes of data and few of the text: '<' and '>', 'f' and 'i', False, sizes.
    #expect(errors > 2 * (bytes.count - 48) * 9 / 10)
  }
}
