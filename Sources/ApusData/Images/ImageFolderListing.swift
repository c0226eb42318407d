import ApusSupport

/// The files of a folder with a sub-folder per class: what is read, and what is left out.
package struct ImageFolderListing {
  let folder: String
  /// Sorted by the bytes of their names, which is by code points, as torchvision's `ImageFolder` sorts them; a label is an index of this.
  let classNames: [String]
  /// Class by class, and sorted within a class. The path is below `folder`.
  package private(set) var files: [(path: String, label: Int32)] = []
  /// What was left out, in words.
  package private(set) var notes: [String] = []

  /// Names are the same that differ only in how Unicode composes their letters: macOS and Linux write "é" differently.
  ///
  /// - Parameters:
  ///   - classes: that a validation or test folder shares with the training folder; the sub-folders where there are none.
  ///   - order: the classes as a run recorded them, which keep their places where the sub-folders are still the same.
  /// - Throws: `DataError` if there are no classes, a folder's class is not among `classes`, or a class has no image.
  package init(_ folder: String, classes: [String]? = nil, order: [String]? = nil, _ reading: ImageReading)
    throws(DataError)
  {
    self.folder = folder
    let found = try ImageFolderListing.classFolders(of: folder)
    if let classes, let unknown = found.first(where: { !classes.contains($0) }) {
      throw DataError(
        folder, found: "a class \"\(unknown)\"",
        expected: "only the training images' classes: \(NameList.text(classes))")
    }
    classNames = classes ?? order.flatMap { $0.count == found.count && Set($0) == Set(found) ? $0 : nil } ?? found
    var leftOut: [String: Int] = [:]
    var empty: [String] = []
    for (label, name) in classNames.enumerated() {
      // In the spelling of this folder.
      guard let spelled = found.first(where: { $0 == name }) else { continue }
      let walk = try ImageFolderWalk("\(folder)/\(spelled)", reading)
      files += walk.files.map { ("\(spelled)/\($0)", Int32(label)) }
      leftOut.merge(walk.leftOut, uniquingKeysWith: +)
      if walk.files.isEmpty { empty.append(name) }
    }
    let extensions = ImageFolderWalk.extensionList(reading)
    if !leftOut.isEmpty {
      notes.append(
        "\(folder): not read: \(ImageFolderWalk.text(leftOut)); the files that are read end in \(extensions)")
    }
    if !empty.isEmpty {
      let left = notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))"
      throw DataError(
        folder, found: "no images of the class\(empty.count == 1 ? "" : "es") \(empty.joined(separator: ", "))\(left)",
        expected: "at least one image per class (\(extensions))")
    }
    let missing = classNames.filter { !found.contains($0) }
    if !missing.isEmpty { notes.append("\(folder): no folder for \(missing.joined(separator: ", "))") }
  }

  /// Without the files that a run left out when it began.
  mutating func leaveOut(_ paths: Set<PathBytes>) {
    files.removeAll { paths.contains(PathBytes("\(folder)/\($0.path)")) }
  }

  /// The names of the folders, sorted by their bytes. Strings are equal in Swift by their composed forms.
  private static func classFolders(of folder: String) throws(DataError) -> [String] {
    let entries = try FolderEntry.all(of: folder)
    let found = entries.filter(\.isFolder).map(\.name)
    if found.isEmpty {
      let files = entries.count { $0.kind == .file }
      let what = files == 0 ? "no subfolders" : "\(files.grouped) file\(files == 1 ? "" : "s") and no subfolders"
      let hint = files == 0 ? "" : "; if this is the folder of one class, give the folder that it is in"
      throw DataError(folder, found: what, expected: "a folder with one folder of images per class\(hint)")
    }
    var seen: Set<String> = []
    if let twice = found.first(where: { !seen.insert($0).inserted }) {
      throw DataError(
        folder,
        found: "two folders of the class \"\(twice)\", whose names differ only in how Unicode composes letters",
        expected: "one: move the images of one into the other")
    }
    return found
  }
}
