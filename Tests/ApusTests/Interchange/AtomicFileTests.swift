import Apus
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func devicesAndPipesAreNotReplaced() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    expectError("pipe: a pipe, expected a name for a file") { try AtomicFile.write([1], to: pipe) }
    #expect(try folder.names() == ["pipe"])
    // Root could replace it.
    expectError("/dev/null: a device, expected a name for a file") { try AtomicFile.write([1], to: "/dev/null") }
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "pipe")
    expectError("link: a pipe") { try AtomicFile.write([1], to: link) }
    #expect(try folder.names() == ["link", "pipe"])
  }

  @Test func linksAreWrittenThroughAndStay() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
    func link(_ name: String, to target: String) throws -> String {
      let path = folder.path + "/" + name
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
      return path
    }
    let target = try folder.file("sub/target", [7])
    let (first, second) = (try link("first", to: "sub/target"), try link("second", to: folder.path + "/first"))
    try AtomicFile.write([1, 2], to: second)
    #expect(try File.contents(of: target) == [1, 2])
    for path in [first, second] {
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType == .typeSymbolicLink)
    }
    // One that leads to nothing yet makes the file.
    try AtomicFile.write([3], to: link("third", to: "sub/new"))
    #expect(try File.contents(of: folder.path + "/sub/new") == [3])
    expectError("/circle", "links") { try AtomicFile.write([1], to: link("circle", to: "circle")) }
    expectError("No such file or directory") { try AtomicFile.write([1], to: link("nowhere", to: "none/file")) }
    #expect(try folder.names() == ["circle", "first", "nowhere", "second", "sub", "third"])
  }

  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a.txt")
    try AtomicFile.write("first", to: path)
    #expect(try File.contents(of: path) == Array("first".utf8))
    try AtomicFile.write([1, 2, 3], to: path)
    #expect(try File.contents(of: path) == [1, 2, 3])
    try AtomicFile.write([], to: path)
    #expect(try File.contents(of: path) == [])
    #expect(try folder.names() == ["a.txt"])
  }

  @Test func newFilesHaveTheUsualPermissions() throws {
    let folder = try TemporaryFolder()
    let plain = try folder.file("plain")
    #expect(FileManager.default.createFile(atPath: plain, contents: nil))
    let atomic = try folder.file("atomic")
    try AtomicFile.write("x", to: atomic)
    func permissions(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try permissions(atomic) == permissions(plain))
  }

  @Test func writesInPieces() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a")
    let writer = try AtomicFile.Writer(path)
    try writer.append([1, 2])
    try writer.append([])
    try writer.append([3])
    #expect(try folder.names() == [".a.partial"])
    try writer.commit()
    #expect(try folder.names() == ["a"])
    #expect(try File.contents(of: path) == [1, 2, 3])
  }

  @Test func anAbandonedWriterLeavesTheTargetAsItWas() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a", [7])
    do {
      let writer = try AtomicFile.Writer(path)
      try writer.append([1, 2])
    }
    #expect(try folder.names() == ["a"])
    #expect(try File.contents(of: path) == [7])
  }

  @Test func takesOverWhatAKilledProcessLeft() throws {
    let folder = try TemporaryFolder()
    try folder.file(".a.partial", [9, 9, 9, 9, 9, 9])
    let path = try folder.file("a")
    try AtomicFile.write([1], to: path)
    #expect(try File.contents(of: path) == [1])
    #expect(try folder.names() == ["a"])
  }

  @Test func twoWritersOfOneFileExcludeEachOther() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("a")
    let first = try AtomicFile.Writer(path)
    try first.append([1])
    expectError(path, "while another process does") { try AtomicFile.write([2], to: path) }
    try first.commit()
    #expect(try File.contents(of: path) == [1])
  }

  @Test func namesThePlaceThatCannotBeWritten() throws {
    let folder = try TemporaryFolder()
    expectError("/none/a", "No such file or directory") { try AtomicFile.write("x", to: folder.path + "/none/a") }
    let file = try folder.file("file", [1])
    expectError("/file/a", "Not a directory") { try AtomicFile.write("x", to: file + "/a") }
    expectError(folder.path, "directory") { try AtomicFile.write("x", to: folder.path + "/") }
    // The target is a folder: rename refuses, and the partial file goes.
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
    expectError("/sub", "directory") { try AtomicFile.write("x", to: folder.path + "/sub") }
    #expect(try folder.names() == ["file", "sub"])
  }

  @Test func aLimitOnTheFileSizeIsAnErrorAndLeavesNothing() async throws {
    // In a process of its own: the limit holds for all of its threads.
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = try folder.file("a", [7])
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
      #if os(Linux)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #else
        setrlimit(RLIMIT_FSIZE, &limit)
      #endif
      do {
        try AtomicFile.write([UInt8](repeating: 1, count: 5000), to: path)
        exit(3)
      } catch {
        let names = try folder.names()
        let content = try File.contents(of: path)
        exit("\(error)".contains("File too large") && names == ["a"] && content == [7] ? 0 : 4)
      }
    }
  }

  @Test func readingNamesWhatIsWrong() throws {
    let folder = try TemporaryFolder()
    expectError("/none", "No such file or directory") { _ = try File.contents(of: folder.path + "/none") }
    expectError(folder.path, "Is a directory") { _ = try File.contents(of: folder.path) }
    let large = [UInt8](unsafeUninitializedCapacity: 1_000_003) { buffer, count in
      for index in 0..<1_000_003 { buffer[index] = UInt8(truncatingIfNeeded: index * 7) }
      count = 1_000_003
    }
    #expect(try File.contents(of: folder.file("large", large)) == large)
  }
}
