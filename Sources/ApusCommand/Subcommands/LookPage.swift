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
    var shown: [(picture: Picture, caption: String)] = []
    var files: [String] = []
    for picture in pictures {
      let file = "\(folder)/\(method.name)-\(picture.name)"
      switch picture.content {
      case .picture(let pixels):
        files.append(file + ".png")
        try AtomicFile.write(PictureFormat.png.encode(pixels), to: file + ".png")
        shown.append((pixels, picture.caption))
      case .figure(let figure):
        files.append(file + ".svg")
        try figure.write(to: file + ".svg")
        page.add(figure)
        page.add(paragraph: picture.caption)
      }
    }
    if !shown.isEmpty {
      try page.add(
        pictures: shown, cellWidth: Double(min(shown.map(\.picture.width).max() ?? 0, 460)), format: .png)
    }
    return files
  }

  func finish() throws { try page.write(to: folder + "/index.html") }
}
