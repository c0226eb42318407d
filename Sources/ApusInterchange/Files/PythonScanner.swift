import ApusSupport

/// A strict reader of the few Python literals in an npy header: strings without escapes, True and False, tuples of integers.
struct PythonScanner {
  struct Mismatch: Error {
    /// Byte of the file.
    let offset: Int
    let found: String
    let expected: String
  }

  private let bytes: ArraySlice<UInt8>
  private let start: Int
  private var index: Int

  /// - Parameter offset: where in the file `bytes` begin.
  init(_ bytes: ArraySlice<UInt8>, offset: Int) {
    self.bytes = bytes
    start = offset
    index = bytes.startIndex
  }

  /// Byte of the file at which the next literal begins.
  var position: Int {
    mutating get {
      skipSpace()
      return start + index - bytes.startIndex
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    if current != UInt8(ascii: character) { return false }
    index += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(Mismatch) {
    if !take(character) { throw mismatch(what) }
  }

  /// Printable ASCII in single or double quotes.
  mutating func string(_ what: String) throws(Mismatch) -> String {
    skipSpace()
    guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw mismatch(what) }
    index += 1
    let first = index
    while let byte = current, byte != quote {
      if byte < 0x20 || byte > 0x7E || byte == UInt8(ascii: "\\") { throw mismatch("printable ASCII in a string") }
      index += 1
    }
    if current == nil { throw mismatch("the end of a string") }
    index += 1
    return String(decoding: bytes[first..<index - 1], as: UTF8.self)
  }

  mutating func boolean(_ what: String) throws(Mismatch) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)] where bytes[index...].starts(with: word.utf8) {
      index += word.utf8.count
      return value
    }
    throw mismatch(what)
  }

  /// A tuple: with a comma after its only element, as Python asks for.
  mutating func integers(_ what: String) throws(Mismatch) -> [Int] {
    try expect("(", what)
    var values: [Int] = []
    while !take(")") {
      values.append(try integer(what))
      if take(",") { continue }
      if values.count == 1 { throw mismatch("a comma after a tuple's only element") }
      try expect(")", what)
      break
    }
    return values
  }

  /// Nothing but spaces and, as the last byte, a line's end may follow.
  mutating func end() throws(Mismatch) {
    while current == UInt8(ascii: " ") { index += 1 }
    if index != bytes.endIndex - 1 || current != UInt8(ascii: "\n") {
      throw mismatch("spaces and a line's end as the header's last byte")
    }
  }

  mutating func mismatch(_ expected: String) -> Mismatch {
    Mismatch(offset: start + index - bytes.startIndex, found: JSONScanner.shown(current), expected: expected)
  }

  private var current: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  /// An integer without leading zeros, negative or not: whether a size may be negative is not the text's matter.
  private mutating func integer(_ what: String) throws(Mismatch) -> Int {
    let isNegative = take("-")
    let first = index
    while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { index += 1 }
    let digits = String(decoding: bytes[first..<index], as: UTF8.self)
    if digits.isEmpty || (digits.count > 1 && digits.hasPrefix("0")) { throw mismatch(what) }
    guard let value = Int(digits) else {
      throw Mismatch(offset: start + first - bytes.startIndex, found: "a number above 2^63 - 1", expected: what)
    }
    return isNegative ? -value : value
  }
}
