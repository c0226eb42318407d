import ApusLayers
import ApusSupport

/// The end of a ZIP file: where its index lies and how many entries it has.
struct ZipEnd {
  static let signature: UInt32 = 0x0605_4B50
  static let signature64: UInt32 = 0x0606_4B50
  static let locatorSignature: UInt32 = 0x0706_4B50
  /// Bytes of the three records that end a file.
  static let byteCount = 22
  static let byteCount64 = 56
  static let locatorByteCount = 20

  let entryCount: Int
  /// Bytes of the index.
  let directory: Range<Int>

  init(_ bytes: [UInt8], file: String) throws(FileError) {
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: "end record", found: found, expected: expected)
    }
    let end = bytes.count - ZipEnd.byteCount
    var reader = ByteReader(bytes.suffix(ZipEnd.byteCount))
    guard end >= 0, reader.next(UInt32.self) == ZipEnd.signature, let disk = reader.next(UInt16.self),
      let firstDisk = reader.next(UInt16.self), let here = reader.next(UInt16.self),
      let total = reader.next(UInt16.self),
      let size = reader.next(UInt32.self), let offset = reader.next(UInt32.self), let comment = reader.next(UInt16.self)
    else {
      throw ZipEnd.missing(bytes, file)
    }
    if comment != 0 { throw refusal("a comment of \(comment) bytes after the file's end", "none") }
    if disk != 0 || firstDisk != 0 || here != total { throw refusal("one part of several", "the whole in one file") }

    var indexEnd = end
    var values = (count: UInt64(total), size: UInt64(size), offset: UInt64(offset))
    if let wide = try ZipEnd.wide(bytes, before: end, refusal) {
      // A value stands in both records unless it does not fit into the small one.
      if (total != .max && UInt64(total) != wide.count) || (size != .max && UInt64(size) != wide.size)
        || (offset != .max && UInt64(offset) != wide.offset)
      {
        throw refusal("other values than in the ZIP64 end record", "the same")
      }
      values = wide
      indexEnd = end - ZipEnd.locatorByteCount - ZipEnd.byteCount64
    }
    let (sum, overflow) = values.offset.addingReportingOverflow(values.size)
    if overflow || sum != UInt64(indexEnd) {
      throw refusal(
        "an index of \(values.size) bytes at byte \(values.offset)",
        "one that ends at byte \(indexEnd), where the end record begins")
    }
    if values.count > values.size / UInt64(ZipRecord.byteCount) {
      throw refusal(
        "\(values.count) entries in an index of \(values.size) bytes", "\(ZipRecord.byteCount) bytes each at least")
    }
    entryCount = Int(values.count)
    directory = Int(values.offset)..<indexEnd
  }

  /// The error about bytes that do not end with the record: a file of another kind, one that is cut off, one that is followed by more.
  private static func missing(_ bytes: [UInt8], _ file: String) -> FileError {
    if !bytes.starts(with: Array("PK".utf8)) {
      return FileKind.refusal(bytes, file: file, expected: "a ZIP file, as numpy's npz and PyTorch's files are")
    }
    let mark = withUnsafeBytes(of: signature.littleEndian) { Array($0) }
    let place = bytes.indices.suffix(1 << 16).last { bytes[$0...].starts(with: mark) }
    var found = "none in the \(bytes.count) bytes: the file is truncated"
    if let place, bytes.count - place > byteCount { found = "one \(bytes.count - place) bytes before the file's end" }
    return FileError(
      file, part: "end record", found: found, expected: "one in the last \(byteCount) bytes of a complete ZIP file")
  }

  /// The ZIP64 end record, where a locator stands before the end record at byte `end`.
  private static func wide(
    _ bytes: [UInt8], before end: Int, _ refusal: (String, String) -> FileError
  ) throws(FileError) -> (count: UInt64, size: UInt64, offset: UInt64)? {
    let locator = end - locatorByteCount
    let record = locator - byteCount64
    if locator < 0 { return nil }
    var reader = ByteReader(bytes[locator..<end])
    if reader.next(UInt32.self) != locatorSignature { return nil }
    guard let disk = reader.next(UInt32.self), let place = reader.next(UInt64.self),
      let disks = reader.next(UInt32.self)
    else { return nil }
    if disk != 0 || disks > 1 { throw refusal("one part of several", "the whole in one file") }
    if record < 0 || place != UInt64(record) {
      throw refusal("a ZIP64 end record at byte \(place)", "one at byte \(record), before its locator")
    }
    reader = ByteReader(bytes[record..<locator])
    guard reader.next(UInt32.self) == signature64, reader.next(UInt64.self) == UInt64(byteCount64 - 12),
      reader.next(UInt32.self) != nil,  // the versions that made it and that it needs
      reader.next(UInt64.self) == 0,  // the number of this part and of the one with the index
      let here = reader.next(UInt64.self), let total = reader.next(UInt64.self), let size = reader.next(UInt64.self),
      let offset = reader.next(UInt64.self), here == total
    else { throw refusal("no ZIP64 end record of one file at byte \(record)", "one") }
    return (total, size, offset)
  }
}

/// An entry in the index of a ZIP file.
struct ZipRecord {
  static let signature: UInt32 = 0x0201_4B50
  static let localSignature: UInt32 = 0x0403_4B50
  /// Bytes of a record without names and extras.
  static let byteCount = 46
  /// The extra field with the sizes that do not fit into 32 bits.
  static let wideTag: UInt16 = 1
  /// The name is UTF-8.
  static let unicodeFlag: UInt16 = 0x800
  /// Sizes and checksum stand after the data, not before them.
  static let trailerFlag: UInt16 = 8
  /// How hard the writer tried; says nothing to a reader.
  static let effortFlags: UInt16 = 6

