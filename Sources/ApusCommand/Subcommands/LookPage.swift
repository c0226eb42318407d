import Apus
import ApusVision

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The folder that `apus look` writes: a file per picture, and `index.html` with all of them.
struct LookPage {
  private let folder: String
  private var page: Page

  init(folder: String, network: String, summary: String) throws {
    self.folder = folder
    page = Page("What \(network) sees", summary: summary)
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(folder, found: "a folder that cannot be made", expected: "a path for the pictures")
    }
  }

  /// Writes a method's pictures.
  ///
  /// - Returns: the files' paths.
  mutating func write(_ pictures: [LookPicture], of method: LookMethod) throws -> [String] {
    page.add(section: method.name, note: method.summary)
    try page.add(
      pictures: pictures.map { ($0.picture, $0.caption) },
      cellWidth: Double(min(pictures.map(\.picture.width).max() ?? 0, 460)), format: .png)
    return try pictures.map { picture in
      let file = "\(folder)/\(method.name)-\(picture.name).png"
      try AtomicFile.write(PictureFormat.png.encode(picture.picture), to: file)
      return file
    }
  }

  func finish() throws { try page.write(to: folder + "/index.html") }
}
