/// Reads little-endian numbers and pieces from bytes, one after the other and never beyond their end.
package struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  /// Bytes read so far.
  package private(set) var offset = 0

  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  package var remaining: Int { bytes.count - offset }

  /// The next number; `nil`, and nothing read, where too few bytes are left.
  package mutating func next<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
    guard let piece = take(Number.bitWidth / 8) else { return nil }
    return piece.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// The next `count` bytes; `nil`, and nothing read, where fewer are left.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    if count < 0 || count > remaining { return nil }
    let start = bytes.startIndex + offset
    offset += count
    return bytes[start..<start + count]
  }

  /// The bytes up to the next `end`, which is read too; `nil`, and nothing read, where there is none.
  package mutating func take(until end: UInt8) -> ArraySlice<UInt8>? {
    let rest = bytes[(bytes.startIndex + offset)...]
    guard let stop = rest.firstIndex(of: end) else { return nil }
    offset = stop + 1 - bytes.startIndex
    return rest[..<stop]
  }
}
