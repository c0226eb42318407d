import ApusSupport

/// The lists of a folder's parts: `train`, `val` and `test`, or the folder itself where it has no `train`.
struct ImageFolderParts {
  var train: ImageFolderListing
  var validation: ImageFolderListing?
  var test: ImageFolderListing?
  let notes: [String]

  var all: [ImageFolderListing] { [train, validation, test].compactMap { $0 } }

  /// - Parameter order: the classes as a run recorded them, see `ImageFolderListing`.
  init(_ folder: String, order: [String]? = nil, _ reading: ImageReading) throws(DataError) {
    let folders = try FolderEntry.all(of: folder).filter(\.isFolder).map(\.name)
    let hasParts = folders.contains("train")
    let train = try ImageFolderListing(hasParts ? folder + "/train" : folder, order: order, reading)
    if train.classNames.count < 2 {
      let name = train.classNames[0]
      // One folder too high: the only one has the folders of the classes, or of the parts.
      let below = "\(train.folder)/\(name)"
      let isAbove = try FolderEntry.all(of: below).contains(where: \.isFolder)
      throw DataError(
        folder, found: "only one class, \"\(name)\"",
        expected: "at least two, one folder of images per class" + (isAbove ? "; did you mean \(below)?" : ""))
    }
    func part(_ name: String) throws(DataError) -> ImageFolderListing? {
      hasParts && folders.contains(name)
        ? try ImageFolderListing("\(folder)/\(name)", classes: train.classNames, reading) : nil
    }
    (self.train, validation, test) = (train, try part("val"), try part("test"))
    let others = hasParts ? folders.filter { !["train", "val", "test"].contains($0) } : []
    let lists = [train, validation, test].compactMap { $0 }
    notes =
      lists.flatMap(\.notes)
      + (others.isEmpty
        ? [] : ["\(folder): beside train, val and test, not read: \(others.joined(separator: ", "))"])
  }

  /// Without the files that a run left out when it began; their paths are below `folder`.
  mutating func leaveOut(_ skipped: [SkippedImage], of folder: String) {
    let paths = Set(skipped.map { PathBytes("\(folder)/\($0.path)") })
    train.leaveOut(paths)
    validation?.leaveOut(paths)
    test?.leaveOut(paths)
  }

  /// Paths of all image files of a folder, below it, whatever its classes are: for a comparison, which a class that came or went must
  /// not end.
  static func paths(of folder: String, _ reading: ImageReading) throws(DataError) -> [String] {
    func folders(_ path: String) throws(DataError) -> [String] {
      try FolderEntry.all(of: folder + path).filter(\.isFolder).map { path + "/" + $0.name }
    }
    let top = try folders("")
    var classes: [String] = []
    if top.contains("/train") {
      for part in ["/train", "/val", "/test"] where top.contains(part) { classes += try folders(part) }
    } else {
      classes = top
    }
    var paths: [String] = []
    for path in classes {
      paths += try ImageFolderWalk(folder + path, reading).files.map { "\(path.dropFirst())/\($0)" }
    }
    return paths
  }
}
