import Foundation
import Testing

/// A folder of its own for a test's files, removed with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder, with `bytes` in it where they are given.
  @discardableResult
  func file(_ name: String, _ bytes: [UInt8]? = nil) throws -> String {
    let file = path + "/" + name
    if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: file)) }
    return file
  }

  /// Names of the files in the folder, hidden ones too, sorted.
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

/// Expects that `body` throws an error whose one line of text has every one of `words`.
func expectError(
  _ words: String..., sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  do {
    try body()
    Issue.record("nothing was thrown; expected an error with \(words)", sourceLocation: sourceLocation)
  } catch {
    let text = String(describing: error)
    #expect(!text.contains("\n"), "not one line: \(text)", sourceLocation: sourceLocation)
    for word in words {
      #expect(text.contains(word), "\(word) is missing in: \(text)", sourceLocation: sourceLocation)
    }
  }
}

/// The path of the repository's file, for instance of a fixture.
func repositoryFile(_ path: String) -> String {
  (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    .appendingPathComponent(path).path
}

/// The folder with the real data sets that APUS_TEST_DATA names.
let testDataFolder = ProcessInfo.processInfo.environment["APUS_TEST_DATA"]
