import Apus

/// Reads a protocol-buffers message field by field: https://protobuf.dev/programming-guides/encoding.
///
/// The counterpart of `ProtobufMessage`. Nothing is copied: what has a length is handed out as its place in the file, so that weights
/// stay where they are until a tensor is made of them. Every length is held against what encloses it, and whoever reads a message
/// inside of another one makes a reader of its place. Graphs alone may be inside of each other, and only so deep.
package struct ProtobufReader {
  /// A field's content, by its wire type.
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(Range<Int>)
  }

  let bytes: [UInt8]
  let file: String
  /// Where the next field begins, in bytes from the start of the file.
  private(set) var offset: Int
  private let end: Int
  /// Where the field that was read last begins.
  private(set) var start: Int
  /// Graphs around the message.
  private let depth: Int

  private static let mostDepth = 8

  /// - Parameter range: the message's place; the whole file unless given.
  package init(_ bytes: [UInt8], in range: Range<Int>? = nil, file: String) {
    self.init(bytes, in: range, file: file, depth: 0)
  }

  private init(_ bytes: [UInt8], in range: Range<Int>?, file: String, depth: Int) {
    self.bytes = bytes
    self.file = file
    self.depth = depth
    offset = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
    start = offset
  }

  /// A message inside of this one.
  func message(_ range: Range<Int>) -> ProtobufReader { ProtobufReader(bytes, in: range, file: file, depth: depth) }

  /// A graph inside of a node.
  func graph(_ range: Range<Int>) throws(FileError) -> ProtobufReader {
    if depth == ProtobufReader.mostDepth { throw problem("a graph inside of \(depth) others", "fewer") }
    return ProtobufReader(bytes, in: range, file: file, depth: depth + 1)
  }

  /// The next field; `nil` at the end of the message.
  mutating func next() throws(FileError) -> (number: Int, value: Value)? {
    if offset == end { return nil }
    start = offset
    let tag = try varint()
    let number = tag >> 3
    if number == 0 || number > 0x1FFF_FFFF { throw problem("field number \(number)", "1 to 536870911") }
    switch tag & 7 {
    case 0: return (Int(number), .varint(try varint()))
    case 1: return (Int(number), .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      if length > UInt64(end - offset) {
        throw problem("field \(number) of \(length) bytes", "at most \(end - offset), where what holds it ends")
      }
      let range = offset..<offset + Int(length)
      offset = range.upperBound
      return (Int(number), .bytes(range))
    case 5: return (Int(number), .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    case let type: throw problem("wire type \(type) of field \(number)", "0, 1, 2 or 5")
    }
  }

  /// What is wrong with the field that was read last.
  func problem(_ found: String, _ expected: String) -> FileError {
    FileError(file, part: "byte \(start)", found: found, expected: expected)
  }

  private mutating func varint() throws(FileError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      if offset == end { throw problem("a number without an end", "its last byte in the message") }
      let byte = bytes[offset]
      offset += 1
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw problem("a number of more than 64 bits", "at most ten bytes")
  }

  private mutating func fixed(_ count: Int) throws(FileError) -> UInt64 {
    if end - offset < count { throw problem("\(end - offset) bytes", "a number of \(count)") }
    var value: UInt64 = 0
    for place in 0..<count { value |= UInt64(bytes[offset + place]) << UInt64(8 * place) }
    offset += count
    return value
  }
}

/// Contents of fields. A field of another wire type than the format's is an error.
extension ProtobufReader {
  func integer(_ value: Value) throws(FileError) -> Int {
    guard case .varint(let bits) = value else { throw problem("another wire type", "a whole number") }
    return Int(truncatingIfNeeded: bits)
  }

  func float(_ value: Value) throws(FileError) -> Float {
    guard case .fixed32(let bits) = value else { throw problem("another wire type", "a float") }
    return Float(bitPattern: bits)
  }

  func range(_ value: Value) throws(FileError) -> Range<Int> {
    guard case .bytes(let range) = value else { throw problem("another wire type", "bytes with a length") }
    return range
  }

  func text(_ value: Value) throws(FileError) -> String { String(decoding: bytes[try range(value)], as: UTF8.self) }

  /// A repeated integer: one, or several packed.
  func append(_ value: Value, to list: inout [Int]) throws(FileError) {
    guard case .bytes(let range) = value else { return list.append(try integer(value)) }
    var packed = message(range)
    while packed.offset < packed.end { list.append(Int(truncatingIfNeeded: try packed.varint())) }
  }

  func append(_ value: Value, to list: inout [Float]) throws(FileError) {
    guard case .bytes(let range) = value else { return list.append(try float(value)) }
    if range.count % 4 != 0 { throw problem("\(range.count) bytes of floats", "a multiple of 4") }
    var packed = message(range)
    list.reserveCapacity(list.count + range.count / 4)
    while packed.offset < packed.end {
      list.append(Float(bitPattern: UInt32(truncatingIfNeeded: try packed.fixed(4))))
    }
  }

  func append(_ value: Value, to list: inout [Double]) throws(FileError) {
    switch value {
    case .fixed64(let bits): list.append(Double(bitPattern: bits))
    case .bytes(let range):
      if range.count % 8 != 0 { throw problem("\(range.count) bytes of doubles", "a multiple of 8") }
      var packed = message(range)
      while packed.offset < packed.end { list.append(Double(bitPattern: try packed.fixed(8))) }
    default: throw problem("another wire type", "a double")
    }
  }
}
