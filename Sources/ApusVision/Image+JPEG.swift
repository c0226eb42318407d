import Apus
import ApusSupport
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
}
