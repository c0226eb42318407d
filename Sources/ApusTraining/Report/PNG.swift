internal import CZlib

/// A writer of PNG images (ISO/IEC 15948): 8 bits per channel, gray or RGB, no filters.
package enum PNG {
  /// - Parameters:
  ///   - pixels: rows from the top, `channels` bytes per pixel.
  ///   - channels: 1 (gray) or 3 (RGB).
  package static func encoded(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    if pixels.count != width * height * channels || (channels != 1 && channels != 3) {
      fatalError("PNG: \(pixels.count) bytes for an image of \(width)×\(height) with \(channels) channels")
    }
    let stride = width * channels
    var lines: [UInt8] = []
    lines.reserveCapacity((stride + 1) * height)
    for row in 0..<height {
      lines.append(0)  // filter type: none
      lines += pixels[row * stride..<(row + 1) * stride]
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", bigEndian(width) + bigEndian(height) + [8, channels == 1 ? 0 : 2, 0, 0, 0])
    file += chunk("IDAT", deflated(lines))
    file += chunk("IEND", [])
    return file
  }

  /// The image as the value of an `src` attribute.
  static func dataURL(_ pixels: [UInt8], width: Int, height: Int, channels: Int) -> String {
    dataURL(of: encoded(pixels, width: width, height: height, channels: channels))
  }

  /// Of a file's bytes.
  static func dataURL(of file: [UInt8]) -> String { "data:image/png;base64," + base64(file) }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return bigEndian(data.count) + body + bigEndian(Int(crc32(0, body, uInt(body.count))))
  }

  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var size = compressBound(uLong(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    let status = compress2(&result, &size, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
    if status != Z_OK { fatalError("PNG: zlib cannot compress \(bytes.count) bytes (status \(status))") }
    return Array(result[..<Int(size)])
  }

  private static func bigEndian(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
  }

  package static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for digit in 0..<4 {
        text.append(digit > group.count ? UInt8(ascii: "=") : alphabet[bits >> (18 - 6 * digit) & 63])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
