#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The system calls that may be interrupted, retried.
enum Posix {
  /// As read(2): the number of bytes, 0 at the end, −1 with `errno` set.
  static func readSome(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  /// As write(2): may write less than asked for; −1 with `errno` set.
  static func writeSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      let count = write(descriptor, bytes.baseAddress, bytes.count)
      if count >= 0 || errno != EINTR { return count }
    }
  }

  static func synchronize(_ descriptor: Int32) -> Int32 {
    while true {
      let status = fsync(descriptor)
      if status == 0 || errno != EINTR { return status }
    }
  }
}
