import Apus
import Testing

/// gzip data made with `printf 'hello, hello, hello' | gzip -n9`.
private let hello: [UInt8] = [
  0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xD7, 0x51, 0xC8, 0x40,
  0xA2,
  0x00, 0x9F, 0xA1, 0xCA, 0x09, 0x13, 0x00, 0x00, 0x00,
]
private let text = Array("hello, hello, hello".utf8)

@Suite struct GzipTests {
  @Test func decodes() throws {
    #expect(Gzip.isGzip(hello))
    #expect(!Gzip.isGzip(text))
    #expect(try Gzip.decode(hello, limit: 1000, file: "x.gz") == text)
  }

  @Test func joinsMembers() throws {
    #expect(try Gzip.decode(hello + hello, limit: 1000, file: "x.gz") == text + text)
  }

  /// As gunzip does: what fills the last block of a tape, or a member's.
  @Test func passesOverZerosAfterAMember() throws {
    for count in [1, 512, 100_000] {
      let zeros = [UInt8](repeating: 0, count: count)
      #expect(try Gzip.decode(hello + zeros, limit: 1000, file: "x.gz") == text)
      #expect(try Gzip.decode(hello + zeros + hello + zeros, limit: 1000, file: "x.gz") == text + text)
      #expect(try Gzip.decode(hello + zeros, limit: text.count, file: "x.gz") == text)
      expectError("x.gz", "corrupt gzip data after 19 decoded bytes") {
        _ = try Gzip.decode(hello + zeros + [1, 2, 3, 4], limit: 1000, file: "x.gz")
      }
    }
    expectError("x.gz", "gzip data") { _ = try Gzip.decode([0, 0, 0] + hello, limit: 1000, file: "x.gz") }
  }

  @Test func givesAPrefixOfDamagedDataBeforeTheDamage() throws {
    #expect(try Gzip.prefix(of: Array(hello.dropLast(9)), count: 5, file: "x.gz") == Array("hello".utf8))
    #expect(try Gzip.prefix(of: hello, count: 500, file: "x.gz") == text)
  }

  @Test func limitsTheDecodedSize() throws {
    #expect(try Gzip.decode(hello, limit: text.count, file: "x.gz") == text)
    expectError("x.gz", "more than 18 bytes") { _ = try Gzip.decode(hello, limit: 18, file: "x.gz") }
    expectError("x.gz", "more than 0 bytes") { _ = try Gzip.decode(hello, limit: 0, file: "x.gz") }
  }

  @Test func refusesEveryTruncation() {
    for count in 0..<hello.count {
      expectError("x.gz", "truncated gzip data") {
        _ = try Gzip.decode(Array(hello.prefix(count)), limit: 100, file: "x.gz")
      }
    }
  }

  @Test func refusesDamage() {
    // The last eight bytes are the checksum and the length.
    for index in [0, 2, 10, 12, hello.count - 8, hello.count - 1] {
      var damaged = hello
      damaged[index] ^= 0x55
      expectError("x.gz", "gzip data") { _ = try Gzip.decode(damaged, limit: 1 << 20, file: "x.gz") }
    }
    expectError("x.gz", "corrupt gzip data after 19 decoded bytes") {
      _ = try Gzip.decode(hello + [1, 2, 3, 4], limit: 100, file: "x.gz")
    }
  }
}
