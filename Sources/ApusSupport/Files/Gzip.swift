internal import CZlib

/// Decoding of gzip data (RFC 1952) through zlib.
package enum Gzip {
  /// True if `bytes` begin as gzip data does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B }

  /// The decoded bytes. More than `limit` of them are an error, found before they are made: a small file can decode to terabytes.
  ///
  /// - Parameter file: named in errors; truncated and corrupt data are errors, and so is anything but zeros after the gzip data.
  package static func decode(_ bytes: [UInt8], limit: Int, file: String) throws(FileError) -> [UInt8] {
    let result = try inflate(bytes, atMost: limit + 1, file: file)
    if result.count > limit {
      throw FileError(file, found: "gzip data that decodes to more than \(limit) bytes", expected: "at most that many")
    }
    return result
  }

  /// The first `count` decoded bytes, or all where there are fewer.
  package static func prefix(of bytes: [UInt8], count: Int, file: String) throws(FileError) -> [UInt8] {
    try inflate(bytes, atMost: count, file: file)
  }

  /// Decodes member after member until the input ends or `limit` bytes are made.
  private static func inflate(_ bytes: [UInt8], atMost limit: Int, file: String) throws(FileError) -> [UInt8] {
    var stream = z_stream()
    if apus_inflate_init_gzip(&stream) != Z_OK { fatalError("zlib cannot start: \(message(of: stream))") }
    defer { inflateEnd(&stream) }
    var output = [UInt8]()
    let piece = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: min(limit, 1 << 18))
    defer { piece.deallocate() }

    var problem: FileError?
    bytes.withUnsafeBufferPointer { input in
      var consumed = 0
      var memberEnded = false
      while output.count < limit {
        if memberEnded {
          // Tapes and some programs fill the last block with zeros, which gunzip passes over too.
          while consumed < input.count && input[consumed] == 0 { consumed += 1 }
          if consumed == input.count { return }
        }
        memberEnded = false
        // zlib counts in 32 bits and does not write to its input.
        let given = min(input.count - consumed, 1 << 30)
        let wanted = min(limit - output.count, piece.count)
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + consumed })
        stream.avail_in = UInt32(given)
        stream.next_out = piece.baseAddress
        stream.avail_out = UInt32(wanted)
        let status = CZlib.inflate(&stream, Z_NO_FLUSH)
        consumed += given - Int(stream.avail_in)
        output.append(contentsOf: piece[..<(wanted - Int(stream.avail_out))])
        switch status {
        case Z_OK: continue
        case Z_STREAM_END:
          memberEnded = true
          inflateReset(&stream)
        case Z_BUF_ERROR:
          // No progress is possible: the input has ended in the middle of the data.
          problem = FileError(
            file, found: "truncated gzip data: it ends after \(output.count) decoded bytes", expected: "a complete file"
          )
          return
        default:
          problem = FileError(
            file, found: "corrupt gzip data after \(output.count) decoded bytes (\(message(of: stream)))",
            expected: "a complete file")
          return
        }
      }
    }
    if let problem { throw problem }
    return output
  }

  static func message(of stream: z_stream) -> String {
    stream.msg.map { String(cString: $0) } ?? "no reason given"
  }
}
