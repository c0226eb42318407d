import Apus
import ApusSupport

/// A decoded picture: bytes `[height, width, channels]`, one channel (gray) or three (red, green, blue).
public struct Image: Hashable, Sendable {
  /// Rows of pixels, at least one.
  public let height: Int
  /// Pixels per row, at least one.
  public let width: Int
  /// Bytes per pixel: 1 (gray) or 3 (red, green, blue).
  public let channels: Int
  /// The bytes, row by row from the top, a pixel's channels next to each other; 0 is black.
  public internal(set) var pixels: [UInt8]

  /// Traps if there is no pixel, the channels are neither one nor three, or the number of bytes is another.
  public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    if height < 1 || width < 1 || (channels != 1 && channels != 3) || pixels.count != height * width * channels {
      fatalError("an image of \(height)×\(width) with \(channels) channels and \(pixels.count) bytes")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
  }

  /// Reads a PNG, JPEG, WebP, BMP, GIF, PGM or PPM file; the content decides, not the name. Of an animation it is the first frame.
  ///
  /// - Throws: `FileError` if the file cannot be read, is none of these, is damaged, or has more than `pixelLimit` pixels.
  public init(contentsOf path: String, reading: ImageReading = ImageReading()) throws {
    self = try Image.decode(Image.bytes(of: path), reading: reading, file: path)
  }

  /// The image in the bytes of a file; `file` is named in errors.
  public static func decode(
    _ bytes: [UInt8], reading: ImageReading = ImageReading(), file: String
  ) throws -> Image {
    let codec = try ImageCodec(of: bytes, file: file)
    return try decode(bytes, codec, codec.header(bytes, reading, file: file), reading, file)
  }

  static func decode(
    _ bytes: [UInt8], _ codec: ImageCodec, _ header: ImageCodec.Header, _ reading: ImageReading, _ file: String
  ) throws(FileError) -> Image {
    let samples = try codec.samples(bytes, header, reading, file: file)
    return Image(samples, header, alpha: reading.alpha).turned(by: header.orientation)
  }

  /// The bytes of an image file.
  package static func bytes(of path: String) throws(FileError) -> [UInt8] {
    try File.contents(of: path, limit: ImageFolder.fileLimit)
  }

  /// The most pixels that are decoded, as many as Pillow decodes: a small file can claim any size.
  package static let pixelLimit = 178_956_970

  /// Refuses sizes that no image has or that would take all memory.
  static func check(height: Int, width: Int, file: String) throws(FileError) {
    if width < 1 || height < 1 {
      throw FileError(file, found: "a damaged header: height \(height), width \(width)", expected: "1 or more of each")
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    if overflow || pixels > pixelLimit {
      throw FileError(
        file, found: "an image of \(height)×\(width) pixels",
        expected: "at most \(pixelLimit / 1_000_000) million; scale it down")
    }
  }
}
