/// The image files below the folder of a class, as torchvision's `ImageFolder` finds and orders them: folder by folder, sorted by the
/// folders' paths and within a folder by name, hidden ones left out.
package struct ImageFolderWalk {
  /// Below the folder.
  package private(set) var files: [String] = []
  /// What was left out: how many of each kind, by its extension or a word for one.
  package private(set) var leftOut: [String: Int] = [:]

  private var walked = 0
  private let folder: String
  private let reading: ImageReading
  private let mostFolders: Int

  /// Folders that hold two links to the next one have as many paths as a power of two of their number.
  package static let mostFolders = 1 << 20

  /// Extensions of files that are read, in any case: those of torchvision. What is in a file decides how it is decoded.
  static func extensions(_ reading: ImageReading) -> [String] {
    reading.isFirstEdition
      ? ["png", "jpg", "jpeg", "pgm", "ppm"]
      : ["jpg", "jpeg", "png", "ppm", "bmp", "pgm", "tif", "tiff", "webp"]
  }

  /// For messages.
  package static func extensionList(_ reading: ImageReading) -> String {
    let names = extensions(reading).map { "." + $0 }
    return names.dropLast().joined(separator: ", ") + " and " + names.last!
  }

  /// "2 .txt, 1 pipe"
  package static func text(_ leftOut: [String: Int]) -> String {
    leftOut.sorted { $0.key < $1.key }.map { kind, count in
      let isWord = !kind.hasPrefix(".") && !kind.hasPrefix("without")
      return "\(count) \(kind)\(isWord && count > 1 ? "s" : "")"
    }.joined(separator: ", ")
  }

  /// - Throws: `DataError` if a folder cannot be read.
  package init(_ folder: String, _ reading: ImageReading, mostFolders: Int = mostFolders) throws(DataError) {
    self.folder = folder
    self.mostFolders = mostFolders
    self.reading = reading
    var found: [(folder: String, files: [String])] = []
    try walk("", inside: FolderEntry.identity(of: folder).map { [$0] } ?? [], &found)
    found.sort { $0.folder.utf8.lexicographicallyPrecedes($1.folder.utf8) }
    files = found.flatMap { place in place.files.map { place.folder.isEmpty ? $0 : "\(place.folder)/\($0)" } }
  }

  /// - Parameter inside: the folders that this one is in: a link to one of them would be walked for ever.
  private mutating func walk(
    _ path: String, inside: [FolderEntry.FolderIdentity], _ found: inout [(folder: String, files: [String])]
  ) throws(DataError) {
    walked += 1
    if walked > mostFolders {
      throw DataError(
        folder, found: "more than \(mostFolders.grouped) folders",
        expected: "fewer: links may lead to the same ones again and again")
    }
    let extensions = Set(ImageFolderWalk.extensions(reading))
    var files: [String] = []
    for entry in try FolderEntry.all(of: path.isEmpty ? folder : "\(folder)/\(path)") {
      switch entry.kind {
      case .folder(let identity):
        if reading.isFirstEdition {
          leftOut["folder", default: 0] += 1
        } else if inside.contains(identity) {
          leftOut["circular link", default: 0] += 1
        } else {
          try walk(path.isEmpty ? entry.name : "\(path)/\(entry.name)", inside: inside + [identity], &found)
        }
      case .pipe: leftOut["pipe", default: 0] += 1
      case .socket: leftOut["socket", default: 0] += 1
      case .device: leftOut["device", default: 0] += 1
      case .file where extensions.contains(entry.suffix): files.append(entry.name)
      case .file: leftOut[entry.suffix.isEmpty ? "without extension" : "." + entry.suffix, default: 0] += 1
      }
    }
    found.append((path, files))
  }
}
