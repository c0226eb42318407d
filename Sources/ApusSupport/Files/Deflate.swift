internal import CZlib

/// Decoding of deflate data (RFC 1951) without a frame, as in ZIP files, and their checksum, through zlib.
package enum Deflate {
  /// The decoded bytes of all of `bytes`, which must be `size`, and what is wrong where they are not.
  package static func decode(_ bytes: ArraySlice<UInt8>, size: Int) -> (bytes: [UInt8], problem: String?) {
    var stream = z_stream()
    if apus_inflate_init_raw(&stream) != Z_OK { fatalError("zlib cannot start: \(Gzip.message(of: stream))") }
    defer { inflateEnd(&stream) }
    var problem: String?
    // One byte more than there may be, so that more is seen; zlib wants space for none as well.
    let decoded = [UInt8](unsafeUninitializedCapacity: size + 1) { output, written in
      bytes.withUnsafeBufferPointer { input in
        var consumed = 0
        while true {
          // zlib counts in 32 bits and does not write to its input.
          let given = min(input.count - consumed, 1 << 30)
          let wanted = min(size + 1 - written, 1 << 30)
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + consumed })
          stream.avail_in = UInt32(given)
          stream.next_out = output.baseAddress.map { $0 + written }
          stream.avail_out = UInt32(wanted)
          let status = CZlib.inflate(&stream, Z_NO_FLUSH)
          consumed += given - Int(stream.avail_in)
          written += wanted - Int(stream.avail_out)
          if written > size {
            problem = "deflated data that decode to more than \(size) bytes"
          } else if status == Z_STREAM_END {
            if written != size { problem = "deflated data that decode to \(written) bytes" }
            if consumed != input.count { problem = "\(input.count - consumed) bytes after the deflated data" }
          } else if status == Z_BUF_ERROR {
            problem = "deflated data that end after \(written) decoded bytes"
          } else if status != Z_OK {
            problem = "corrupt deflated data after \(written) decoded bytes (\(Gzip.message(of: stream)))"
          } else {
            continue
          }
          return
        }
      }
    }
    return (decoded, problem)
  }

  /// CRC-32 of `bytes` after those whose checksum is `before`.
  package static func checksum(_ bytes: UnsafeRawBufferPointer, before: UInt32 = 0) -> UInt32 {
    // zlib gives the checksum of nothing for a null pointer.
    guard let start = bytes.baseAddress else { return before }
    return UInt32(crc32_z(uLong(before), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}
