/// What kind of file it is, in words, if it is not an image that can be read.
enum OtherContent {
  static func describe(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "the file is empty" }
    if let kind = kind(bytes) { return kind }
    let first = bytes.prefix(8)
    if first.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      return "not an image: it starts with '\(String(decoding: first, as: UTF8.self))'"
    }
    let digits = first.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return "not an image: it starts with the bytes \(digits.joined(separator: " "))"
  }

  /// Content that people have under an image's name.
  private static func kind(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0x49, 0x49, 0x2A, 0]) || bytes.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
      return "a TIFF image, which is not read; convert it to PNG"
    }
    if bytes.dropFirst(4).starts(with: "ftyp".utf8) {
      let brand = String(decoding: bytes.dropFirst(8).prefix(4), as: UTF8.self)
      if brand.hasPrefix("avi") { return "an AVIF image, which is not read; convert it to PNG or JPEG" }
      if brand.hasPrefix("hei") || brand.hasPrefix("hev") || brand.hasPrefix("mif") {
        return "a HEIC image, which is not read; convert it to JPEG"
      }
      return "a video or another file of the MP4 family, not an image"
    }
    let start = String(decoding: bytes.prefix(256), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
      .lowercased()
    if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") {
      return "an HTML page, not an image: the download failed"
    }
    if start.hasPrefix("<svg") || start.contains("<svg ") {
      return "an SVG drawing, which is not read; convert it to PNG"
    }
    if start.hasPrefix("version https://git-lfs") {
      return "a pointer of Git LFS, not the image itself; git lfs pull fetches it"
    }
    return nil
  }
}
