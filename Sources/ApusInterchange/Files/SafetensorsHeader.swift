import ApusCore
import ApusSupport

/// The JSON part of a safetensors file: what each tensor is and where its bytes lie, checked against the size of the data.
struct SafetensorsHeader {
  struct Entry {
    let name: String
    let dtype: StoredType
    let shape: Shape
    /// Bytes of the data part, which begins after the header.
    let range: Range<Int>

    /// The tensor as errors name it.
    var title: String { SafetensorsHeader.title(name) }
  }

  /// In the order of the file's keys.
  private(set) var entries: [Entry] = []
  /// Tensors of dtypes that are not read, with them: `scale (F8_E4M3)`. An error unless they are to be skipped.
  private(set) var skipped: [String] = []
  private var skippedRanges: [(title: String, range: Range<Int>)] = []
  private(set) var metadata: [String: String] = [:]

  /// The most bytes that the format allows a header.
  static let byteLimit = FileKind.safetensorsHeaderLimit

  /// Reads `text`, the header's JSON. `dataByteCount` is the size of what follows it in the file.
  init(
    _ text: UnsafeBufferPointer<UInt8>, dataByteCount: Int, file: String, skipsOtherTypes: Bool = false
  ) throws(FileError) {
    // Some writers pad before the object too, which the format forbids.
    if text.first != UInt8(ascii: "{") {
      throw FileError(file, part: "header", found: "no { at its start", expected: "JSON text")
    }
    var scanner = JSONScanner(text)
    var problem: FileError?
    do {
      try scanner.object(of: "tensors") { (scanner, key) throws(JSONScanner.Mismatch) in
        if key == "__metadata__" {
          try readMetadata(&scanner)
        } else {
          let raw = try RawEntry(&scanner, SafetensorsHeader.title(key))
          // The first error in the order of the file is kept, so that it reads the same as the text's own errors.
          if problem == nil {
            do throws(FileError) {
              if skipsOtherTypes, let range = try raw.other(name: key, dataByteCount: dataByteCount, file: file) {
                skipped.append("\(key) (\(raw.dtype ?? ""))")
                skippedRanges.append((SafetensorsHeader.title(key), range))
                return
              }
              entries.append(try raw.checked(name: key, dataByteCount: dataByteCount, file: file))
            } catch { problem = error }
          }
        }
      }
      try scanner.end()
    } catch {
      throw FileError(
        file, part: "header", found: "\(error.found) at byte \(8 + error.offset)", expected: error.expected)
    }
    if let problem { throw problem }
    try checkCoverage(dataByteCount, file)
  }

  private mutating func readMetadata(_ scanner: inout JSONScanner) throws(JSONScanner.Mismatch) {
    var strings: [String: String] = [:]
    try scanner.object(of: "metadata") { (scanner, key) throws(JSONScanner.Mismatch) in
      strings[key] = try scanner.string("a string")
    }
    metadata = strings
  }

  /// The tensors' bytes must fill the data part: no overlap, no hole, nothing left over.
  private func checkCoverage(_ dataByteCount: Int, _ file: String) throws(FileError) {
    var end = 0
    let all = entries.map { (title: $0.title, range: $0.range) } + skippedRanges
    for entry in all.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      let begin = entry.range.lowerBound
      if begin != end {
        throw FileError(
          file, part: entry.title,
          found: "data that begin at byte \(begin), \(begin < end ? "inside another tensor's" : "after a hole")",
          expected: "byte \(end), where the tensor before it ends")
      }
      end = entry.range.upperBound
    }
    if end != dataByteCount {
      throw FileError(file, found: "\(dataByteCount) bytes of data", expected: "\(end), where the last tensor ends")
    }
  }

  static func title(_ name: String) -> String { "tensor " + JSONScanner.shown(name) }
}

/// A tensor's entry as it stands in the text.
private struct RawEntry {
  var dtype: String?
  var shape: [Int]?
  var offsets: [Int]?

  init(_ scanner: inout JSONScanner, _ title: String) throws(JSONScanner.Mismatch) {
    try scanner.object(of: title) { (scanner, key) throws(JSONScanner.Mismatch) in
      switch key {
      case "dtype": dtype = try scanner.string("a dtype in quotes for \(title)")
      case "shape": shape = try scanner.integers("an array of sizes for \(title)")
      case "data_offsets": offsets = try scanner.integers("an array of two offsets for \(title)")
      default:
        throw scanner.mismatch("dtype, shape or data_offsets as the keys of \(title), not \(JSONScanner.shown(key)),")
      }
    }
  }

  /// The bytes of a tensor whose dtype is none that is read; `nil` of one that is.
  func other(name: String, dataByteCount: Int, file: String) throws(FileError) -> Range<Int>? {
    guard let dtype, StoredType(rawValue: dtype) == nil, let offsets else { return nil }
    guard offsets.count == 2, offsets[0] <= offsets[1], offsets[1] <= dataByteCount else {
      throw FileError(
        file, part: SafetensorsHeader.title(name), found: "data_offsets \(offsets)",
        expected: "a begin and an end of at most \(dataByteCount)")
    }
    return offsets[0]..<offsets[1]
  }

  func checked(name: String, dataByteCount: Int, file: String) throws(FileError) -> SafetensorsHeader.Entry {
    let title = SafetensorsHeader.title(name)
    func refusal(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: title, found: found, expected: expected)
    }
    guard let dtype else { throw refusal("no dtype", "one") }
    guard let shape else { throw refusal("no shape", "one") }
    guard let offsets else { throw refusal("no data_offsets", "two of them") }
    guard let type = StoredType(rawValue: dtype) else {
      let known = StoredType.allCases.map(\.rawValue).joined(separator: " ")
      throw refusal("dtype \(JSONScanner.shown(dtype))", "one of \(known)")
    }
    let (checked, byteCount) = try Shape.claimed(shape, of: type, file: file, part: title)
    if offsets.count != 2 { throw refusal("\(offsets.count) data_offsets", "two, begin and end") }
    if offsets[0] > offsets[1] { throw refusal("data_offsets \(offsets)", "the begin not after the end") }
    if offsets[1] > dataByteCount {
      throw refusal(
        "data_offsets \(offsets) that reach beyond the file, which is truncated or damaged",
        "an end of at most \(dataByteCount)")
    }
    if offsets[1] - offsets[0] != byteCount {
      throw refusal(
        "data_offsets \(offsets), \(offsets[1] - offsets[0]) bytes", "\(byteCount) for \(dtype) of shape \(shape)")
    }
    return .init(name: name, dtype: type, shape: checked, range: offsets[0]..<offsets[1])
  }
}
