/// The lists of a folder's parts: `train`, `val` and `test`, or the folder itself where it has no `train`.
struct ImageFolderParts {
  let train: ImageFolderListing
  let validation: ImageFolderListing?
  let test: ImageFolderListing?
  let notes: [String]

  var all: [ImageFolderListing] { [train, validation, test].compactMap { $0 } }

  init(_ folder: String) throws {
    let folders = try ImageFolderListing.entries(of: folder).filter(\.isFolder).map(\.name)
    let hasParts = folders.contains("train")
    let train = try ImageFolderListing(hasParts ? folder + "/train" : folder)
    if train.classNames.count < 2 {
      throw DataError(
        folder, found: "the one class \"\(train.classNames[0])\"", expected: "at least two, a folder of images each")
    }
    func part(_ name: String) throws -> ImageFolderListing? {
      hasParts && folders.contains(name)
        ? try ImageFolderListing("\(folder)/\(name)", classes: train.classNames) : nil
    }
    (self.train, validation, test) = (train, try part("val"), try part("test"))
    let others = hasParts ? folders.filter { !["train", "val", "test"].contains($0) } : []
    let lists = [train, validation, test].compactMap { $0 }
    notes =
      lists.flatMap(\.notes)
      + (others.isEmpty
        ? [] : ["\(folder): beside train, val and test, not read: \(others.joined(separator: ", "))"])
  }

  /// Paths of all image files of a folder, below it, whatever its classes are: for a comparison, which a class that came or went must
  /// not end.
  static func paths(of folder: String) throws(DataError) -> [String] {
    func folders(_ path: String) throws(DataError) -> [String] {
      try ImageFolderListing.entries(of: folder + path).filter(\.isFolder).map { path + "/" + $0.name }
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
      for entry in try ImageFolderListing.entries(of: folder + path) where ImageFolderListing.isImage(entry) {
        paths.append(String((path + "/" + entry.name).dropFirst()))
      }
    }
    return paths
  }
}
