import Apus
internal import CApusText

/// A font file, and how large it is drawn.
public struct Font: Sendable {
  /// Pixels of the em square, which is about the height of a line.
  public let size: Int
  private let bytes: [UInt8]
  private let file: String

  /// Reads a font file: TrueType, OpenType, or whatever else FreeType reads.
  ///
  /// - Throws: `FileError` if it cannot be read, is no font, or does not have that size.
  public init(contentsOf path: String, size: Int = 16) throws(FileError) {
    bytes = try File.contents(of: path, limit: Font.fileLimit)
    self.size = size
    file = path
    // What drawing needs of the file, so that it does not fail later.
    _ = try extent(of: "Ag")
  }

  /// The first of the sans-serif fonts that are found where systems keep them: DejaVu, Liberation, Noto, Arial, Helvetica.
  ///
  /// - Throws: `FileError` with what to install if there is none.
  public static func system(size: Int = 16) throws(FileError) -> Font {
    for path in systemFiles where File.exists(path) { return try Font(contentsOf: path, size: size) }
    throw FileError(
      systemFiles[0], found: "neither this font nor another one that is looked for",
      expected: "a font: install fonts-dejavu-core (Debian, Ubuntu) or dejavu-sans-fonts (Fedora), or name a file, "
        + "Font(contentsOf:)")
  }

  package static let systemFiles = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/liberation-sans/LiberationSans-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/noto/NotoSans-Regular.ttf",
    "/System/Library/Fonts/Supplemental/Arial.ttf",
    "/System/Library/Fonts/Helvetica.ttc",
  ]

  /// Fonts of all scripts have some 20 MB.
  private static let fileLimit = 1 << 28

  /// A line as it is drawn: how much of each pixel it covers, row by row.
  struct Line {
    let height: Int
    let width: Int
    let coverage: [UInt8]
  }

  /// Draws a line of text. Glyphs follow each other from left to right, kerned; nothing is shaped or reordered as some scripts need it.
  func line(of text: String) throws(FileError) -> Line {
    let extent = try extent(of: text)
    var coverage = [UInt8](repeating: 0, count: Int(extent.height) * Int(extent.width))
    try call(text) { line, reason in
      withUnsafePointer(to: extent) { apus_text_draw(line, $0, &coverage, reason) }
    }
    return Line(height: Int(extent.height), width: Int(extent.width), coverage: coverage)
  }

  private func extent(of text: String) throws(FileError) -> apus_text_extent {
    var extent = apus_text_extent()
    try call(text) { line, reason in apus_text_measure(line, &extent, reason) }
    return extent
  }

  private func call(
    _ text: String, _ function: (UnsafePointer<apus_text_line>, UnsafeMutablePointer<CChar>) -> Int32
  ) throws(FileError) {
    var reason = [CChar](repeating: 0, count: Int(APUS_TEXT_REASON))
    let points = text.unicodeScalars.map(\.value)
    let done = bytes.withUnsafeBufferPointer { bytes in
      points.withUnsafeBufferPointer { points in
        var line = apus_text_line(
          font: bytes.baseAddress, font_count: bytes.count, size: Int32(clamping: size), text: points.baseAddress,
          count: points.count)
        return function(&line, &reason)
      }
    }
    if done == 0 {
      let words = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw FileError(file, found: words, expected: "a font that can be drawn with \(size) pixels")
    }
  }
}
