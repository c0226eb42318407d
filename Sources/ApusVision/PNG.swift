import Apus
internal import CPNG

/// PNG through libpng's simplified interface: any depth, palette, interlacing. The result is 8-bit sRGB; where the file states
/// another gamma it is converted. What is transparent is laid over white.
enum PNG {
  static func isPNG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) }

  static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> Image {
    var image = png_image()
    image.version = UInt32(PNG_IMAGE_VERSION)
    defer { png_image_free(&image) }
    return try bytes.withUnsafeBufferPointer { (input) throws(FileError) in
      if png_image_begin_read_from_memory(&image, input.baseAddress, input.count) == 0 {
        throw damage(image, file)
      }
      try Image.check(width: Int(image.width), height: Int(image.height), file: file)
      let channels = image.format & UInt32(PNG_FORMAT_FLAG_COLOR) == 0 ? 1 : 3
      image.format = channels == 1 ? UInt32(PNG_FORMAT_GRAY) : UInt32(PNG_FORMAT_RGB)
      // Without this flag libpng takes the values of 16-bit files as linear light.
      image.flags |= UInt32(PNG_IMAGE_FLAG_16BIT_sRGB)
      let (height, width) = (Int(image.height), Int(image.width))
      var pixels = [UInt8](repeating: 0, count: height * width * channels)
      var white = png_color(red: 255, green: 255, blue: 255)
      if png_image_finish_read(&image, &white, &pixels, Int32(width * channels), nil) == 0 { throw damage(image, file) }
      return Image(height: height, width: width, channels: channels, pixels: pixels)
    }
  }

  private static func damage(_ image: png_image, _ file: String) -> FileError {
    let message = withUnsafeBytes(of: image.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return FileError(file, found: "damaged PNG data (\(message))", expected: "a complete image")
  }
}
