import ApusSupport

/// Writes a ZIP file of stored entries. The bytes depend on names and contents alone: the time is always 1980-01-01.
package struct ZipWriter {
  private struct Record {
    let name: String
    let checksum: UInt32
    let size: Int
    let offset: Int

    var flags: UInt16 { name.utf8.allSatisfy { $0 < 0x80 } ? 0 : ZipRecord.unicodeFlag }
  }

  private let sink: (UnsafeRawBufferPointer) throws(FileError) -> Void
  private let wideFrom: Int
  private var records: [Record] = []
  private var names = Set<String>()
  private var offset = 0

  /// - Parameters:
  ///   - wideFrom: sizes and offsets from here on are written in ZIP64's fields, which the format needs from 2³² − 1 on.
  ///   - sink: takes the file's bytes, piece after piece.
  package init(
    wideFrom: Int = Int(UInt32.max), to sink: @escaping (UnsafeRawBufferPointer) throws(FileError) -> Void
  ) {
    self.wideFrom = wideFrom
    self.sink = sink
  }

  /// Adds an entry whose content is `pieces` one after the other. Traps if the name was given before.
  package mutating func append(_ name: String, _ pieces: [UnsafeRawBufferPointer]) throws(FileError) {
    if !names.insert(name).inserted {
      fatalError("two entries with the name \(JSONScanner.shown(name)) for one ZIP file")
    }
    if name.utf8.count > Int(UInt16.max) { fatalError("a name of \(name.utf8.count) bytes for an entry of a ZIP file") }
    var checksum: UInt32 = 0
    for piece in pieces { checksum = Deflate.checksum(piece, before: checksum) }
    let size = pieces.reduce(0) { $0 + $1.count }
    let record = Record(name: name, checksum: checksum, size: size, offset: offset)
    records.append(record)
    let extra = size >= wideFrom ? field([size, size]) : []
    try write(
      little(ZipRecord.localSignature) + common(record, isWide: !extra.isEmpty) + little(UInt16(name.utf8.count))
        + little(UInt16(extra.count)) + Array(name.utf8) + extra)
    for piece in pieces {
      try sink(piece)
      offset += piece.count
    }
  }

  /// Writes the index, the last part of the file.
  package mutating func finish() throws(FileError) {
    let start = offset
    for record in records {
      let isWide = record.size >= wideFrom
      let isFar = record.offset >= wideFrom
      let extra = field((isWide ? [record.size, record.size] : []) + (isFar ? [record.offset] : []))
      try write(
        little(ZipRecord.signature) + little(version(isWide || isFar)) + common(record, isWide: isWide)
          + little(UInt16(record.name.utf8.count)) + little(UInt16(extra.count))
          + [UInt8](repeating: 0, count: 10)  // no comment, the only part, no attributes
          + little(isFar ? UInt32.max : UInt32(record.offset)) + Array(record.name.utf8) + extra)
    }
    let (count, size, end) = (records.count, offset - start, offset)
    let isWide = count >= Int(UInt16.max) || size >= wideFrom || start >= wideFrom
    if isWide {
      try write(
        little(ZipEnd.signature64) + little(UInt64(ZipEnd.byteCount64 - 12)) + little(version(true))
          + little(version(true))
          + little(UInt64(0)) + [count, count, size, start].flatMap { little(UInt64($0)) })
      try write(little(ZipEnd.locatorSignature) + little(UInt32(0)) + little(UInt64(end)) + little(UInt32(1)))
    }
    let shown = isWide ? UInt16.max : UInt16(count)
    try write(
      little(ZipEnd.signature) + little(UInt32(0)) + little(shown) + little(shown)
        + little(isWide ? UInt32.max : UInt32(size)) + little(isWide ? UInt32.max : UInt32(start)) + little(UInt16(0)))
  }

  /// What both records of an entry say, from the version needed to the sizes.
  private func common(_ record: Record, isWide: Bool) -> [UInt8] {
    let size = isWide ? UInt32.max : UInt32(record.size)
    return little(version(isWide)) + little(record.flags) + little(UInt16(0))  // stored
      + little(UInt16(0)) + little(UInt16(1 << 5 | 1))  // midnight, the first of January 1980
      + little(record.checksum) + little(size) + little(size)
  }

  /// The version of the format, times ten.
  private func version(_ isWide: Bool) -> UInt16 { isWide ? 45 : 20 }

  /// ZIP64's extra field.
  private func field(_ values: [Int]) -> [UInt8] {
    if values.isEmpty { return [] }
    return little(ZipRecord.wideTag) + little(UInt16(values.count * 8)) + values.flatMap { little(UInt64($0)) }
  }

  private mutating func write(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try sink(UnsafeRawBufferPointer(buffer)) }
    offset += bytes.count
  }

  private func little<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
