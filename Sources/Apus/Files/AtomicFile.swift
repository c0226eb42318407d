#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Files that are there as a whole or not at all, also after a crash or a power cut.
///
/// The bytes go to `.NAME.partial` in the same folder, which is synced, renamed over the target, and its folder synced. On any
/// failure (disk full, file too large, folder not writable) the target stays as it was and the partial file is removed; one left
/// behind by a killed process is taken over by the next write to the same target. Two writers of one target exclude each other.
///
/// Where a limit on the file size is set (`ulimit -f`), the process must ignore SIGXFSZ; the write then fails with an error.
public enum AtomicFile {
  /// Writes `bytes` to the file at `path`, replacing it.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    let writer = try Writer(path)
    try writer.append(bytes)
    try writer.commit()
  }

  /// Writes `text` as UTF-8 to the file at `path`, replacing it.
  public static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// A file in the making, for contents that are better written in pieces. Nothing is at the target until `commit()`;
  /// without it the partial file is removed when the writer is gone.
  public final class Writer {
    private let path: String
    private let folder: String
    private let partial: String
    private let descriptor: Int32
    private var isCommitted = false

    public init(_ path: String) throws(FileError) {
      let (folder, name) = AtomicFile.split(path)
      if name.isEmpty || name == "." || name == ".." { throw FileError(path, cannot: "write it", code: EISDIR) }
      // A rename would put a file in the place of a device: /dev/null would be gone from the machine.
      var there = stat()
      if stat(path, &there) == 0, there.st_mode & S_IFMT != S_IFREG, there.st_mode & S_IFMT != S_IFDIR {
        throw FileError(
          path, found: "a device, a pipe or a socket", expected: "a name for a file, which is written as a whole")
      }
      self.path = path
      self.folder = folder
      partial = "\(folder)/.\(name).partial"
      descriptor = try AtomicFile.openLocked(partial, for: path)
    }

    deinit {
      if !isCommitted { unlink(partial) }
      close(descriptor)
    }

    public func append(_ bytes: [UInt8]) throws(FileError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try append(UnsafeRawBufferPointer(buffer)) }
    }

    public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      var rest = bytes
      while !rest.isEmpty {
        let count = Posix.writeSome(descriptor, rest)
        if count < 0 { throw FileError(path, cannot: "write it") }
        // A regular file takes at least one byte or fails.
        if count == 0 { throw FileError(path, cannot: "write it", code: ENOSPC) }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }

    /// Puts the file in place. Call it once, after the last `append`.
    public func commit() throws(FileError) {
      if Posix.synchronize(descriptor) != 0 { throw FileError(path, cannot: "write it to disk") }
      if rename(partial, path) != 0 { throw FileError(path, cannot: "put it in place") }
      isCommitted = true
      let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      if directory < 0 { throw FileError(folder, cannot: "open the folder") }
      defer { close(directory) }
      // Some file systems have no way to sync a folder and say so.
      if Posix.synchronize(directory) != 0 && errno != EINVAL {
        throw FileError(folder, cannot: "write the folder to disk")
      }
    }
  }

  /// The folder ("." where the path names none, without a slash at its end) and the last component.
  private static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
    let folder = String(path[..<slash])
    return (folder.isEmpty ? "/." : folder, String(path[path.index(after: slash)...]))
  }

  /// Opens an empty file at `partial` that this process alone writes.
  private static func openLocked(_ partial: String, for path: String) throws(FileError) -> Int32 {
    while true {
      let descriptor = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      if descriptor < 0 { throw FileError(path, cannot: "make a file in its folder") }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        close(descriptor)
        if code == EWOULDBLOCK { throw FileError(path, cannot: "write it while another process does", code: code) }
        throw FileError(path, cannot: "lock the file in the making", code: code)
      }
      // Another writer may have renamed or removed the file between our open and our lock: then it is no longer ours to empty.
      var opened = stat()
      var named = stat()
      if fstat(descriptor, &opened) == 0, lstat(partial, &named) == 0, opened.st_ino == named.st_ino,
        opened.st_dev == named.st_dev
      {
        if ftruncate(descriptor, 0) == 0 { return descriptor }
        let code = errno
        close(descriptor)
        throw FileError(path, cannot: "empty the file in the making", code: code)
      }
      close(descriptor)
    }
  }
}
