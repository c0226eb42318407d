import Apus

/// BMP without compression: 1, 4 or 8 bits with a palette, 16 bits as 5-5-5 or 5-6-5, 24 or 32 bits; rows from below
/// or from above.
///
/// A reader of its own, since no system library reads this format.
struct BMP {
  let header: ImageCodec.Header
  private let bytes: [UInt8]
  private let file: String
  private let bits: Int
  private let isFromAbove: Bool
  /// Where the rows begin.
  private let offset: Int
  private let stride: Int
  /// RGB by index. As in Pillow, indices beyond the file's palette are black.
  private let palette: [(UInt8, UInt8, UInt8)]
  /// Where a pixel's red, green, blue and alpha are: which byte, or of 16 bits how many to shift and the largest value.
  private let places: [Place]

  private struct Place {
    var shift: Int
    var largest: UInt32
  }

  static func isBMP(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 18 && bytes.starts(with: "BM".utf8) && bytes[15] == 0 && bytes[16] == 0 && bytes[17] == 0
  }

  init(_ bytes: [UInt8], file: String) throws(FileError) {
    self.bytes = bytes
    self.file = file
    func damage(_ found: String, _ expected: String) -> FileError {
      FileError(file, part: "BMP header", found: found, expected: expected)
    }
    func number(_ place: Int, _ size: Int) -> Int {
      (0..<size).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    if bytes.count < 18 { throw damage("the file ends early", "a complete image") }
    let size = number(14, 4)
    if ![12, 40, 52, 56, 64, 108, 124].contains(size) {
      throw damage("a header of \(size) bytes", "12, 40, 52, 56, 64, 108 or 124")
    }
    if bytes.count < 14 + size { throw damage("the file ends early", "a complete image") }
    let isOld = size == 12
    let width = isOld ? number(18, 2) : Int(Int32(truncatingIfNeeded: number(18, 4)))
    let height = isOld ? number(20, 2) : Int(Int32(truncatingIfNeeded: number(22, 4)))
    let compression = isOld ? 0 : number(30, 4)
    bits = isOld ? number(24, 2) : number(28, 2)
    isFromAbove = height < 0
    if ![1, 4, 8, 16, 24, 32].contains(bits) { throw damage("\(bits) bits per pixel", "1, 4, 8, 16, 24 or 32") }
    let hasMasks = compression == 3
    if compression != 0 && !hasMasks {
      let kind = compression == 1 || compression == 2 ? "run-length compression" : "compression \(compression)"
      throw damage(kind, "none; save the image without it, or as PNG")
    }
    // Masks stand in the header, or behind the shortest one that can have them.
    let masks = 14 + 40
    let count = hasMasks ? (size >= 56 ? 4 : 3) : 0
    if hasMasks && bytes.count < masks + 4 * count { throw damage("the file ends early", "a complete image") }
    let given = (0..<count).map { UInt32(number(masks + 4 * $0, 4)) }
    guard let places = BMP.places(bits, given) else {
      let text = given.map { String($0, radix: 16) }.joined(separator: " ")
      throw damage("\(bits) bits per pixel with the masks \(text)", "masks of whole bytes, 5-5-5 or 5-6-5")
    }
    self.places = places
    let colors = bits > 8 ? 0 : isOld || number(46, 4) == 0 ? 1 << bits : number(46, 4)
    let entry = isOld ? 3 : 4
    let tables = 14 + size + (hasMasks && size == 40 ? 12 : 0)
    palette = BMP.palette(bytes[min(tables, bytes.count)...], entry: entry, count: min(colors, 1 << min(bits, 8)))
    // Some writers forget the palette there.
    let claimed = number(10, 4)
    offset = claimed == 0 || (bits <= 8 && claimed == 14 + size) ? tables + min(colors, 256) * entry : claimed
    stride = (max(0, width) * bits + 31) / 32 * 4
    let channels = bits <= 8 ? 3 : places.count
    header = ImageCodec.Header(height: abs(height), width: width, channels: channels)
  }

  private static func palette(_ bytes: ArraySlice<UInt8>, entry: Int, count: Int) -> [(UInt8, UInt8, UInt8)] {
    (0..<256).map { index in
      let place = bytes.startIndex + index * entry
      if index >= count || place + 3 > bytes.endIndex { return (0, 0, 0) }
      return (bytes[place + 2], bytes[place + 1], bytes[place])
    }
  }

  /// Of red, green, blue and, where there is one, alpha; `nil` for masks that no program writes.
  private static func places(_ bits: Int, _ masks: [UInt32]) -> [Place]? {
    var masks = masks
    // No mask at all says that they are the usual ones, with alpha.
    if bits == 32 && !masks.isEmpty && masks.allSatisfy({ $0 == 0 }) { masks = [0xFF0000, 0xFF00, 0xFF, 0xFF00_0000] }
    if masks.isEmpty { masks = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF] }
    // As in Pillow, alpha of 16 and 24 bits is left alone.
    if masks.count == 4 && (masks[3] == 0 || bits < 32) { masks.removeLast() }
    if bits <= 8 { return [] }
    var places: [Place] = []
    for mask in masks {
      let shift = mask.trailingZeroBitCount
      let largest = shift < 32 ? mask >> UInt32(shift) : 0
      let isWhole = bits == 16 ? largest == 31 || largest == 63 : largest == 255 && shift % 8 == 0
      if !isWhole || shift >= bits { return nil }
      places.append(Place(shift: shift, largest: largest))
    }
    return places
  }

  /// - Throws: `FileError` if rows are missing.
  func samples() throws(FileError) -> [UInt8] {
    // What fills up the last row to four bytes may lack.
    let needed = stride * (header.height - 1) + (header.width * bits + 7) / 8
    if offset > bytes.count || bytes.count - offset < needed {
      throw FileError(
        file, found: "damaged or truncated BMP data (\(max(0, bytes.count - offset)) bytes of rows)",
        expected: "\(needed) for \(header.height)×\(header.width) pixels")
    }
    let (height, width, channels) = (header.height, header.width, header.channels)
    return [UInt8](unsafeUninitializedCapacity: height * width * channels) { output, count in
      bytes.withUnsafeBufferPointer { bytes in
        for y in 0..<height {
          let row = offset + (isFromAbove ? y : height - 1 - y) * stride
          for x in 0..<width {
            put(x, bytes, row, output.baseAddress! + (y * width + x) * channels)
          }
        }
      }
      count = height * width * channels
    }
  }

  private func put(_ x: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ row: Int, _ pixel: UnsafeMutablePointer<UInt8>) {
    if bits <= 8 {
      let perByte = 8 / bits
      let byte = Int(bytes[row + x / perByte])
      let index = byte >> (8 - bits * (x % perByte + 1)) & ((1 << bits) - 1)
      (pixel[0], pixel[1], pixel[2]) = palette[index]
      return
    }
    let size = bits / 8
    var value: UInt32 = 0
    for index in 0..<size { value |= UInt32(bytes[row + x * size + index]) << UInt32(8 * index) }
    for (index, place) in places.enumerated() {
      let part = value >> UInt32(place.shift) & place.largest
      pixel[index] = UInt8(part * 255 / place.largest)
    }
  }
}
