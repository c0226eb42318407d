import ApusCore
import ApusSupport

/// Tensors by name in one file, in the safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian
/// header length, a JSON header, then the tensors' bytes. Reading executes nothing and trusts nothing.
///
/// F32, F64, I32 and U8 are Tensor's own scalar types. F16 and BF16 are read as float32, I64 as int32 where every value fits,
/// I16 and I8 as int32, BOOL as uint8; other dtypes are refused.
public enum Safetensors {
  /// Reads the file at `path`. Throws if anything in it is not as the format says: the error names the file, the tensor, what
  /// was found and what expected.
  public static func read(_ path: String) throws -> SafetensorsFile {
    try decode(File.contents(of: path), file: path)
  }

  /// The file's content from `bytes`; `file` is named in errors.
  package static func decode(_ bytes: [UInt8], file: String) throws -> SafetensorsFile {
    try bytes.withUnsafeBytes { try decode($0, file: file, skipsOtherTypes: false).content }
  }

  /// The same without tensors that cannot be read, of other dtypes or with 64-bit integers that do not fit into int32; they are listed.
  package static func decodeReadable(_ bytes: [UInt8], file: String) throws -> (
    content: SafetensorsFile, skipped: [String]
  ) {
    try bytes.withUnsafeBytes { try decode($0, file: file, skipsOtherTypes: true) }
  }

  private static func decode(
    _ bytes: UnsafeRawBufferPointer, file: String, skipsOtherTypes: Bool
  ) throws -> (content: SafetensorsFile, skipped: [String]) {
    if bytes.count < 8 {
      throw FileError(
        file, found: "\(bytes.count) bytes\(FileKind.note(bytes))",
        expected: "at least the 8 of a safetensors header's length")
    }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    if claimed > UInt64(SafetensorsHeader.byteLimit) {
      throw FileError(
        file, part: "header", found: "a length of \(claimed) bytes\(FileKind.note(bytes))",
        expected: "at most \(SafetensorsHeader.byteLimit) in a safetensors file")
    }
    let dataStart = 8 + Int(claimed)
    if dataStart > bytes.count {
      throw FileError(
        file, part: "header", found: "a truncated file of \(bytes.count) bytes",
        expected: "at least \(dataStart), as the header's length says")
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart])
    let data = UnsafeRawBufferPointer(rebasing: bytes[dataStart...])
    let header = try text.withMemoryRebound(to: UInt8.self) { text in
      try SafetensorsHeader(text, dataByteCount: data.count, file: file, skipsOtherTypes: skipsOtherTypes)
    }
    var skipped = header.skipped
    var order: [String] = []
    var tensors: [String: Tensor] = [:]
    var converted: [String: String] = [:]
    for entry in header.entries {
      guard let tensor = entry.dtype.tensor(UnsafeRawBufferPointer(rebasing: data[entry.range]), shape: entry.shape)
      else {
        if skipsOtherTypes {
          skipped.append("\(entry.name) (int64 beyond the range of int32)")
          continue
        }
        throw FileError(
          file, part: entry.title, found: "I64 values outside the range of int32", expected: "values that fit")
      }
      tensors[entry.name] = tensor
      order.append(entry.name)
      if StoredType(tensor.scalarType) != entry.dtype { converted[entry.name] = entry.dtype.rawValue }
    }
    let content = SafetensorsFile(
      tensors: tensors, metadata: header.metadata, order: order, convertedTypes: converted)
    return (content, skipped)
  }

  /// Writes `tensors` to the file at `path` atomically. The bytes depend on the arguments alone, not on the order of `tensors`.
  ///
  /// Traps if two tensors have the same name or one is called `__metadata__`.
  /// - Parameters:
  ///   - metadata: the default makes PyTorch's loaders accept the file.
  ///   - widened: names of int32 tensors that are written as I64.
  public static func write(
    _ tensors: [(name: String, value: Tensor)], metadata: [String: String] = ["format": "pt"],
    widened: Set<String> = [], to path: String
  ) throws {
    try write(tensors, metadata: metadata, widened: widened, to: FilePlace(path))
  }

  /// The same to a file in a folder that is held open.
  package static func write(
    _ tensors: [(name: String, value: Tensor)], metadata: [String: String] = ["format": "pt"],
    widened: Set<String> = [], to place: FilePlace
  ) throws {
    let items = tensors.map { name, value in
      if widened.contains(name) && value.scalarType != .int32 {
        fatalError("tensor \(JSONScanner.shown(name)) is \(value.scalarType): only int32 is widened to I64")
      }
      return Item(name: name, value: value, type: widened.contains(name) ? .i64 : StoredType(value.scalarType))
    }
    // Larger elements first, so that every tensor is aligned to its element; then by name.
    let ordered = items.sorted { a, b in
      let (p, q) = (a.type.byteCount, b.type.byteCount)
      return p != q ? p > q : precedes(a.name, b.name)
    }
    let header = header(of: ordered, metadata)
    let writer = try AtomicFile.Writer(place)
    try writer.append(header)
    for item in ordered {
      if item.type == .i64 {
        let values = item.value.array(of: Int32.self).map { Int64($0).littleEndian }
        try values.withUnsafeBytes { try writer.append($0) }
      } else {
        try item.value.withUnsafeBytes { try writer.append($0) }
      }
    }
    try writer.commit()
  }

  private struct Item {
    let name: String
    let value: Tensor
    let type: StoredType
  }

  /// The header with its length before it, padded with spaces so that the data begin at a multiple of 8 bytes.
  private static func header(of items: [Item], _ metadata: [String: String]) -> [UInt8] {
    var members: [(key: String, text: String)] = []
    var begin = 0
    for item in items {
      if item.name == "__metadata__" { fatalError("no tensor in a safetensors file can have the name __metadata__") }
      let end = begin + item.value.elementCount * item.type.byteCount
      let sizes = item.value.shape.map { String($0) }.joined(separator: ",")
      members.append(
        (item.name, #"{"dtype":"\#(item.type.rawValue)","shape":[\#(sizes)],"data_offsets":[\#(begin),\#(end)]}"#))
      begin = end
    }
    members.sort { precedes($0.key, $1.key) }
    for (a, b) in zip(members, members.dropFirst()) where a.key == b.key {
      fatalError("two tensors with the name \(JSONScanner.shown(a.key)) for one safetensors file")
    }
    if !metadata.isEmpty {
      let pairs = metadata.sorted { precedes($0.key, $1.key) }.map {
        JSONScanner.quoted($0.key) + ":" + JSONScanner.quoted($0.value)
      }
      members.insert(("__metadata__", "{" + pairs.joined(separator: ",") + "}"), at: 0)
    }
    let text = "{" + members.map { JSONScanner.quoted($0.key) + ":" + $0.text }.joined(separator: ",") + "}"
    var json = Array(text.utf8)
    json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
    if json.count > SafetensorsHeader.byteLimit {
      fatalError("a safetensors header of \(json.count) bytes; at most \(SafetensorsHeader.byteLimit) are allowed")
    }
    return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
  }

  /// Order by UTF-8 bytes, which is the same on every platform.
  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}

/// What a safetensors file holds.
public struct SafetensorsFile: Sendable {
  /// By name, each with a scalar type that `Tensor` has.
  public let tensors: [String: Tensor]
  /// The texts of the header's `__metadata__` by name; empty if it has none.
  public let metadata: [String: String]
  /// The tensors' names in the order of the header.
  package let order: [String]
  /// The dtypes of tensors that became another scalar type, by name.
  package let convertedTypes: [String: String]
}
