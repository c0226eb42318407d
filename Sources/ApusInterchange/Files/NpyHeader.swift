import ApusCore
import ApusSupport

/// What stands before the numbers of an npy file: magic, version, and a Python dict with dtype, order and shape.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
struct NpyHeader {
  let layout: StoredLayout
  /// The dtype as it stands in the file, for instance `<f4`.
  let dtype: String
  /// Bytes before the numbers, and bytes of the numbers.
  let byteCount: Int
  let dataByteCount: Int

  /// numpy's own limit. Only structured dtypes need more.
  static let byteLimit = 10_000

  /// Reads the header at the start of `bytes`; `part` is named in errors.
  init(_ bytes: ArraySlice<UInt8>, file: String, part: String) throws(FileError) {
    var reader = ByteReader(bytes)
    if reader.take(6).map(Array.init) != NpyHeader.magic {
      throw FileError(
        file, part: part, found: "no \\x93NUMPY at its start\(FileKind.note(bytes))", expected: "an npy file")
    }
    guard let major = reader.next(UInt8.self), let minor = reader.next(UInt8.self) else {
      throw FileError(file, part: part, found: "\(bytes.count) bytes", expected: "a version after \\x93NUMPY")
    }
    if !(1...3).contains(major) || minor != 0 {
      throw FileError(file, part: part, found: "version \(major).\(minor) of npy", expected: "1.0, 2.0 or 3.0")
    }
    let claimed = major == 1 ? reader.next(UInt16.self).map(Int.init) : reader.next(UInt32.self).map(Int.init)
    guard let claimed else {
      throw FileError(file, part: part, found: "\(bytes.count) bytes", expected: "a header's length after the version")
    }
    if claimed > NpyHeader.byteLimit {
      throw FileError(
        file, part: part, found: "a header of \(claimed) bytes", expected: "at most \(NpyHeader.byteLimit)")
    }
    guard let text = reader.take(claimed) else {
      throw FileError(
        file, part: part, found: "\(reader.remaining) bytes after the header's length", expected: "\(claimed) of them")
    }
    byteCount = reader.offset
    let title = part.isEmpty ? "header" : "\(part), header"
    let fields: Fields
    do {
      var scanner = PythonScanner(text, offset: byteCount - claimed)
      fields = try Fields(&scanner)
    } catch {
      throw FileError(file, part: title, found: "\(error.found) at byte \(error.offset)", expected: error.expected)
    }
    let (type, isBigEndian) = try NpyHeader.type(fields.descr, file, title)
    let (shape, size) = try Shape.claimed(fields.shape, of: type, file: file, part: title)
    // Columns first: the outermost axis is the one without gaps.
    let strides = fields.isFortran ? Shape(fields.shape.reversed()).contiguousStrides.reversed() : nil as [Int]?
    layout = StoredLayout(type, shape, strides: strides, isBigEndian: isBigEndian)
    dtype = fields.descr
    dataByteCount = size
  }

  /// The dtype of a file whose numbers are of none that is read, such as texts and pickled objects; `nil` of any other.
  static func otherType(_ bytes: ArraySlice<UInt8>) -> String? {
    // The text ends at the first line's end; a dtype of several fields stands in brackets.
    let text = String(decoding: bytes.prefix(byteLimit).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard bytes.starts(with: magic), let key = text.firstRange(of: "'descr': ") else { return nil }
    let rest = text[key.upperBound...]
    if rest.hasPrefix("[") { return "several fields" }
    let descr = rest.dropFirst().prefix { $0 != "'" }
    guard rest.hasPrefix("'"), descr.count < 100 else { return nil }
    return types.contains { $0.key == descr.dropFirst() } ? nil : String(descr)
  }

  /// The header of a file of version 1.0 for numbers of `type`, byte for byte as numpy writes it.
  static func encoded(_ type: ScalarType, _ shape: Shape) -> [UInt8] {
    let sizes = shape.map { String($0) }
    let tuple = sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.joined(separator: ", ")))"
    var text = "{'descr': '\(descr(type))', 'fortran_order': False, 'shape': \(tuple), }"
    // Space for the outermost size to grow to 21 digits in place, and then to the next multiple of 64, at least one byte.
    if let size = sizes.first { text += String(repeating: " ", count: 21 - size.utf8.count) }
    let before = magic.count + 4
    text += String(repeating: " ", count: 64 - (before + text.utf8.count + 1) % 64) + "\n"
    let length = withUnsafeBytes(of: UInt16(text.utf8.count).littleEndian) { Array($0) }
    return magic + [1, 0] + length + Array(text.utf8)
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static func descr(_ type: ScalarType) -> String {
    switch type {
    case .float32: "<f4"
    case .float64: "<f8"
    case .int32: "<i4"
    case .uint8: "|u1"
    }
  }

  private static let types: KeyValuePairs<String, StoredType> = [
    "f8": .f64, "f4": .f32, "f2": .f16, "i8": .i64, "i4": .i32, "i2": .i16, "i1": .i8, "u1": .u8, "b1": .bool,
  ]

  private static func type(
    _ descr: String, _ file: String, _ part: String
  ) throws(FileError) -> (StoredType, isBigEndian: Bool) {
    if descr.contains("O") {
      throw FileError(
        file, part: part, found: "dtype \(JSONScanner.shown(descr)): it holds pickled objects, which could run code",
        expected: "numbers")
    }
    let order = descr.first
    if let type = types.first(where: { $0.key == descr.dropFirst() })?.value,
      order == "<" || order == ">" || (order == "|" && type.byteCount == 1)
    {
      return (type, order == ">")
    }
    let known = types.map(\.key).joined(separator: " ")
    throw FileError(
      file, part: part, found: "dtype \(JSONScanner.shown(descr))",
      expected: "one of \(known) after < or >, or | if it is one byte")
  }
}

/// The dict's three entries.
private struct Fields {
  let descr: String
  let isFortran: Bool
  let shape: [Int]

  init(_ scanner: inout PythonScanner) throws(PythonScanner.Mismatch) {
    var descr: String?
    var isFortran: Bool?
    var shape: [Int]?
    try scanner.expect("{", "a dict")
    while !scanner.take("}") {
      let start = scanner.position
      let key = try scanner.string("a key in quotes or }")
      try scanner.expect(":", "a colon after the key")
      switch key {
      case "descr" where descr == nil: descr = try scanner.string("a dtype in quotes; structured dtypes are not read")
      case "fortran_order" where isFortran == nil: isFortran = try scanner.boolean("True or False for fortran_order")
      case "shape" where shape == nil: shape = try scanner.integers("a tuple of sizes for shape")
      default:
        throw .init(
          offset: start, found: "the key \(JSONScanner.shown(key))",
          expected: "descr, fortran_order and shape, each once")
      }
      if scanner.take(",") { continue }
      try scanner.expect("}", "a comma or }")
      break
    }
    guard let descr, let isFortran, let shape else {
      throw scanner.mismatch("descr, fortran_order and shape in the dict before it")
    }
    try scanner.end()
    self.descr = descr
    self.isFortran = isFortran
    self.shape = shape
  }
}
