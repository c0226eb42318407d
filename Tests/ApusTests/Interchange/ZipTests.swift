import Apus
import Testing

/// One entry "a" of three bytes: its record at 0, its data at 31, the index at 34, the end record at 81.
private func small() throws -> [UInt8] { try zip([("a", [1, 2, 3])]) }

private func read(_ bytes: [UInt8]) throws -> [(name: String, content: [UInt8])] {
  let archive = try ZipArchive(bytes, file: "x.zip")
  return try archive.entries.map { ($0.name, Array(try archive.contents(of: $0, limit: 1 << 20))) }
}

private func expectRefusal(
  _ bytes: [UInt8], _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    let contents = try read(bytes)
    Issue.record("accepted: \(contents)", sourceLocation: sourceLocation)
  } catch {
    for word in ["x.zip: "] + words {
      #expect("\(error)".contains(word), "\(word) is missing in: \(error)", sourceLocation: sourceLocation)
    }
  }
}

@Suite struct ZipTests {
  @Test func readsWhatItWrote() throws {
    let contents: [(name: String, content: [UInt8])] = [
      ("a", [1, 2, 3]), ("b/é", []), ("c", Array(repeating: 7, count: 1000)),
    ]
    // 0: every size and offset in the fields for large files; 500: some of them.
    for wideFrom in [0, 500, 1 << 30] {
      let found = try read(zip(contents, wideFrom: wideFrom))
      #expect(found.map(\.name) == contents.map(\.name) && found.map(\.content) == contents.map(\.content))
    }
    #expect(try read(zip([])).isEmpty)
    // More entries than 16 bits count.
    let many = (0..<65_536).map { (name: "\($0)", content: [UInt8]()) }
    #expect(try ZipArchive(zip(many), file: "many.zip").entries.map(\.name) == many.map(\.name))
  }

  @Test func readsDeflatedEntries() throws {
    let checksum = Array(try small()[14..<18])
    // A stored block of deflate: the last, 3 bytes, the length's complement.
    var bytes = try zip([("a", [1, 3, 0, 0xFC, 0xFF, 1, 2, 3])])
    let index = 30 + 1 + 8
    for (method, sum, size) in [(8, 14, 22), (index + 10, index + 16, index + 24)] {
      bytes[method] = 8
      bytes.replaceSubrange(sum..<sum + 4, with: checksum)
      bytes[size] = 3
    }
    #expect(try read(bytes)[0].content == [1, 2, 3])
    func damaged(_ changes: (Int, UInt8)...) -> [UInt8] {
      var result = bytes
      for (place, value) in changes { result[place] = value }
      return result
    }
    expectRefusal(damaged((22, 2), (index + 24, 2)), "entry \"a\"", "more than 2 bytes", "as the index says")
    expectRefusal(damaged((22, 4), (index + 24, 4)), "entry \"a\"", "decode to 3 bytes", "4 bytes, as the index says")
    expectRefusal(damaged((31, 0)), "end after 3 decoded bytes")
    expectRefusal(damaged((34, 0)), "corrupt deflated data")
    expectRefusal(damaged((32, 2), (34, 0xFD)), "1 bytes after the deflated data")
    expectRefusal(damaged((38, 4)), "data with the checksum")
    expectRefusal(damaged((24, 0x10), (index + 26, 0x10)), "8 bytes that decode to 1048579", "1032 times")
    let archive = try ZipArchive(bytes, file: "x.zip")
    expectError("x.zip", "entry \"a\"", "deflated data of 3 bytes", "at most 2") {
      _ = try archive.contents(of: archive.entries[0], limit: 2)
    }
  }

