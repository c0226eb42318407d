#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reading of whole files, with the system's own words for what goes wrong.
public enum File {
  /// The bytes of the file at `path`.
  public static func contents(of path: String) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(path, cannot: "open it for reading") }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError(path, cannot: "ask for its size") }
    if status.st_mode & S_IFMT == S_IFDIR { throw FileError(path, cannot: "read it", code: EISDIR) }

    // The size is only a hint: pipes have none, and a file may grow meanwhile.
    var bytes = [UInt8]()
    bytes.reserveCapacity(Int(status.st_size))
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = Posix.readSome(descriptor, into: piece)
      if count < 0 { throw FileError(path, cannot: "read it") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
    }
  }

  /// True where a regular file, or a link that leads to one, is at `path`.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
