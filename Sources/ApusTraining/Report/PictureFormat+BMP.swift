import ApusCore
import ApusSupport

extension PictureFormat {
  /// Uncompressed bitmaps of 24 bits per pixel: every browser shows them, and writing them needs no codec.
  public static let bmp = PictureFormat(fileExtension: "bmp", mediaType: "image/bmp") { picture in
    let shape = picture.shape
    if shape.count != 3 || (shape[2] != 1 && shape[2] != 3) {
      fatalError("BMP: a picture of shape \(shape), expected [H, W, 1] or [H, W, 3]")
    }
    let (height, width, channels) = (shape[0], shape[1], shape[2])
    let pixels = picture.array(of: UInt8.self)
    // Rows fill whole groups of four bytes.
    let stride = (3 * width + 3) / 4 * 4
    let (fileHeader, infoHeader) = (14, 40)
    var file = Array("BM".utf8)
    file.reserveCapacity(fileHeader + infoHeader + stride * height)
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { file += $0 }
    }
    append(UInt32(fileHeader + infoHeader + stride * height))
    append(UInt32(0))
    append(UInt32(fileHeader + infoHeader))
    append(UInt32(infoHeader))
    append(Int32(width))
    append(Int32(height))
    append(UInt16(1))  // planes
    append(UInt16(24))  // bits per pixel
    append(UInt32(0))  // compression: none
    append(UInt32(stride * height))
    append(Int32(0))  // pixels per meter
    append(Int32(0))
    append(UInt32(0))  // colors of a palette
    append(UInt32(0))
    for row in (0..<height).reversed() {
      for pixel in row * width..<(row + 1) * width {
        let first = pixel * channels
        for channel in 0..<3 { file.append(pixels[first + (channels == 1 ? 0 : 2 - channel)]) }
      }
      for _ in 3 * width..<stride { file.append(0) }
    }
    return file
  }
}
