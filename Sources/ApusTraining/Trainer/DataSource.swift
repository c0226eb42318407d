import ApusData
import ApusSupport

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Where a run's data come from, as users write it: a data set that is known by name, `digits` or `mnist:FOLDER`, or `folder:FOLDER`, images of one's
/// own.
public struct DataSource: Hashable, Sendable, CustomStringConvertible {
  private enum Kind: Hashable, Sendable {
    case set(KnownSet, folder: String)
    case images(folder: String)
  }
  private let kind: Kind

  private static let images = "folder"

  /// Throws where the text names no data; a relative folder is one of the current folder.
  public init(_ text: String) throws(DataError) {
    if let set = DataSource.sets.first(where: { $0.files == nil && $0.name == text }) {
      kind = .set(set, folder: "")
    } else if let (set, folder) = DataSource.setWithFolder(text) {
      kind = .set(set, folder: folder)
    } else if let folder = DataSource.folder(of: text, after: DataSource.images + ":") {
      kind = .images(folder: folder)
    } else {
      let hint = DataSource.meant(by: text).map { "; did you mean \($0)?" } ?? ""
      throw DataError("`data`", found: "\"\(text)\"", expected: DataSource.forms + hint)
    }
  }

  /// What `init` takes, in words: `digits, mnist:FOLDER, … or folder:FOLDER`.
  package static let forms = sets.map(\.form).joined(separator: ", ") + " or \(images):FOLDER"

  /// The same with what lies in each folder.
  package static let formsAndFiles =
    sets.map { "\($0.form) (\($0.files ?? "built in"))" }.joined(separator: ", ")
    + " or \(images):FOLDER (images in one folder per class, or such folders inside train, test and val)"

  private static func setWithFolder(_ text: String) -> (KnownSet, String)? {
    for set in sets where set.files != nil {
      if let folder = folder(of: text, after: set.name + ":") { return (set, folder) }
    }
    return nil
  }

  /// What a text that is no source most likely stands for: a folder that is there, or a source that is spelled nearly so.
  private static func meant(by text: String) -> String? {
    if FileManager.default.fileExists(atPath: text) { return "\(images):\(text)" }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let name = parts[0].lowercased()
    let names = sets.map(\.name) + [images]
    let near = names.first { !name.isEmpty && $0.hasPrefix(name) } ?? EditDistance.nearest(to: name, in: names)
    guard let near, near.hasPrefix(name) || 2 * EditDistance.between(name, near) <= near.count else { return nil }
    if sets.contains(where: { $0.name == near && $0.files == nil }) { return near }
    let folder = parts.count > 1 && !parts[1].isEmpty ? parts[1] : "FOLDER"
    return "\(near):\(folder)"
  }

  private static func folder(of text: String, after prefix: String) -> String? {
    guard text.hasPrefix(prefix), text.count > prefix.count else { return nil }
    var folder = String(text.dropFirst(prefix.count))
    while folder.count > 1 && folder.hasSuffix("/") { folder.removeLast() }
    return folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
  }

  /// The same text that makes it, with an absolute folder.
  public var description: String {
    switch kind {
    case .set(let set, let folder): set.files == nil ? set.name : "\(set.name):\(folder)"
    case .images(let folder): "\(DataSource.images):\(folder)"
    }
  }

  /// For titles.
  package var name: String {
    switch kind {
    case .set(let set, _): set.title
    case .images(let folder): "images of " + (folder.split(separator: "/").last ?? "/")
    }
  }

  /// Whether the images are files of their own, of any size, so that `load` needs a size and a reader.
  package var isImageFolder: Bool {
    if case .images = kind { true } else { false }
  }

  /// - Parameters:
  ///   - options: the size that image files are brought to.
  ///   - reader: of image files, such as `Image.reader` of ApusVision. Data in other forms need neither.
  public func load(folder options: ImageFolder.Options? = nil, reader: ImageFolder.Reader? = nil) throws -> DataSplits {
    try load(folder: options, reader: reader, division: .byPath)
  }

  /// - Parameter order: the classes of image files as a run recorded them, see `ImageFolderListing`.
  func load(
    folder options: ImageFolder.Options?, reader: ImageFolder.Reader?, division: ImageFolder.Division,
    order: [String]? = nil
  ) throws -> DataSplits {
    switch kind {
    case .set(let set, let folder): return try set.load(folder)
    case .images(let folder):
      guard let options else { throw DataError(description, found: "no size for the images", expected: "one") }
      guard let reader else { throw DataSource.noReader(self) }
      return try ImageFolder.load(folder: folder, options: options, division: division, order: order, reader: reader)
    }
  }

  static func noReader(_ source: DataSource) -> DataError {
    DataError(source.description, found: "no reader of image files", expected: "Image.reader")
  }

  /// Where the images are files of their own: their folder.
  var imageFolder: String? {
    if case .images(let folder) = kind { folder } else { nil }
  }

  /// What the test images are, in words.
  var testPart: String {
    switch kind {
    case .set(let set, _): set.testPart
    case .images: "by the record of its parts"
    }
  }
}
