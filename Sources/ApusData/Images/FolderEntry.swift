#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Something in a folder.
package struct FolderEntry {
  enum Kind: Hashable {
    /// A file, or a link that leads to nothing: reading it says so.
    case file
    case folder(FolderIdentity)
    /// What may never end or never begin when it is read.
    case pipe, socket, device
  }

  package let name: String
  let kind: Kind

  /// A folder, whatever path leads to it.
  struct FolderIdentity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  package var isFolder: Bool { if case .folder = kind { true } else { false } }

  /// What follows the last dot of its name, in small letters.
  var suffix: String {
    name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }

  /// What is in a folder, without hidden things, sorted by the bytes of the names. Links are followed.
  package static func all(of folder: String) throws(DataError) -> [FolderEntry] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      var isFolder = false
      let exists = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
      throw DataError(
        folder, found: !exists ? "nothing there" : isFolder ? "a folder that cannot be read" : "a file",
        expected: "a folder of images")
    }
    return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { FolderEntry(name: $0, kind: kind("\(folder)/\($0)")) }
  }

  static func identity(of folder: String) -> FolderIdentity? {
    if case .folder(let identity) = kind(folder) { identity } else { nil }
  }

  private static func kind(_ path: String) -> Kind {
    var status = stat()
    if stat(path, &status) != 0 { return .file }
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      let (device, number) = (UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino))
      return .folder(FolderIdentity(device: device, number: number))
    case S_IFIFO: return .pipe
    case S_IFSOCK: return .socket
    case S_IFCHR, S_IFBLK: return .device
    default: return .file
    }
  }
}
