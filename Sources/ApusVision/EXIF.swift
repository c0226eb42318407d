/// The one thing that is read of the EXIF data that cameras write beside an image: how it was held.
enum EXIF {
  /// 1...8, or `nil` if the data have no orientation or are damaged: then the image stays as it is.
  ///
  /// - Parameter data: a TIFF header and its first directory.
  static func orientation(_ data: ArraySlice<UInt8>) -> Int? {
    let isLittle: Bool
    switch data.prefix(4) {
    case [0x49, 0x49, 0x2A, 0]: isLittle = true
    case [0x4D, 0x4D, 0, 0x2A]: isLittle = false
    default: return nil
    }
    func number(_ place: Int, _ size: Int) -> Int? {
      let start = data.startIndex + place
      if place < 0 || place + size > data.count { return nil }
      let bytes = data[start..<start + size]
      return isLittle
        ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let count = number(directory, 2) else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2), let type = number(entry + 2, 2) else { return nil }
      if tag != 0x0112 { continue }
      // A short, as it must be, or a long, as some programs write it.
      guard let value = number(entry + 8, type == 4 ? 4 : 2), (1...8).contains(value) else { return nil }
      return value
    }
    return nil
  }
}

extension ImageCodec {
  /// The EXIF data of a file, from the TIFF header on.
  func exif(of bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let found: ArraySlice<UInt8>?
    switch self {
    case .jpeg: found = ImageCodec.jpegEXIF(bytes)
    case .png: found = ImageCodec.chunk("eXIf", of: bytes, from: 8, isPNG: true)
    case .webp: found = ImageCodec.chunk("EXIF", of: bytes, from: 12, isPNG: false)
    case .gif, .bmp, .netpbm: found = nil
    }
    guard let found else { return nil }
    // PNG and WebP have it without this prefix, except from some programs.
    return found.starts(with: Array("Exif\0\0".utf8)) ? found.dropFirst(6) : found
  }

  /// The first segment APP1 that begins as EXIF does, before the image data.
  private static func jpegEXIF(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xFF {
      let marker = bytes[place + 1]
      if marker == 0xFF {
        place += 1
        continue
      }
      // The start of a scan, or the end.
      if marker == 0xDA || marker == 0xD9 { return nil }
      // Markers without a length.
      if marker == 0x01 || (0xD0...0xD8).contains(marker) {
        place += 2
        continue
      }
      let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
      let end = place + 2 + length
      if length < 2 || end > bytes.count { return nil }
      let segment = bytes[(place + 4)..<end]
      if marker == 0xE1 && segment.starts(with: Array("Exif\0\0".utf8)) { return segment }
      place = end
    }
    return nil
  }

  /// The first chunk of a name: of PNG the length comes first and a checksum last; of WebP the name comes first, and lengths are padded
  /// to even.
  private static func chunk(_ name: String, of bytes: [UInt8], from start: Int, isPNG: Bool) -> ArraySlice<UInt8>? {
    var place = start
    while place + 8 <= bytes.count {
      let size = bytes[(isPNG ? place : place + 4)...].prefix(4)
      let length = isPNG ? size.reduce(0) { $0 << 8 | Int($1) } : size.reversed().reduce(0) { $0 << 8 | Int($1) }
      if length > bytes.count - place - 8 { return nil }
      let content = bytes[(place + 8)..<(place + 8 + length)]
      if bytes[(isPNG ? place + 4 : place)...].starts(with: name.utf8) { return content }
      place += 8 + length + (isPNG ? 4 : length % 2)
    }
    return nil
  }
}
