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
/// The folder is held open from the first byte to the last: where it is removed meanwhile and another one made in its place, the
/// write fails and the other folder is left alone.
///
/// Through symbolic links the file that they lead to is written, also one that is not there yet; the links stay. Devices, pipes
/// and sockets are refused.
///
/// Where a limit on the file size is set (`ulimit -f`), the process must ignore SIGXFSZ; the write then fails with an error.
package enum AtomicFile {
  /// Writes `bytes` to the file at `path`, replacing it.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(bytes, to: FilePlace(path))
  }

  /// Writes `bytes` to a file in a folder that is held open, replacing it.
  package static func write(_ bytes: [UInt8], to place: FilePlace) throws(FileError) {
    let writer = try Writer(place)
    try writer.append(bytes)
    try writer.commit()
  }

  /// Writes `text` as UTF-8 to the file at `path`, replacing it.
  package static func write(_ text: String, to path: String) throws(FileError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes `text` as UTF-8 to a file in a folder that is held open, replacing it.
  package static func write(_ text: String, to place: FilePlace) throws(FileError) {
    try write(Array(text.utf8), to: place)
  }

  /// A file in the making, for contents that are better written in pieces. Nothing is at the target until `commit()`;
  /// without it the partial file is removed when the writer is gone.
  package final class Writer {
    private let place: FilePlace
    private let partial: FilePlace
    private let descriptor: Int32
    private var isCommitted = false

    /// Begins the file that `path` will lead to. Throws `FileError` if nothing can be written there, or it leads to a device, pipe or
    /// socket.
    package convenience init(_ path: String) throws(FileError) {
      try self.init(FilePlace(path))
    }

    /// Begins a file in a folder that is held open; throws as `init(_:)` of a path does.
    package init(_ place: FilePlace) throws(FileError) {
      // A rename would put a file in the place of a device: /dev/null would be gone from the machine.
      if let kind = place.special {
        throw FileError(place.path, found: kind, expected: "a name for a file, which is written as a whole")
      }
      let place = try place.followingLinks()
      self.place = place
      partial = FilePlace(place.folder, ".\(place.name).partial")
      descriptor = try AtomicFile.openLocked(partial, for: place.path)
    }

    deinit {
      // Another writer's is left alone.
      if !isCommitted && AtomicFile.leads(partial, to: descriptor) { partial.remove() }
      close(descriptor)
    }

    /// Adds bytes at the end. Throws `FileError` if the system does not take them all, as on a full disk.
    package func append(_ bytes: [UInt8]) throws(FileError) {
      try bytes.withUnsafeBufferPointer { (buffer) throws(FileError) in try append(UnsafeRawBufferPointer(buffer)) }
    }

    /// The same for bytes in the caller's memory.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
      var rest = bytes
      while !rest.isEmpty {
        let count = Posix.writeSome(descriptor, rest)
        if count < 0 { throw FileError(place.path, cannot: "write it") }
        // A regular file takes at least one byte or fails.
        if count == 0 { throw FileError(place.path, cannot: "write it", code: ENOSPC) }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }

    /// Puts the file in place. Call it once, after the last `append`.
    package func commit() throws(FileError) {
      let folder = place.folder
      if Posix.synchronize(descriptor) != 0 { throw FileError(place.path, cannot: "write it to disk") }
      // What has its name now may be another writer's, who began after ours was removed: half a file.
      if !AtomicFile.leads(partial, to: descriptor) {
        if !folder.isInPlace { throw folder.removed }
        throw FileError(
          place.path, found: "the file in the making, \(partial.name), was removed or replaced", expected: "it to stay")
      }
      if renameat(folder.descriptor, partial.name, folder.descriptor, place.name) != 0 {
        throw FileError(place.path, cannot: "put it in place")
      }
      isCommitted = true
      // Some file systems have no way to sync a folder and say so.
      if Posix.synchronize(folder.descriptor) != 0 && errno != EINVAL {
        throw FileError(folder.path, cannot: "write the folder to disk")
      }
    }
  }

  /// Whether a name leads to the file that is open.
  private static func leads(_ place: FilePlace, to descriptor: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0
      && fstatat(place.folder.descriptor, place.name, &named, AT_SYMLINK_NOFOLLOW) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// Opens an empty file at `partial` that this process alone writes.
  private static func openLocked(_ partial: FilePlace, for path: String) throws(FileError) -> Int32 {
    while true {
      // A pipe of that name would be waited for without O_NONBLOCK.
      let descriptor = openat(
        partial.folder.descriptor, partial.name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
      if descriptor < 0 {
        let code = errno
        // A name without a folder can be missing only if the folder itself is gone.
        if code == ENOENT { throw partial.folder.removed }
        throw FileError(path, cannot: "make a file in its folder", code: code)
      }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        let code = errno
        close(descriptor)
        if code == EWOULDBLOCK { throw FileError(path, cannot: "write it while another process does", code: code) }
        throw FileError(path, cannot: "lock the file in the making", code: code)
      }
      // Another writer may have renamed or removed the file between our open and our lock: then it is no longer ours to empty.
      if leads(partial, to: descriptor) {
        if ftruncate(descriptor, 0) == 0 { return descriptor }
        let code = errno
        close(descriptor)
        throw FileError(path, cannot: "empty the file in the making", code: code)
      }
      close(descriptor)
    }
  }
}
