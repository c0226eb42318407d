import Apus

/// Binary PGM (`P5`, gray) and PPM (`P6`, RGB): width, height and the largest value in text, then the samples.
struct Netpbm {
  let header: ImageCodec.Header
  private let largest: Int
  private let data: ArraySlice<UInt8>
  private let file: String

  static func isNetpbm(_ bytes: [UInt8]) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "P") && (bytes[1] == UInt8(ascii: "5") || bytes[1] == UInt8(ascii: "6"))
      && isSpace(bytes[2])
  }

  init(_ bytes: [UInt8], file: String) throws(FileError) {
    var offset = 2
    let width = try Netpbm.number("width", bytes, &offset, file)
    let height = try Netpbm.number("height", bytes, &offset, file)
    largest = try Netpbm.number("largest value", bytes, &offset, file)
    header = ImageCodec.Header(height: height, width: width, channels: bytes[1] == UInt8(ascii: "5") ? 1 : 3)
    self.file = file
    if largest < 1 || largest > 65535 {
      throw FileError(file, part: "header", found: "\(largest) as the largest value", expected: "1...65535")
    }
    guard offset < bytes.count, Netpbm.isSpace(bytes[offset]) else {
      throw FileError(file, part: "header", found: "no space after the largest value", expected: "one")
    }
    data = bytes[(offset + 1)...]
  }

  /// As Pillow scales them, to the nearest and of two to the even one. Gray of two bytes it takes for whole numbers, and cuts at 255.
  ///
  /// - Parameter scalesSixteenBits: as the first edition of the rules did: all to 255, the half up.
  func samples(scalesSixteenBits: Bool) throws(FileError) -> [UInt8] {
    let sampleSize = largest > 255 ? 2 : 1
    let count = header.width * header.height * header.channels
    if data.count < count * sampleSize {
      throw FileError(
        file, found: "damaged or truncated data: \(data.count) bytes of samples",
        expected: "\(count * sampleSize) for \(header.height)×\(header.width) pixels")
    }
    if largest == 255 { return Array(data.prefix(count)) }
    let table = (0...largest).map { value in
      scalesSixteenBits ? UInt8((value * 255 + largest / 2) / largest) : scaled(value)
    }
    return [UInt8](unsafeUninitializedCapacity: count) { output, written in
      data.withUnsafeBufferPointer { data in
        for index in 0..<count {
          let value = sampleSize == 1 ? Int(data[index]) : Int(data[2 * index]) << 8 | Int(data[2 * index + 1])
          output[index] = table[min(value, largest)]
        }
      }
      written = count
    }
  }

  private func scaled(_ value: Int) -> UInt8 {
    let isWholeNumber = largest > 255 && header.channels == 1
    let part = Double(value) / Double(largest) * (isWholeNumber ? 65535 : 255)
    return UInt8(min(255, part.rounded(.toNearestOrEven)))
  }

  /// The next number of the header; comments run from # to the end of a line.
  private static func number(
    _ what: String, _ bytes: [UInt8], _ offset: inout Int, _ file: String
  ) throws(FileError) -> Int {
    while offset < bytes.count, isSpace(bytes[offset]) || bytes[offset] == UInt8(ascii: "#") {
      if bytes[offset] == UInt8(ascii: "#") {
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
      } else {
        offset += 1
      }
    }
    let start = offset
    var value = 0
    // Ten digits are enough for any size and cannot overflow.
    while offset < bytes.count, offset < start + 10, bytes[offset] >= UInt8(ascii: "0"),
      bytes[offset] <= UInt8(ascii: "9")
    {
      value = value * 10 + Int(bytes[offset] - UInt8(ascii: "0"))
      offset += 1
    }
    if offset == start { throw FileError(file, part: "header", found: "no \(what)", expected: "a number") }
    return value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