  let name: String
  let isDeflated: Bool
  let checksum: UInt32
  let packedSize: Int
  let size: Int
  /// Where the entry's own record begins.
  let offset: Int
  private let rawName: ArraySlice<UInt8>
  private let method: UInt16
  private let flags: UInt16

  /// The next record of the index; `nil` if it is not whole.
  init?(_ reader: inout ByteReader, number: Int, file: String) throws(FileError) {
    // Passed over, in this order: versions, time, attributes, comment.
    guard reader.next(UInt32.self) == ZipRecord.signature, reader.take(4) != nil,
      let flags = reader.next(UInt16.self), let method = reader.next(UInt16.self), reader.take(4) != nil,
      let checksum = reader.next(UInt32.self), let packed32 = reader.next(UInt32.self),
      let size32 = reader.next(UInt32.self), let nameLength = reader.next(UInt16.self),
      let extraLength = reader.next(UInt16.self), let commentLength = reader.next(UInt16.self),
      let disk = reader.next(UInt16.self), reader.take(6) != nil,
      let offset32 = reader.next(UInt32.self), let rawName = reader.take(Int(nameLength)),
      let extra = reader.take(Int(extraLength)), reader.take(Int(commentLength)) != nil
    else { return nil }
    guard let name = String(validating: rawName, as: UTF8.self), !name.isEmpty, !rawName.contains(0) else {
      throw FileError(file, part: "index", found: "the name of entry \(number) empty or no UTF-8", expected: "a name")
    }
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: ZipArchive.title(name), found: found, expected: expected)
    }
    if flags & ~(ZipRecord.unicodeFlag | ZipRecord.trailerFlag | ZipRecord.effortFlags) != 0 {
      throw refusal("flags 0x\(String(flags, radix: 16))", "data without encryption or patches")
    }
    if method != 0 && method != 8 { throw refusal("compression method \(method)", "0 (stored) or 8 (deflated)") }
    if disk != 0 { throw refusal("data in part \(disk)", "the whole in one file") }

    var wide = try ZipRecord.wide(extra, refusal)
    /// A value with all bits set stands in the ZIP64 field, in this order.
    func resolved(_ value: UInt32, _ what: String) throws(FileError) -> Int {
      if value != .max { return Int(value) }
      guard let large = wide?.next(UInt64.self) else { return Int(value) }
      guard let result = Int(exactly: large) else { throw refusal("\(what) \(large)", "one below 2^63") }
      return result
    }
    size = try resolved(size32, "a size of")
    packedSize = try resolved(packed32, "a packed size of")
    offset = try resolved(offset32, "data at byte")
    if method == 0 && packedSize != size {
      throw refusal("\(packedSize) bytes that decode to \(size)", "stored data to stay as they are")
    }
    // The best that deflate can do, 258 bytes for two bits, is 1032 to 1.
    if size / 1032 > packedSize {
      throw refusal("\(packedSize) bytes that decode to \(size)", "no more than 1032 times as many")
    }
    self.name = name
    self.rawName = rawName
    self.method = method
    self.flags = flags
    self.checksum = checksum
    isDeflated = method == 8
  }

  /// The field with 64-bit sizes among the extra ones, which must be whole.
  private static func wide(
    _ extra: ArraySlice<UInt8>, _ refusal: (String, String) -> FileError
  ) throws(FileError) -> ByteReader? {
    var reader = ByteReader(extra)
    var result: ByteReader?
    while reader.remaining > 0 {
      guard let tag = reader.next(UInt16.self), let length = reader.next(UInt16.self),
        let field = reader.take(Int(length))
      else { throw refusal("an extra field that is cut off", "a whole one") }
      if tag != wideTag { continue }
      if result != nil { throw refusal("two ZIP64 fields", "one at most") }
      result = ByteReader(field)
    }
    return result
  }

  /// The place of the data, which come after a second record at `offset` that must agree with this one.
  func locate(in bytes: [UInt8], before end: Int, file: String) throws(FileError) -> Range<Int> {
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: ZipArchive.title(name), found: found, expected: expected)
    }
    var reader = ByteReader(bytes[min(offset, end)..<end])
    // Passed over: the version needed, the time.
    guard reader.next(UInt32.self) == ZipRecord.localSignature, reader.take(2) != nil,
      let flags = reader.next(UInt16.self), let method = reader.next(UInt16.self), reader.take(4) != nil,
      let checksum = reader.next(UInt32.self), let packed = reader.next(UInt32.self),
      let size = reader.next(UInt32.self),
      let nameLength = reader.next(UInt16.self), let extraLength = reader.next(UInt16.self),
      let localName = reader.take(Int(nameLength)), reader.take(Int(extraLength)) != nil
    else { throw refusal("no record at byte \(offset)", "one before the data") }
    var agrees = localName == rawName && method == self.method && flags == self.flags
    if flags & ZipRecord.trailerFlag == 0 {
      agrees = agrees && checksum == self.checksum
      agrees = agrees && (packed == .max || Int(packed) == packedSize) && (size == .max || Int(size) == self.size)
    }
    if !agrees { throw refusal("a record before the data that differs from the index", "the same") }
    if packedSize > reader.remaining {
      throw refusal("\(reader.remaining) bytes before the index", "\(packedSize) of data")
    }
    let start = offset + reader.offset
    return start..<start + packedSize
  }
}
