import Apus
import Testing

// Pieces of such a file.

private let magic: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
private let version: [UInt8] = [0x80, 2] + Array("M".utf8) + [0xE9, 3] + Array(".".utf8)

/// As Python 2 wrote texts.
private func text(_ value: String) -> [UInt8] { Array("U".utf8) + [UInt8(value.utf8.count)] + Array(value.utf8) }
private func number(_ value: Int) -> [UInt8] {
  Array("J".utf8) + withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) }
}
private func name(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }
private func tuple(_ items: [UInt8]...) -> [UInt8] { Array("(".utf8) + items.flatMap { $0 } + Array("t".utf8) }
private func pickle(_ value: [UInt8]) -> [UInt8] { [0x80, 2] + value + Array(".".utf8) }

private func storage(
  _ key: String, type: (String, String) = ("torch", "FloatStorage"), count: Int = 4, view: [UInt8] = Array("N".utf8)
) -> [UInt8] {
  tuple(text("storage"), name(type.0, type.1), text(key), text("cuda:0"), number(count), view) + Array("Q".utf8)
}

/// As PyTorch before 0.4 described one.
private func tensor(_ shape: Int, in storage: [UInt8], offset: Int = 0) -> [UInt8] {
  name("torch._utils", "_rebuild_tensor")
    + tuple(storage, number(offset), tuple(number(shape)), tuple(number(1))) + Array("R".utf8)
}

/// A file with one tensor "w", its keys and what follows them.
private func file(
  _ tensor: [UInt8], keys: [String] = ["a"], littleEndian: UInt8 = 0x88, rest: [UInt8] = numbers([1, 2, 3, 4])
) -> [UInt8] {
  let machine = pickle(Array("}".utf8) + text("little_endian") + [littleEndian] + Array("s".utf8))
  let list = Array("](".utf8) + keys.flatMap(text) + Array("e".utf8)
  return magic + version + machine + pickle(Array("}".utf8) + text("w") + tensor + Array("s".utf8)) + pickle(list)
    + rest
}

private func numbers(_ values: [Float], claimed: Int? = nil) -> [UInt8] {
  withUnsafeBytes(of: Int64(claimed ?? values.count).littleEndian) { Array($0) }
    + values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
}

private func values(_ bytes: [UInt8]) throws -> [Float] {
  try #require(PyTorchFile.decode(bytes, file: "old.pth").tensors.first).value.array(of: Float.self)
}

@Suite struct LegacyPyTorchFileTests {
  @Test(arguments: ["state", "views", "checkpoint", "objects"]) func holdsWhatTheNewerFormatHolds(name: String) throws {
    let old = try PyTorchFile.read(fileFixture("\(name)-legacy.pth"))
    let new = try PyTorchFile.read(fileFixture("\(name).pth"))
    #expect(areSame(old.tensors, new.tensors) && !old.tensors.isEmpty)
    #expect(old.skipped == new.skipped && old.convertedTypes == new.convertedTypes)
  }

  /// Texts of Python 2, tensors on a GPU under the class names of that time, and one storage that is a view of another.
  @Test func readsTheFirstVersions() throws {
    #expect(try values(file(tensor(4, in: storage("a")))) == [1, 2, 3, 4])
    #expect(try values(file(tensor(2, in: storage("a", type: ("torch.cuda", "FloatStorage")), offset: 1))) == [2, 3])
    let view = tuple(text("b"), number(1), number(3))
    #expect(try values(file(tensor(2, in: storage("a", view: view), offset: 1))) == [3, 4])
    #expect(try values(file(tensor(3, in: storage("a", view: view)))) == [2, 3, 4])
  }

  /// Texts as lines, of protocols 0 and 1.
  @Test func readsTextualOpcodes() throws {
    let old = "(dp0\nVw\np1\nI01\nsS'x'\nL5L\nsVy\nF0.5\nsVz\n(lp2\ng1\na(I1\nI2\ntas"
    let content = try PyTorchFile.decode(
      magic + version + pickle(Array("}".utf8) + text("little_endian") + [0x88] + Array("s".utf8))
        + pickle(Array(old.utf8)) + pickle(Array("]".utf8)), file: "x")
    #expect(content.tensors.isEmpty && content.skipped == ["w", "x", "y", "z"])
  }

