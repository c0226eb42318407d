import Apus
import ApusSupport
internal import CApusCodecs

extension Image {
  /// The image as a PNG file of 8 bits per sample, gray or RGB. `decode` gives back the same pixels.
  ///
  /// - Throws: `DataError` if the image has more than 1,000,000 pixels on a side, or 2 GB.
  public func pngData() throws(DataError) -> [UInt8] {
    var header = apus_image_header()
    (header.height, header.width, header.channels) = (Int64(height), Int64(width), Int32(channels))
    var count = apus_png_capacity(&header)
    if count == 0 {
      throw DataError(
        "PNG file", found: "an image of \(height)×\(width) pixels",
        expected: "at most 1,000,000 pixels on a side, and 2 GB")
    }
    var file = [UInt8](repeating: 0, count: count)
    var text = [CChar](repeating: 0, count: Int(APUS_IMAGE_TEXT))
    if apus_png_encode(&header, pixels, &file, &count, &text) == 0 {
      let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }, as: UTF8.self)
      throw DataError(
        "PNG file", found: "an image of \(height)×\(width) pixels that libpng does not write (\(reason))",
        expected: "memory for it")
    }
    file.removeLast(file.count - count)
    return file
  }
}

extension PictureFormat {
  /// PNG files, by libpng.
  public static let png = PictureFormat(fileExtension: "png", mediaType: "image/png") { picture in
    try Image(height: picture.height, width: picture.width, channels: picture.channels, pixels: picture.pixels)
      .pngData()
  }
}
