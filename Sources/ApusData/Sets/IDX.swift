import ApusCore
import ApusSupport

/// The IDX format of MNIST: a big-endian magic number (0, 0, type, number of axes), the sizes, then the elements.
public enum IDX {
  /// The most bytes of elements that are read; EMNIST's largest file has 0.64 GB. A guard against headers that lie.
  package static let byteLimit = 1 << 30

  /// Reads uint8 elements with the given number of axes from the file at `path`, plain or gzip.
  ///
  /// - Throws: `FileError` if the file cannot be read, is not such an IDX file, or is longer or shorter than its header says.
  public static func read(_ path: String, axes: Int) throws -> Tensor {
    try decode(File.contents(of: path), axes: axes, file: path)
  }

  /// The same from the bytes of a file; `file` is named in errors.
  package static func decode(_ bytes: [UInt8], axes: Int, file: String) throws -> Tensor {
    let isGzip = Gzip.isGzip(bytes)
    let start = isGzip ? try Gzip.prefix(of: bytes, count: Header.byteCount(axes: axes), file: file) : bytes
    let header = try Header(start[...], axes: axes, file: file)
    let total = header.byteCount + header.elementCount
    // The header has been checked, so that no more is decoded than it asks for.
    let content = isGzip ? try Gzip.decode(bytes, limit: total, file: file) : bytes
    if content.count != total {
      throw FileError(
        file, found: "\(content.count) bytes", expected: "\(total) for the shape \(header.shape) that its header gives")
    }
    return tensor(content[header.byteCount...], header)
  }

  /// IDX data at the start of `bytes`, which then begin after it.
  static func takeFirst(_ bytes: inout ArraySlice<UInt8>, axes: Int, file: String) throws -> Tensor {
    let header = try Header(bytes, axes: axes, file: file)
    let total = header.byteCount + header.elementCount
    if bytes.count < total { throw FileError(file, found: "\(bytes.count) bytes", expected: "at least \(total)") }
    defer { bytes = bytes.dropFirst(total) }
    return tensor(bytes.dropFirst(header.byteCount), header)
  }

  private static func tensor(_ elements: ArraySlice<UInt8>, _ header: Header) -> Tensor {
    Tensor(shape: header.shape, of: UInt8.self) { buffer in
      _ = buffer.initialize(from: elements.prefix(header.elementCount))
    }
  }

  /// The checked start of an IDX file.
  struct Header {
    let shape: Shape
    let elementCount: Int

    var byteCount: Int { Header.byteCount(axes: shape.count) }

    static func byteCount(axes: Int) -> Int { 4 + 4 * axes }

    init(_ bytes: ArraySlice<UInt8>, axes: Int, file: String) throws(FileError) {
      let wanted: UInt32 = 0x0800 | UInt32(axes)
      let words = stride(from: bytes.startIndex, to: bytes.endIndex - 3, by: 4).prefix(1 + axes).map { index in
        bytes[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      }
      let kind = "\(hexadecimal(wanted)) (IDX, uint8, \(axes) \(axes == 1 ? "axis" : "axes"))"
      guard let magic = words.first else {
        throw FileError(file, found: "\(bytes.count) bytes\(FileKind.note(bytes))", expected: "an IDX file")
      }
      if magic != wanted {
        throw FileError(file, found: "magic number \(hexadecimal(magic))\(FileKind.note(bytes))", expected: kind)
      }
      if bytes.count < Header.byteCount(axes: axes) {
        throw FileError(
          file, found: "\(bytes.count) bytes", expected: "at least \(Header.byteCount(axes: axes)), the header's length"
        )
      }
      let sizes = words.dropFirst().map { Int($0) }
      var product = 1
      for size in sizes {
        let (value, overflow) = product.multipliedReportingOverflow(by: size)
        product = overflow ? Int.max : value
      }
      // Every size is checked too: 0 in one axis hides any other.
      if product > byteLimit || sizes.contains(where: { $0 > byteLimit }) {
        throw FileError(
          file, found: "a header that claims the shape \(sizes)", expected: "at most \(byteLimit) bytes of elements")
      }
      shape = Shape(sizes)
      elementCount = product
    }
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