  @Test func refusesWhatIsNotAsItShouldBe() {
    func expect(_ bytes: [UInt8], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation) {
      do {
        _ = try PyTorchFile.decode(bytes, file: "old.pth")
        Issue.record("accepted", sourceLocation: sourceLocation)
      } catch {
        for word in ["old.pth: "] + words {
          #expect("\(error)".contains(word), "\(word) is missing in: \(error)", sourceLocation: sourceLocation)
        }
      }
    }
    let good = tensor(4, in: storage("a"))
    expect(magic, "version", "the file is truncated")
    expect(magic + pickle(number(1002)), "version: another one, expected 1001")
    expect(file(good, littleEndian: 0x89), "machine: numbers that are not little-endian")
    expect(file(good, keys: ["b"]), "storage \"b\": no description in the pickle")
    expect(file(good, keys: []), "24 bytes after its 0 storages")
    expect(file(good, keys: [], rest: []), "tensor \"w\": no storage \"a\"")
    expect(file(good, keys: ["a", "a"], rest: numbers([1, 2, 3, 4]) + numbers([1, 2, 3, 4])), "a duplicate key")
    expect(file(good, rest: numbers([1, 2, 3, 4], claimed: 5)), "storage \"a\": 5 elements, expected 4")
    expect(file(good, rest: numbers([1, 2, 3, 4]) + [0]), "1 bytes after its 1 storages")
    expect(file(good, rest: []), "storage \"a\": the end of the file in it: the file is truncated")
    expect(file(good, rest: Array(numbers([1, 2, 3, 4]).dropLast())), "the file is truncated")
    expect(file(tensor(5, in: storage("a"))), "elements within its storage of 4")
    let view = { (offset: Int, count: Int) in tuple(text("b"), number(offset), number(count)) }
    expect(file(tensor(3, in: storage("a", view: view(1, 2)))), "elements within its storage of 2")
    for (offset, count) in [(1, 4), (-1, 2), (5, 0), (0, -1)] {
      expect(file(tensor(1, in: storage("a", view: view(offset, count)))), "no view of a storage of 4")
    }
    expect(file(tensor(4, in: storage("a", type: ("torch", "NewStorage")))), "elements of \"torch.NewStorage\"")
    expect(file(tensor(4, in: storage("a", count: -1))), "no description of a storage")
  }

  /// Texts are given once and recalled by two bytes: what is made of them must not cost their length each time.
  @Test func longTextsDoNotMultiply() {
    func long(_ count: Int) -> [UInt8] {
      Array("X".utf8) + withUnsafeBytes(of: Int32(count).littleEndian) { Array($0) }
        + [UInt8](repeating: 107, count: count)
    }
    let key = tuple(
      text("storage"), name("torch", "FloatStorage"), long(1001), text("cpu"), number(4), Array("N".utf8))
    expectError("a storage's key of 1001 bytes, expected at most 1000") {
      _ = try PyTorchFile.decode(file(tensor(4, in: key + Array("Q".utf8))), file: "old.pth")
    }
    let remembered = long(500) + Array("q".utf8) + [0] + Array("0".utf8)
    // BINGET 0 twice, STACK_GLOBAL, POP.
    let made = [UInt8](repeatElement([0x68, 0, 0x68, 0, 0x93, 0x30] as [UInt8], count: 20_000).joined())
    expectError("names of 16778000 bytes together, expected at most 16777216") {
      _ = try PyTorchFile.decode(file(remembered + made + tensor(4, in: storage("a"))), file: "old.pth")
    }
  }

  @Test(arguments: ["state-legacy.pth", "objects-legacy.pth"]) func damageIsNoCrash(name: String) throws {
    let bytes = try File.contents(of: fileFixture(name))
    expectNoTruncation(of: bytes) { _ = try PyTorchFile.decode($0, file: "damaged") }
    let errors = expectNoCrash(flipping: bytes) { _ = try PyTorchFile.decode($0, file: "damaged") }
    #expect(errors > bytes.count / 3)
  }
}
