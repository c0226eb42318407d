/// What a file is by its content, for the message about one that is not what it was taken for. Its name says nothing: a failed download
/// bears the name of the file that it was to be.
package struct FileKind {
  /// With an article: `an HTML page (did the download fail?)`.
  let title: String

  init(_ bytes: [UInt8]) {
    title =
      Self.empty(bytes) ?? Self.signed(bytes) ?? Self.text(bytes) ?? Self.protobuf(bytes) ?? Self.unknown(bytes)
  }

  /// The error about a file of this kind in the place of another.
  package static func refusal(_ bytes: [UInt8], file: String, part: String = "", expected: String) -> FileError {
    FileError(file, part: part, found: FileKind(bytes).title, expected: expected)
  }

  /// `: an HTML page` behind what else is said of a file that is not as expected; empty if its kind is not known.
  package static func note(_ bytes: some Collection<UInt8>) -> String {
    let start = Array(bytes.prefix(1 << 16))
    return (empty(start) ?? signed(start) ?? text(start) ?? protobuf(start)).map { ": " + $0 } ?? ""
  }

  // MARK: Beginnings

  private struct Signature {
    var offset = 0
    let bytes: [UInt8]
    let title: String

    init(_ text: String, at offset: Int = 0, _ title: String) {
      self.init(Array(text.utf8), at: offset, title)
    }

    init(_ bytes: [UInt8], at offset: Int = 0, _ title: String) {
      self.offset = offset
      self.bytes = bytes
      self.title = title
    }
  }

  private static let signatures = [
    Signature([0x93] + Array("NUMPY".utf8), "a numpy array (npy), which has no names"),
    Signature("PK\u{3}\u{4}", "a ZIP file"),
    Signature("PK\u{5}\u{6}", "a ZIP file without entries"),
    Signature([0x89] + Array("PNG".utf8), "a PNG image"),
    Signature([0xFF, 0xD8, 0xFF], "a JPEG image"),
    Signature("GIF8", "a GIF image"),
    Signature("WEBP", at: 8, "a WebP image"),
    Signature("II*\0", "a TIFF image"),
    Signature("MM\0*", "a TIFF image"),
    Signature("%PDF", "a PDF document"),
    Signature([0x1F, 0x8B], "gzip data (gunzip unpacks it)"),
    Signature("BZh", "bzip2 data (bunzip2 unpacks it)"),
    Signature([0xFD] + Array("7zXZ".utf8), "xz data (unxz unpacks it)"),
    Signature([0x28, 0xB5, 0x2F, 0xFD], "zstd data (unzstd unpacks it)"),
    Signature("7z\u{BC}\u{AF}".unicodeScalars.map { UInt8($0.value) }, "a 7z archive"),
    Signature("Rar!", "a RAR archive"),
    Signature(
      "ustar", at: 257,
      "a tar archive (tar -xf unpacks it; of PyTorch's first versions, torch.save(torch.load(FILE, weights_only=False), "
        + "NEW_FILE) in Python writes it anew)"),
    Signature([0x89] + Array("HDF\r\n".utf8), "an HDF5 file (Keras' .h5)"),
    Signature("TFL3", at: 4, "a TensorFlow Lite model"),
    Signature("GGUF", "a GGUF model"),
    Signature([0x7F] + Array("ELF".utf8), "a program"),
    Signature([0, 0, 8, 1], "IDX data (MNIST's labels)"),
    Signature([0, 0, 8, 3], "IDX data (MNIST's images)"),
    Signature([0, 0, 0, 0, 2, 0, 0, 0], "darknet weights"),
  ]

  private static func empty(_ bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "an empty file (did the download fail?)" }
    let isZero = bytes.count >= 64 && bytes.prefix(1 << 16).allSatisfy { $0 == 0 }
    return isZero ? "a file that begins with nothing but zero bytes (did the download fail?)" : nil
  }

  private static func signed(_ bytes: [UInt8]) -> String? {
    if Self.isLegacyPyTorch(bytes) { return "a PyTorch file" }
    if bytes.count > 2, bytes[0] == 0x80, (1...5).contains(bytes[1]) {
      return
        "a Python pickle that torch.save did not write (torch.save(model.state_dict(), FILE) in Python writes one that is read)"
    }
    if Self.isSafetensors(bytes) { return "a safetensors file" }
    return signatures.first { bytes.dropFirst($0.offset).starts(with: $0.bytes) }?.title
  }

  // MARK: Texts

  private static func text(_ bytes: [UInt8]) -> String? {
    var start = bytes.prefix(1 << 10)
    if start.starts(with: [0xEF, 0xBB, 0xBF]) { start = start.dropFirst(3) }
    let text = String(decoding: start, as: UTF8.self)
    // The last character may be cut off.
    let isText = text.unicodeScalars.dropLast(bytes.count > start.count ? 3 : 0).allSatisfy(isPlain)
    if !isText || start.count < 4 { return nil }
    let words = text.drop { $0.isWhitespace }
    let lower = words.prefix(64).lowercased()
    let failed = "(did the download fail?)"
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") || lower.hasPrefix("<head") {
      return "an HTML page \(failed)"
    }
    if lower.hasPrefix("<?xml") { return "an XML document \(failed)" }
    if lower.hasPrefix("version https://git-lfs") {
      return "a Git LFS pointer (git lfs pull fetches the file that it stands for)"
    }
    if lower.hasPrefix("{") || lower.hasPrefix("[") {
      return text.contains("\"weight_map\"")
        ? "the index of weights in several files (which are not read; one file with all tensors is)"
        : "JSON text \(failed)"
    }
    let line = words.prefix { !$0.isNewline }
    return "a text that begins with \(JSONScanner.shown(String(line.prefix(40))))"
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && scalar.value != 0x7F && scalar.value != 0xFFFD || "\t\n\r".unicodeScalars.contains(scalar)
  }

  // MARK: Others

  /// ONNX and its kin: a first field with the version of the format, then the name of the program that wrote it or another small field.
  private static func protobuf(_ bytes: [UInt8]) -> String? {
    guard bytes.count > 16, bytes[0] == 0x08, (1...32).contains(bytes[1]) else { return nil }
    // producer_name, producer_version, domain, model_version, doc_string, graph, opset_import.
    let keys: Set<UInt8> = [0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42]
    return keys.contains(bytes[2])
      ? "an ONNX model (torch.save(model.state_dict(), FILE) in Python writes weights that are read)" : nil
  }

  private static func unknown(_ bytes: [UInt8]) -> String {
    let digits = bytes.prefix(8).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return "\(bytes.count.grouped) bytes of unknown kind (the first are \(digits.joined(separator: " ")))"
  }
}
