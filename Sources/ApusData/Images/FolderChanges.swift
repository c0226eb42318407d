import ApusSupport

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the files of a folder differ from those that a run recorded.
package struct FolderChanges {
  var gone: [DataFile] = []
  /// Paths below the folder.
  package var added: [String] = []
  package var changed: [DataFile] = []

  package init() {}

  /// Compares names and sizes. What is in the files is compared where they are read.
  ///
  /// - Parameter skipped: files that the run left out.
  /// - Throws: `DataError` if the folder cannot be read.
  package init(
    _ folder: String, since files: [DataFile], _ skipped: [SkippedImage], _ reading: ImageReading
  ) throws(DataError) {
    let known = Set((files.map(\.path) + skipped.map(\.path)).map { PathBytes($0) })
    added = try ImageFolderParts.paths(of: folder, reading).filter { !known.contains(PathBytes($0)) }.sorted()
    for file in files {
      var status = stat()
      if stat("\(folder)/\(file.path)", &status) != 0 {
        gone.append(file)
      } else if Int(status.st_size) != file.content.byteCount {
        changed.append(file)
      }
    }
  }

  package var isEmpty: Bool { gone.isEmpty && added.isEmpty && changed.isEmpty }

  /// Those of one part, or of the others. What was added is in none.
  package func of(_ isIncluded: (DataPart) -> Bool) -> FolderChanges {
    var changes = FolderChanges()
    changes.gone = gone.filter { isIncluded($0.part) }
    changes.changed = changed.filter { isIncluded($0.part) }
    return changes
  }

  /// "2 files are gone (a/1.png, b/7.png), 1 has another content (c/3.png)"
  package var text: String {
    func clause(_ names: [String], _ one: String, _ more: String) -> String? {
      names.isEmpty ? nil : "\(names.count.grouped) \(names.count == 1 ? one : more) (\(NameList.text(names)))"
    }
    return [
      clause(gone.map(\.path), "file is gone", "files are gone"), clause(added, "file was added", "files were added"),
      clause(changed.map(\.path), "file has another content", "files have another content"),
    ].compactMap { $0 }.joined(separator: ", ")
  }

  /// Throws if there is any: a run goes on with the files that it began with.
  func check(_ folder: String) throws(DataError) {
    if isEmpty { return }
    throw DataError(
      folder, found: "data that differ from those that the run began with: \(text)", expected: "the same files")
  }
}
