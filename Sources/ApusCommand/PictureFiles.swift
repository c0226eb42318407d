import Apus
import Foundation

/// The image files that a command is given: files as they are, and of folders every picture in them, in sub-folders too.
enum PictureFiles {
  private static let extensions: Set<String> = [
    "png", "jpg", "jpeg", "jpe", "jfif", "pgm", "ppm", "pnm", "webp", "bmp", "gif",
  ]

  /// - Throws: `FileError` where a folder cannot be read or has no picture.
  static func list(_ paths: [String]) throws -> [String] {
    try paths.flatMap { try isFolder($0) ? pictures(in: $0) : [$0] }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }

  private static func pictures(in folder: String) throws -> [String] {
    var found: [String] = []
    try walk(folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder, into: &found, depth: 0)
    if found.isEmpty {
      throw FileError(
        folder, found: "no images in it or in its folders",
        expected: "files named .\(extensions.sorted().joined(separator: ", ."))")
    }
    return found
  }

  /// Links to folders are followed as far as folders are nested in practice, so that one to a folder above ends.
  private static func walk(_ folder: String, into found: inout [String], depth: Int) throws {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw FileError(folder, found: "a folder that cannot be read", expected: "a folder of images")
    }
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !name.hasPrefix(".") {
      let path = folder + "/" + name
      if isFolder(path) {
        if depth < 32 { try walk(path, into: &found, depth: depth + 1) }
      } else if extensions.contains(URL(filePath: path).pathExtension.lowercased()), isRegular(path) {
        found.append(path)
      }
    }
  }

  /// Not a pipe or a device, which would be waited for.
  private static func isRegular(_ path: String) -> Bool {
    let real = URL(filePath: path).resolvingSymlinksInPath().path
    return (try? FileManager.default.attributesOfItem(atPath: real))?[.type] as? FileAttributeType == .typeRegular
  }
}
