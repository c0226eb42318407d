#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The files of a folder with a sub-folder a class: what is read, and what is left out.
struct ImageFolderListing {
  /// Sorted by their UTF-8 bytes; a label is an index of this.
  let classNames: [String]
  /// Class by class, and sorted within a class.
  private(set) var files: [(path: String, label: Int32)] = []
  /// What was left out, in words.
  private(set) var notes: [String] = []

  /// Extensions of files that are read, in any case. Others are no pictures, or pictures in a format that is not decoded here.
  static let extensions: Set<String> = ["png", "jpg", "jpeg", "pgm", "ppm"]

  /// - Parameter classes: that a validation or test folder shares with the training folder; the sub-folders where there are none.
  /// - Throws: `DataError` where there are no classes, a folder's class is not among `classes`, or a class has no image.
  init(_ folder: String, classes: [String]? = nil) throws {
    let found = try ImageFolderListing.entries(of: folder).filter(\.isFolder).map(\.name)
    if found.isEmpty {
      throw DataError(folder, found: "no folders", expected: "a folder of images for each class")
    }
    if let classes, let unknown = found.first(where: { !classes.contains($0) }) {
      throw DataError(
        folder, found: "a class \"\(unknown)\"",
        expected: "only classes of the training images, as \(classes.prefix(3).joined(separator: ", "))")
    }
    classNames = classes ?? found
    var skipped: [String: Int] = [:]
    var empty: [String] = []
    for (label, name) in classNames.enumerated() where found.contains(name) {
      let before = files.count
      for entry in try ImageFolderListing.entries(of: folder + "/" + name) {
        if ImageFolderListing.isImage(entry) {
          files.append(("\(folder)/\(name)/\(entry.name)", Int32(label)))
        } else {
          let suffix = ImageFolderListing.suffix(of: entry.name)
          skipped[entry.isFolder ? "folders" : suffix.isEmpty ? "without extension" : "." + suffix, default: 0] += 1
        }
      }
      if files.count == before { empty.append(name) }
    }
    if !skipped.isEmpty {
      let kinds = skipped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
      notes.append("\(folder): not read: \(kinds); read are .png, .jpg, .jpeg, .pgm and .ppm")
    }
    if !empty.isEmpty {
      let left = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
      throw DataError(
        folder, found: "no images of the class\(empty.count == 1 ? "" : "es") \(empty.joined(separator: ", "))\(left)",
        expected: "at least one of each: .png, .jpg, .jpeg, .pgm or .ppm")
    }
    let missing = classNames.filter { !found.contains($0) }
    if !missing.isEmpty { notes.append("\(folder): no folder for \(missing.joined(separator: ", "))") }
  }

  /// What is in a folder, without hidden things, sorted by the bytes of the names.
  static func entries(of folder: String) throws(DataError) -> [(name: String, isFolder: Bool)] {
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
    return names.filter { !$0.hasPrefix(".") }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder)
      return (name, isFolder)
    }
  }

  /// Whether it is read, by its name.
  static func isImage(_ entry: (name: String, isFolder: Bool)) -> Bool {
    !entry.isFolder && extensions.contains(suffix(of: entry.name))
  }

  /// What follows the last dot, in small letters.
  private static func suffix(of name: String) -> String {
    name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }
}
