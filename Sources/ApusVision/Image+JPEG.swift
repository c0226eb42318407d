import Apus
internal import CApusCodecs

extension Image {
  /// The image as a baseline JPEG file, gray or with its colors at half resolution (4:2:0): libjpeg's defaults, as Pillow and OpenCV
  /// write it.
  ///
  /// - Parameter quality: 1 to 100, in libjpeg's scale. Above 95 files grow and hardly get better.
  /// - Throws: `DataError` if a side has more than 65,500 pixels.
  public func jpegData(quality: Int = 90) throws(DataError) -> [UInt8] {
    if !(1...100).contains(quality) { fatalError("JPEG: quality \(quality), expected 1 to 100") }
    var header = apus_image_header()
    (header.height, header.width, header.channels) = (Int64(height), Int64(width), Int32(channels))
    var count = 0
    var text = [CChar](repeating: 0, count: Int(APUS_IMAGE_TEXT))
    guard let file = apus_jpeg_encode(&header, pixels, Int32(quality), &count, &text) else {
      let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      throw DataError(
        "JPEG file", found: "an image of \(height)×\(width) pixels that libjpeg does not write (\(reason))",
        expected: "at most 65,500 pixels on a side, and memory for the file")
    }
    defer { apus_jpeg_free(file) }
    return Array(UnsafeBufferPointer(start: file, count: count))
  }

  /// Writes the image as a PNG or JPEG file, as the end of the path says: `.png`, `.jpg` or `.jpeg`. The file is there as a whole or,
  /// after an error, as it was before.
  ///
  /// - Parameter quality: of a JPEG file, see `jpegData(quality:)`.
  /// - Throws: `FileError` if the path ends otherwise or cannot be written; `DataError` if the format has no images of that size.
  public func write(to path: String, quality: Int = 90) throws {
    let name = path.lowercased()
    if name.hasSuffix(".png") {
      try AtomicFile.write(pngData(), to: path)
    } else if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
      try AtomicFile.write(jpegData(quality: quality), to: path)
    } else {
      throw FileError(path, found: "no name of a format that is written", expected: "it to end in .png, .jpg or .jpeg")
    }
  }
}
