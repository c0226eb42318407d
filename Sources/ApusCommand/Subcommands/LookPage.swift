import Apus
import ApusVision

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder that `apus look` writes: a file per picture.
struct LookPage {
  let folder: String
  let title: String

  init(folder: String, title: String) throws {
    (self.folder, self.title) = (folder, title)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(folder, found: "a folder that cannot be made", expected: "a path for the pictures")
    }
  }

  /// - Returns: the file's path.
  func write(_ picture: LookPicture, of method: LookMethod) throws -> String {
    let file = "\(folder)/\(method.name)-\(picture.name).png"
    try picture.image.write(to: file)
    return file
  }
}
