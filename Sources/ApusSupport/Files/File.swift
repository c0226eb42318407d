#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reading of whole files, with the system's own words for what goes wrong.
package enum File {
  /// The bytes of the file at `path`. It never blocks: a pipe, a socket or a device is refused, except where a shell has put one in
  /// place of a file (`/dev/stdin`, `<(command)`).
  package static func contents(of path: String) throws(FileError) -> [UInt8] { try contents(of: path, limit: .max) }

  /// The same, and an error if there are more than `limit` bytes.
  package static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    // Without O_NONBLOCK a pipe that nobody writes to is waited for here, and some devices too. Of files it changes nothing.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    if descriptor < 0 {
      // A socket cannot be opened.
      if errno == ENXIO { throw FileError(path, found: "a socket or a device", expected: "a file") }
      throw FileError(path, cannot: "open it for reading")
    }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 { throw FileError(path, cannot: "ask for its size") }
    let kind = status.st_mode & S_IFMT
    if kind == S_IFDIR { throw FileError(path, cannot: "read it", code: EISDIR) }
    if kind != S_IFREG {
      if !isDescriptor(path) || kind != S_IFIFO {
        throw FileError(path, found: kind == S_IFIFO ? "a pipe" : "a device or a socket", expected: "a file")
      }
      // Of a command's output the end is waited for.
      let flags = fcntl(descriptor, F_GETFL)
      if flags < 0 || fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) != 0 { throw FileError(path, cannot: "read it") }
    }
    return try bytes(descriptor, hint: Int(status.st_size), limit, path)
  }

  /// Whether the path names something that this process was started with.
  private static func isDescriptor(_ path: String) -> Bool {
    ["/dev/fd/", "/dev/stdin", "/proc/self/fd/"].contains { path.hasPrefix($0) }
  }

  /// The size is only a hint: pipes have none, and a file may grow meanwhile.
  private static func bytes(_ descriptor: Int32, hint: Int, _ limit: Int, _ path: String) throws(FileError) -> [UInt8] {
    func tooLong(_ count: Int) -> FileError {
      FileError(path, found: "\(count.grouped) bytes", expected: "at most \(limit.grouped)")
    }
    if hint > limit { throw tooLong(hint) }
    var bytes = [UInt8]()
    bytes.reserveCapacity(hint)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { piece.deallocate() }
    while true {
      let count = Posix.readSome(descriptor, into: piece)
      if count < 0 { throw FileError(path, cannot: "read it") }
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
      if bytes.count > limit { throw tooLong(bytes.count) }
    }
  }

  /// True if a regular file, or a link that leads to one, is at `path`.
  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