  /// Bytes of the small file that are changed, and words of the error.
  @Test(
    arguments: [
      ([(31, 9)], "entry \"a\": data with the checksum 0x"),
      ([(34, 9)], "index: the record of entry 0 cut off or without its signature"),
      ([(34 + 28, 2)], "index: the record of entry 0 cut off"),
      ([(34 + 28, 0), (26, 0), (34 + 30, 1)], "the name of entry 0 empty"),
      ([(34 + 46, 0xFF), (30, 0xFF)], "no UTF-8"),
      ([(34 + 46, 0), (30, 0)], "the name of entry 0 empty or no UTF-8"),
      ([(34 + 8, 1), (6, 1)], "flags 0x1, expected data without encryption"),
      ([(34 + 9, 0x20), (7, 0x20)], "flags 0x2000"),
      ([(34 + 10, 12), (8, 12)], "compression method 12"),
      ([(34 + 34, 1)], "data in part 1"),
      ([(34 + 20, 2), (18, 2)], "2 bytes that decode to 3, expected stored data"),
      ([(34 + 42, 1)], "no record at byte 1"),
      ([(34 + 45, 0x80)], "no record at byte 2147483648"),
      ([(30, 0x62)], "a record before the data that differs from the index"),
      ([(8, 8)], "differs from the index"),
      ([(14, 9)], "differs from the index"),
      ([(22, 9)], "differs from the index"),
      ([(28, 4)], "no record at byte 0"),
      ([(28, 1)], "2 bytes before the index, expected 3 of data"),
      ([(81 + 4, 1)], "one part of several"),
      ([(81 + 8, 0)], "one part of several"),
      ([(81 + 8, 2), (81 + 10, 2)], "2 entries in an index of 47 bytes"),
      ([(81 + 8, 0), (81 + 10, 0)], "47 bytes after its 0 records"),
      ([(81 + 12, 48)], "an index of 48 bytes at byte 34, expected one that ends at byte 81"),
      ([(81 + 16, 33)], "an index of 47 bytes at byte 33"),
      ([(81 + 19, 0xFF)], "expected one that ends at byte 81"),
      ([(81 + 20, 1)], "a comment of 1 bytes"),
      ([(81, 0)], "none in the 103 bytes"),
    ] as [([(Int, UInt8)], String)])
  func refusesAChange(changes: [(Int, UInt8)], words: String) throws {
    var bytes = try small()
    for (place, value) in changes { bytes[place] = value }
    expectRefusal(bytes, words)
  }

  @Test func refusesWhatTwoReadersCouldSeeDifferently() throws {
    // The name twice: the writer traps, so that it is changed afterwards.
    let pair = try zip([("a", [1]), ("b", [2])])
    expectRefusal(pair.map { $0 == UInt8(ascii: "b") ? UInt8(ascii: "a") : $0 }, "entry \"a\"", "a duplicate name")
    // The second record of the index points at the first entry: the same bytes for both.
    var shared = try zip([("a", [1]), ("a2", [1])])
    let second = 32 + 33 + 47
    #expect(shared[second..<second + 4] == [0x50, 0x4B, 1, 2])
    shared[second + 42] = 0
    expectRefusal(shared, "entry \"a2\"", "differs from the index")
    // An entry whose data are a whole other entry.
    let inner = Array(try small().prefix(34))
    var nested = try zip([("b", inner), ("a", [1, 2, 3])])
    let last = nested.count - 22 - 47
    #expect(nested[last + 46] == UInt8(ascii: "a"))
    nested[last + 42] = 31
    expectRefusal(nested, "entry \"a\"", "bytes from 31 on, inside entry \"b\"")
    // Anything after the end, or before the index.
    expectRefusal(try small() + [0], "end record")
    expectRefusal(try [0] + small(), "an index of 47 bytes at byte 34, expected one that ends at byte 82")
  }

  @Test func refusesBadRecordsOfLargeFiles() throws {
    let wide = try zip([("a", [1, 2, 3])], wideFrom: 0)
    let count = wide.count
    func changed(_ place: Int, _ value: UInt8) -> [UInt8] {
      var result = wide
      result[place] = value
      return result
    }
    #expect(try read(wide)[0].content == [1, 2, 3])
    let (locator, record) = (count - 42, count - 98)
    expectRefusal(changed(locator + 4, 1), "one part of several")
    expectRefusal(changed(locator + 8, 0), "a ZIP64 end record at byte")
    expectRefusal(changed(locator + 15, 0x80), "a ZIP64 end record at byte")
    expectRefusal(changed(record, 0), "no ZIP64 end record")
    expectRefusal(changed(record + 4, 45), "no ZIP64 end record")
    expectRefusal(changed(record + 24, 2), "no ZIP64 end record")
    expectRefusal(changed(record + 55, 0xFF), "expected one that ends at byte")
    expectRefusal(changed(count - 22 + 10, 1), "one part of several")
    expectRefusal(changed(count - 22 + 12, 0), "other values than in the ZIP64 end record")
    // The extra field of the index: tag, length, sizes, offset.
    let extra = record - 28
    expectRefusal(changed(extra, 2), "no record at byte 4294967295")
    expectRefusal(changed(extra + 2, 25), "an extra field that is cut off")
    expectRefusal(changed(extra + 11, 0x80), "a size of 9223372036854775811")
    expectRefusal(changed(extra + 27, 0x40), "no record at byte")
  }
}
