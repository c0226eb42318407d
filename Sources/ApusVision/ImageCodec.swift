import Apus
import ApusSupport
internal import CApusCodecs

/// A format of image files. What is in a file decides, not its name.
enum ImageCodec: CaseIterable {
  case png, jpeg, webp, gif, bmp, netpbm

  /// For messages.
  static let names = "PNG, JPEG, WebP, BMP, GIF, PGM or PPM"

  var name: String {
    switch self {
    case .png: "PNG"
    case .jpeg: "JPEG"
    case .webp: "WebP"
    case .gif: "GIF"
    case .bmp: "BMP"
    case .netpbm: "PGM or PPM"
    }
  }

  /// The format that the bytes begin as.
  init(of bytes: [UInt8], file: String) throws(FileError) {
    guard let codec = ImageCodec.allCases.first(where: { $0.begins(bytes) }) else {
      throw FileError(file, found: OtherContent.describe(bytes), expected: "an image: \(ImageCodec.names)")
    }
    self = codec
  }

  private func begins(_ bytes: [UInt8]) -> Bool {
    switch self {
    case .png: bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    case .jpeg: bytes.starts(with: [0xFF, 0xD8, 0xFF])
    case .webp: bytes.starts(with: "RIFF".utf8) && bytes.dropFirst(8).starts(with: "WEBP".utf8)
    case .gif: bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8)
    case .bmp: BMP.isBMP(bytes)
    case .netpbm: Netpbm.isNetpbm(bytes)
    }
  }

  /// What a file says of its image.
  struct Header: Equatable {
    var height: Int
    var width: Int
    /// Of the samples: 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA, or CMYK.
    var channels: Int
    var isCMYK = false
    /// As EXIF numbers them; 1 is upright.
    var orientation = 1
    /// Bytes that the decoder takes beside the samples.
    var work = 0

    /// Of the upright image.
    var uprightHeight: Int { orientation > 4 ? width : height }
    var uprightWidth: Int { orientation > 4 ? height : width }

    /// Bytes that decoding takes at once: the samples, and copies where they are converted, turned or made gray.
    var byteCount: Int {
      let pixelSize = channels < 3 ? 1 : 3
      let copies = (channels == pixelSize ? 0 : 1) + (orientation == 1 ? 0 : 1)
      return height * width * (channels + copies * pixelSize + 1) + work
    }
  }

  /// Reads the sizes, and refuses those that no image has or that would take all memory.
  func header(_ bytes: [UInt8], _ reading: ImageReading, file: String) throws(FileError) -> Header {
    var header =
      switch self {
      case .bmp: try BMP(bytes, file: file).header
      case .netpbm: try Netpbm(bytes, file: file).header
      default: try libraryHeader(bytes, reading, file)
      }
    try Image.check(height: header.height, width: header.width, file: file)
    if reading.orientation == .apply { header.orientation = exif(of: bytes).flatMap { EXIF.orientation($0) } ?? 1 }
    return header
  }

  /// The samples, row by row.
  func samples(
    _ bytes: [UInt8], _ header: Header, _ reading: ImageReading, file: String
  ) throws(FileError) -> [UInt8] {
    switch self {
    case .bmp: return try BMP(bytes, file: file).samples()
    case .netpbm: return try Netpbm(bytes, file: file).samples(scalesSixteenBits: reading.isFirstEdition)
    default: return try librarySamples(bytes, header, reading, file)
    }
  }

  // MARK: Formats that libraries read

  private typealias HeaderFunction = (
    UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<apus_image_header>?, UnsafeMutablePointer<CChar>?
  ) -> Int32
  private typealias DecodeFunction = (
    UnsafePointer<UInt8>?, Int, UnsafePointer<apus_image_header>?, UnsafeMutablePointer<UInt8>?,
    UnsafeMutablePointer<CChar>?
  ) -> Int32

  private func functions(_ reading: ImageReading) -> (header: HeaderFunction, decode: DecodeFunction) {
    switch self {
    case .png where reading.isFirstEdition: (apus_png_corrected_header, apus_png_corrected_decode)
    case .png: (apus_png_header, apus_png_decode)
    case .jpeg: (apus_jpeg_header, apus_jpeg_decode)
    case .webp: (apus_webp_header, apus_webp_decode)
    case .gif: (apus_gif_header, apus_gif_decode)
    case .bmp, .netpbm: fatalError("\(name) is read without a library")
    }
  }

  private func libraryHeader(_ bytes: [UInt8], _ reading: ImageReading, _ file: String) throws(FileError) -> Header {
    var header = apus_image_header()
    var text = [CChar](repeating: 0, count: Int(APUS_IMAGE_TEXT))
    if functions(reading).header(bytes, bytes.count, &header, &text) == 0 { throw damage(text, file) }
    return Header(
      height: Int(header.height), width: Int(header.width), channels: Int(header.channels),
      isCMYK: header.is_cmyk != 0, work: Int(header.work))
  }

  private func librarySamples(
    _ bytes: [UInt8], _ header: Header, _ reading: ImageReading, _ file: String
  ) throws(FileError) -> [UInt8] {
    var known = apus_image_header(
      height: Int64(header.height), width: Int64(header.width), channels: Int32(header.channels),
      is_cmyk: header.isCMYK ? 1 : 0, work: Int64(header.work))
    var text = [CChar](repeating: 0, count: Int(APUS_IMAGE_TEXT))
    var samples = [UInt8](repeating: 0, count: header.height * header.width * header.channels)
    if functions(reading).decode(bytes, bytes.count, &known, &samples, &text) == 0 { throw damage(text, file) }
    return samples
  }

  /// The library's reason, as one line.
  private func damage(_ text: [CChar], _ file: String) -> FileError {
    let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
    let line = reason.split(whereSeparator: \.isNewline).joined(separator: " ")
    return FileError(file, found: "damaged or truncated \(name) data (\(line))", expected: "a complete image")
  }
}
