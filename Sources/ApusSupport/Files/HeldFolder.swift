#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder that stays open. What is written through it goes into this very folder, wherever its path leads meanwhile: where it was
/// removed and another one made in its place, nothing reaches the other one.
package final class HeldFolder: Sendable {
  /// As it was opened; it may lead elsewhere meanwhile.
  package let path: String
  package let descriptor: Int32

  /// Opens the folder at `path`; throws `FileError` if there is none or it cannot be read.
  package init(_ path: String) throws(FileError) {
    // The descriptor must not be inherited: a child that outlives this process would hold its lock.
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(path, cannot: "open the folder") }
    self.path = path
  }

  deinit { close(descriptor) }

  /// Whether its path still leads to it.
  package var isInPlace: Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }

  /// Nothing can be made in a folder that was removed, and what is made says only "No such file or directory".
  var removed: FileError {
    FileError(
      path, found: "the folder was removed after this process had opened it",
      expected: "it to stay; what is there now is not touched")
  }
}

/// A file's name in a folder that is held open.
package struct FilePlace: Sendable {
  let folder: HeldFolder
  let name: String
  /// For errors.
  let path: String

  package init(_ folder: HeldFolder, _ name: String) {
    self.folder = folder
    self.name = name
    path = "\(folder.path)/\(name)"
  }

  /// Opens the folder that the path names.
  package init(_ path: String) throws(FileError) {
    // Without the slash at its end; "." where the path names none.
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    if name.isEmpty || name == "." || name == ".." { throw FileError(path, cannot: "write it", code: EISDIR) }
    do throws(FileError) {
      self.folder = try HeldFolder(folder)
    } catch {
      guard case .system(_, let code) = error.problem else { throw error }
      throw FileError(path, cannot: "open its folder", code: code)
    }
    self.name = name
    self.path = path
  }

  /// Removes the file, if there is one.
  package func remove() { unlinkat(folder.descriptor, name, 0) }

  /// Whether there is something of that name.
  package var exists: Bool {
    var status = stat()
    return fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Where a write to it goes: for a symbolic link, the place that the last link of the chain names.
  func followingLinks() throws(FileError) -> FilePlace {
    var place = self
    // As many as the system itself follows.
    for _ in 0..<40 {
      guard let target = place.linkTarget else { return place }
      place = try target.hasPrefix("/") ? FilePlace(target) : FilePlace("\(place.folder.path)/\(target)")
    }
    throw FileError(path, cannot: "follow its links", code: ELOOP)
  }

  /// The text of a symbolic link; `nil` if it is none.
  private var linkTarget: String? {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(PATH_MAX)) { buffer in
      let count = buffer.withMemoryRebound(to: CChar.self) {
        readlinkat(folder.descriptor, name, $0.baseAddress!, buffer.count)
      }
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }
  }

  /// What is there that a file cannot take the place of, in words; `nil` for a file, a folder, and nothing.
  var special: String? {
    var there = stat()
    if fstatat(folder.descriptor, name, &there, 0) != 0 { return nil }
    switch there.st_mode & S_IFMT {
    case S_IFREG, S_IFDIR: return nil
    case S_IFIFO: return "a pipe"
    case S_IFSOCK: return "a socket"
    default: return "a device"
    }
  }
}
