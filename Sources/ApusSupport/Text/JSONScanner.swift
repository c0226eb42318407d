/// A strict reader of JSON text (RFC 8259), byte by byte and in order.
///
/// Foundation's decoder loses the order of the keys and lets duplicates pass; both matter in a safetensors header.
/// The caller says what it expects next; anything else is a `Mismatch` at a byte.
package struct JSONScanner {
  package struct Mismatch: Error {
    package let offset: Int
    package let found: String
    package let expected: String
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var offset = 0

  package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Calls `member` with each key of an object; `member` reads the value. A key that comes twice is a mismatch.
  package mutating func object(
    of what: String, _ member: (inout JSONScanner, String) throws(Mismatch) -> Void
  ) throws(Mismatch) {
    try expect("{", "an object of \(what)")
    if take("}") { return }
    var keys = Set<String>()
    repeat {
      skipSpace()
      let start = offset
      let key = try string("a key in quotes")
      if !keys.insert(key).inserted {
        throw Mismatch(offset: start, found: "the key \(JSONScanner.shown(key)) twice", expected: "each key once")
      }
      try expect(":", "a colon after the key \(JSONScanner.shown(key))")
      try member(&self, key)
    } while take(",")
    try expect("}", "a comma or the end of \(what)")
  }

  /// An array of integers in 0...2⁶³ − 1.
  package mutating func integers(_ what: String) throws(Mismatch) -> [Int] {
    try expect("[", what)
    if take("]") { return [] }
    var values = [Int]()
    repeat { values.append(try integer(what)) } while take(",")
    try expect("]", "a comma or the end of \(what)")
    return values
  }

  /// An integer in 0...2⁶³ − 1, without sign, fraction, exponent or leading zeros.
  mutating func integer(_ what: String) throws(Mismatch) -> Int {
    skipSpace()
    let start = offset
    var value = 0
    while let digit = current, digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = shifted.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      if overflow || carry { throw Mismatch(offset: start, found: "a number above 2^63 - 1", expected: what) }
      value = sum
      offset += 1
    }
    if offset == start { throw mismatch(what) }
    if bytes[start] == UInt8(ascii: "0") && offset > start + 1 {
      throw Mismatch(offset: start, found: "a number with a leading zero", expected: what)
    }
    if let next = current, next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") {
      throw Mismatch(offset: start, found: "a number that is not an integer", expected: what)
    }
    return value
  }

  /// A string with its escapes resolved.
  package mutating func string(_ what: String) throws(Mismatch) -> String {
    try expect("\"", what)
    let start = offset
    var utf8 = [UInt8]()
    while let byte = current {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: utf8, as: UTF8.self) else {
          throw Mismatch(offset: start, found: "a string that is not UTF-8", expected: what)
        }
        return text
      case UInt8(ascii: "\\"): utf8.append(contentsOf: try escape().utf8)
      case 0..<0x20: throw Mismatch(offset: offset - 1, found: "a control character in a string", expected: what)
      default: utf8.append(byte)
      }
    }
    throw Mismatch(offset: offset, found: "the end of the text in a string", expected: what)
  }

  /// Nothing but white space may follow.
  package mutating func end() throws(Mismatch) {
    skipSpace()
    if current != nil { throw mismatch("nothing after the object") }
  }

  package func mismatch(_ expected: String) -> Mismatch {
    Mismatch(offset: offset, found: JSONScanner.shown(current), expected: expected)
  }

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    if current != UInt8(ascii: character) { return false }
    offset += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, _ what: String) throws(Mismatch) {
    if !take(character) { throw mismatch(what) }
  }

  private mutating func escape() throws(Mismatch) -> String {
    guard let byte = current else { throw mismatch("an escape") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      offset -= 1
      throw mismatch("one of \" \\ / b f n r t u after a backslash")
    }
  }

  /// Four hexadecimal digits, or two groups of them for a character beyond U+FFFF.
  private mutating func unicodeEscape() throws(Mismatch) -> String {
    let start = offset
    var units = [try codeUnit()]
    if UTF16.isLeadSurrogate(units[0]) {
      for character: Unicode.Scalar in ["\\", "u"] {
        if current != UInt8(ascii: character) { throw mismatch("the second half of a surrogate pair") }
        offset += 1
      }
      units.append(try codeUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw Mismatch(offset: start, found: "half of a surrogate pair", expected: "both halves")
    }
    return text
  }

  private mutating func codeUnit() throws(Mismatch) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw mismatch("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }
}

extension JSONScanner {
  /// `text` for a message: in quotes, on one line, not too long.
  package static func shown(_ text: String) -> String {
    let limit = 100
    return quoted(text.count > limit ? text.prefix(limit) + "…" : text)
  }

  /// `text` as it is where it is short and has no control characters, which could move a terminal's cursor; in quotes elsewhere.
  package static func plain(_ text: String) -> String {
    let isPlain =
      text.utf8.count <= 200 && !text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    return isPlain ? text : shown(text)
  }

  /// A byte of text, or the end where there is none, for a message.
  package static func shown(_ byte: UInt8?) -> String {
    guard let byte else { return "the end of the text" }
    let isVisible = byte > 0x20 && byte < 0x7F
    return isVisible ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
  }

  /// `text` as a JSON string in quotes; only what must be escaped is.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\0"..<" ", "\u{7F}"..."\u{9F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
