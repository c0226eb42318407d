extension PictureFormat {
  /// Uncompressed bitmaps of 24 bits per pixel: every browser shows them, and writing them needs no codec.
  public static let bmp = PictureFormat(fileExtension: "bmp", mediaType: "image/bmp", encode: bitmap)

  /// A bitmap file: two headers, then the rows from the bottom.
  @Sendable static func bitmap(of picture: Picture) -> [UInt8] {
    // Rows fill whole groups of four bytes.
    let stride = (3 * picture.width + 3) / 4 * 4
    let (fileHeader, infoHeader) = (14, 40)
    var file = Array("BM".utf8)
    file.reserveCapacity(fileHeader + infoHeader + stride * picture.height)
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { file += $0 }
    }
    append(UInt32(fileHeader + infoHeader + stride * picture.height))
    append(UInt32(0))
    append(UInt32(fileHeader + infoHeader))
    append(UInt32(infoHeader))
    append(Int32(picture.width))
    append(Int32(picture.height))
    append(UInt16(1))  // planes
    append(UInt16(24))  // bits per pixel
    append(UInt32(0))  // compression: none
    append(UInt32(stride * picture.height))
    append(Int32(0))  // pixels per meter
    append(Int32(0))
    append(UInt32(0))  // colors of a palette
    append(UInt32(0))
    for y in (0..<picture.height).reversed() {
      for x in 0..<picture.width {
        let color = picture.color(x: x, y: y)
        file += [color.blue, color.green, color.red]
      }
      for _ in 3 * picture.width..<stride { file.append(0) }
    }
    return file
  }
}
