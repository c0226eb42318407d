import ApusCore
import ApusSupport

/// What is done about image files of a folder that cannot be read.
public enum DamagedImages: String, Hashable, Sendable, Codable, CaseIterable {
  /// The first one is an error.
  case stop
  /// They are left out and listed, up to `limit` of all images.
  case skip

  /// The largest part of a folder's images that may be left out.
  package static let limit = 0.1

  /// Throws if too many are left out.
  package static func check(_ skipped: [SkippedImage], of count: Int, _ folder: String) throws(DataError) {
    if Double(skipped.count) <= limit * Double(count) { return }
    throw DataError(
      folder,
      found: "\(skipped.count.grouped) of \(count.grouped) images that cannot be read: \(text(skipped))",
      expected: "at most \(Int(100 * limit)) %: repair or remove them")
  }

  /// The error about a file's content, with the way to go on without the file.
  static func withHint(_ error: any Error) -> any Error {
    guard let error = error as? FileError, case .content(let found, let expected) = error.problem else { return error }
    return FileError(
      error.file, part: error.part, found: found,
      expected: "\(expected); `damaged: .skip` leaves such files out and lists them")
  }

  /// What was left out, for observers; `nil` if nothing was.
  package static func note(_ skipped: [SkippedImage], of count: Int, _ folder: String) -> String? {
    skipped.isEmpty
      ? nil
      : "\(folder): left out \(skipped.count.grouped) of \(count.grouped) images, which cannot be read: \(text(skipped))"
  }

  /// The first ones, with their reasons.
  private static func text(_ skipped: [SkippedImage]) -> String {
    let first = skipped.prefix(3).map { "\($0.path) (\($0.reason))" }.joined(separator: ", ")
    return skipped.count > 3 ? first + ", and \((skipped.count - 3).grouped) more" : first
  }
}

/// An image file that was left out.
public struct SkippedImage: Hashable, Sendable, Codable {
  /// Below the folder, such as `cat/1.jpg`.
  public var path: String
  /// What is wrong with it, in words.
  public var reason: String
}
