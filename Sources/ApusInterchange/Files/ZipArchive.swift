import ApusSupport

/// A strict reader of ZIP files (PKWARE's APPNOTE 6.3), ZIP64 included: stored and deflated entries in one unencrypted file.
///
/// Own code where libzip exists: npz and PyTorch's files need an index of 46-byte records and zlib, which is linked anyway, and the
/// library is to link without a further system package. It is also stricter: a name occurs once, entries do not overlap, nothing
/// follows the end record, and both records of an entry agree, so that no two readers see different contents.
package struct ZipArchive: Sendable {
  package struct Entry: Sendable {
    package let name: String
    package let isDeflated: Bool
    /// Bytes after decoding.
    package let size: Int
    let checksum: UInt32
    /// Where the bytes before decoding lie in the file.
    let data: Range<Int>

    /// The entry as errors name it.
    package var title: String { ZipArchive.title(name) }
  }

  /// In the order of the file's index.
  package let entries: [Entry]
  private let bytes: [UInt8]
  private let file: String

  /// Reads the index of the file that `bytes` are; `file` is named in errors.
  package init(_ bytes: [UInt8], file: String) throws(FileError) {
    let end = try ZipEnd(bytes, file: file)
    var reader = ByteReader(bytes[end.directory])
    var entries: [Entry] = []
    var names = Set<String>()
    var places: [Range<Int>] = []
    for number in 0..<end.entryCount {
      guard let record = try ZipRecord(&reader, number: number, file: file) else {
        throw FileError(
          file, part: "index", found: "the record of entry \(number) cut off or without its signature",
          expected: "\(end.entryCount) whole records in \(end.directory.count) bytes")
      }
      if !names.insert(record.name).inserted {
        throw FileError(
          file, part: ZipArchive.title(record.name), found: "a duplicate name", expected: "each name once")
      }
      let data = try record.locate(in: bytes, before: end.directory.lowerBound, file: file)
      places.append(record.offset..<data.upperBound)
      entries.append(
        Entry(
          name: record.name, isDeflated: record.isDeflated, size: record.size, checksum: record.checksum, data: data))
    }
    if reader.remaining > 0 {
      throw FileError(
        file, part: "index", found: "\(reader.remaining) bytes after its \(entries.count) records", expected: "none")
    }
    try ZipArchive.checkApart(places, entries, file)
    self.entries = entries
    self.bytes = bytes
    self.file = file
  }

  /// The decoded bytes of `entry`, its checksum compared. More than `limit` of them are an error, found before they are made.
  package func contents(of entry: Entry, limit: Int) throws(FileError) -> ArraySlice<UInt8> {
    var result = bytes[entry.data]
    if entry.isDeflated {
      if entry.size > limit {
        throw FileError(
          file, part: entry.title, found: "deflated data of \(entry.size) bytes", expected: "at most \(limit)")
      }
      let (decoded, problem) = Deflate.decode(result, size: entry.size)
      if let problem {
        throw FileError(
          file, part: entry.title, found: problem, expected: "\(entry.size) bytes, as the index says, and no more")
      }
      result = decoded[...]
    }
    let checksum = result.withUnsafeBytes { Deflate.checksum($0) }
    if checksum != entry.checksum {
      throw FileError(
        file, part: entry.title, found: "data with the checksum \(hexadecimal(checksum))",
        expected: "\(hexadecimal(entry.checksum)), as the index says")
    }
    return result
  }

  static func title(_ name: String) -> String { "entry " + JSONScanner.shown(name) }

  private func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

  /// Bytes that serve several entries would let a small file hold an enormous content.
  private static func checkApart(_ places: [Range<Int>], _ entries: [Entry], _ file: String) throws(FileError) {
    let order = places.indices.sorted { places[$0].lowerBound < places[$1].lowerBound }
    for (before, after) in zip(order, order.dropFirst()) where places[before].upperBound > places[after].lowerBound {
      throw FileError(
        file, part: entries[after].title,
        found: "bytes from \(places[after].lowerBound) on, inside \(entries[before].title)",
        expected: "bytes of its own")
    }
  }
}
