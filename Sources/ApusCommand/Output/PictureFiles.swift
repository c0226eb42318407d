import Apus
import Foundation

/// The image files that a command is given: files as they are, and of folders what training on image folders would read there.
struct PictureFiles {
  private(set) var paths: [String] = []
  /// What was passed over in folders, a line each.
  private(set) var notes: [String] = []

  /// - Throws: `DataError` if a folder cannot be read, `FileError` if it has no picture.
  init(_ given: [String], _ reading: ImageReading) throws {
    for path in given {
      var isFolder: ObjCBool = false
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
        try add(folder: path, reading)
      } else {
        paths.append(path)
      }
    }
  }

  private mutating func add(folder: String, _ reading: ImageReading) throws {
    let base = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let walk = try ImageFolderWalk(base, reading)
    let leftOut = ImageFolderWalk.text(walk.leftOut)
    if walk.files.isEmpty {
      throw FileError(
        folder, found: leftOut.isEmpty ? "no images in it" : "no images in it, but \(leftOut)",
        expected: "files named \(ImageFolderWalk.extensionList(reading)), here or in folders below")
    }
    if !leftOut.isEmpty { notes.append("\(folder): not read: \(leftOut)") }
    paths += walk.files.map { "\(base)/\($0)" }
  }
}
