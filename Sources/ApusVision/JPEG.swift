import Apus
internal import CTurboJPEG

/// JPEG through libjpeg-turbo: gray, or YCbCr converted to RGB. The orientation that a camera notes beside the image is not applied.
enum JPEG {
  static func isJPEG(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0xFF, 0xD8, 0xFF]) }

  static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> Image {
    guard let decoder = tjInitDecompress() else { fatalError("libjpeg-turbo cannot start") }
    defer { tjDestroy(decoder) }
    func damage() -> FileError {
      FileError(
        file, found: "damaged JPEG data (\(String(cString: tjGetErrorStr2(decoder))))", expected: "a complete image")
    }
    var (width, height, subsampling, colors) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let size = UInt(bytes.count)
    if tjDecompressHeader3(decoder, bytes, size, &width, &height, &subsampling, &colors) != 0 { throw damage() }
    try Image.check(width: Int(width), height: Int(height), file: file)
    if colors == Int32(TJCS_CMYK.rawValue) || colors == Int32(TJCS_YCCK.rawValue) {
      throw FileError(file, found: "a JPEG image in CMYK", expected: "gray or RGB")
    }
    let isGray = colors == Int32(TJCS_GRAY.rawValue)
    let channels = isGray ? 1 : 3
    let format = Int32((isGray ? TJPF_GRAY : TJPF_RGB).rawValue)
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * channels)
    // A warning (data that end early) is an error here: half an image is no image. Limited scans: a small file could keep the
    // decoder busy for minutes.
    let flags = Int32(TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
    if tjDecompress2(decoder, bytes, size, &pixels, width, 0, height, format, flags) != 0 { throw damage() }
    return Image(height: Int(height), width: Int(width), channels: channels, pixels: pixels)
  }
}
