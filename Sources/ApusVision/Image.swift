import Apus

/// A decoded picture: bytes `[height, width, channels]`, one channel (gray) or three (red, green, blue).
public struct Image: Hashable, Sendable {
  public let height: Int
  public let width: Int
  public let channels: Int
  public let pixels: [UInt8]

  /// Traps where there is no pixel, the channels are neither one nor three, or the number of bytes is another.
  public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    if height < 1 || width < 1 || (channels != 1 && channels != 3) || pixels.count != height * width * channels {
      fatalError("an image of \(height)×\(width) with \(channels) channels and \(pixels.count) bytes")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// Reads a PNG, JPEG, PGM or PPM file; the content decides, not the name.
  ///
  /// - Throws: `FileError` where the file cannot be read, is none of these, or is damaged.
  public init(contentsOf path: String) throws {
    self = try Image.decode(File.contents(of: path), file: path)
  }

  /// The image in the bytes of a file; `file` is named in errors.
  public static func decode(_ bytes: [UInt8], file: String) throws -> Image {
    if PNG.isPNG(bytes) { return try PNG.decode(bytes, file: file) }
    if JPEG.isJPEG(bytes) { return try JPEG.decode(bytes, file: file) }
    if Netpbm.isNetpbm(bytes) { return try Netpbm.decode(bytes, file: file) }
    throw FileError(file, found: "no PNG, JPEG, PGM or PPM image (\(start(of: bytes)))", expected: "one of these")
  }

  /// The most pixels that are decoded: a small file can claim any size.
  static let pixelLimit = 1 << 28

  /// Refuses sizes that no image has or that would take all memory.
  static func check(width: Int, height: Int, file: String) throws(FileError) {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    if width < 1 || height < 1 || overflow || pixels > pixelLimit {
      throw FileError(file, found: "an image of \(height)×\(width) pixels", expected: "1 to \(pixelLimit) pixels")
    }
  }

  private static func start(of bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "the file is empty" }
    let first = bytes.prefix(8)
    if first.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      return "starts with '\(String(decoding: first, as: UTF8.self))'"
    }
    let digits = first.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return "starts with the bytes \(digits.joined(separator: " "))"
  }
}
