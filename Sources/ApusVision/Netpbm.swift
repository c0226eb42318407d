import Apus

/// Binary PGM (`P5`, gray) and PPM (`P6`, RGB): width, height and the largest value in text, then the samples.
enum Netpbm {
  static func isNetpbm(_ bytes: [UInt8]) -> Bool {
    bytes.count > 2 && bytes[0] == UInt8(ascii: "P") && (bytes[1] == UInt8(ascii: "5") || bytes[1] == UInt8(ascii: "6"))
      && isSpace(bytes[2])
  }

  static func decode(_ bytes: [UInt8], file: String) throws(FileError) -> Image {
    let channels = bytes[1] == UInt8(ascii: "5") ? 1 : 3
    var offset = 2
    let width = try number("width", bytes, &offset, file)
    let height = try number("height", bytes, &offset, file)
    let largest = try number("largest value", bytes, &offset, file)
    try Image.check(width: width, height: height, file: file)
    if largest < 1 || largest > 65535 {
      throw FileError(file, part: "header", found: "\(largest) as the largest value", expected: "1...65535")
    }
    guard offset < bytes.count, isSpace(bytes[offset]) else {
      throw FileError(file, part: "header", found: "no space after the largest value", expected: "one")
    }
    let samples = bytes[(offset + 1)...]
    let sampleSize = largest > 255 ? 2 : 1
    let count = width * height * channels
    if samples.count < count * sampleSize {
      throw FileError(
        file, found: "\(samples.count) bytes of samples",
        expected: "\(count * sampleSize) for \(height)×\(width) pixels")
    }
    let pixels = (0..<count).map { index -> UInt8 in
      let at = samples.startIndex + index * sampleSize
      let value = sampleSize == 1 ? Int(samples[at]) : Int(samples[at]) << 8 | Int(samples[at + 1])
      return UInt8((min(value, largest) * 255 + largest / 2) / largest)
    }
    return Image(height: height, width: width, channels: channels, pixels: pixels)
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
