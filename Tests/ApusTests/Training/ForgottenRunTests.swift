import Apus
import ApusVision
import Foundation
import Testing

/// A folder that is removed and made again while something still writes to the first one.
@Suite struct ForgottenRunTests {
  /// As `rm -rf`, while another process makes files there.
  private func removeFolder(_ path: String) {
    while FileManager.default.fileExists(atPath: path) { try? FileManager.default.removeItem(atPath: path) }
  }

  private func contents(_ folder: String) throws -> [String: [UInt8]] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return Dictionary(uniqueKeysWithValues: try names.map { ($0, try bytes(of: folder + "/" + $0)) })
  }

  /// Two processes: the first run is in the middle of its training as its folder is removed and the second one begins there.
  @Test(arguments: [
    ["train", "lenet5", "--data", "digits", "--checkpoint-every", "2"],
    ["segment", "--data", "digits", "--scenes", "32", "--size", "20"],
  ])
  func anOldRunLeavesTheNewOneAlone(_ command: [String]) throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/mix"
    let old = Process()
    let errors = Pipe()
    old.executableURL = URL(fileURLWithPath: CommandTests.path)
    old.arguments = command + ["--epochs", "500", "--seed", "7", "--out", run]
    old.standardOutput = FileHandle.nullDevice
    old.standardError = errors
    try old.run()
    while !FileManager.default.fileExists(atPath: run + "/metrics.csv") && old.isRunning { usleep(2000) }
    // Stopped, so that the new run is there before the old one writes again.
    kill(old.processIdentifier, SIGSTOP)
    removeFolder(run)
    let new = Process()
    new.executableURL = URL(fileURLWithPath: CommandTests.path)
    new.arguments = command + ["--epochs", "1", "--out", run]
    new.standardOutput = FileHandle.nullDevice
    try new.run()
    new.waitUntilExit()
    #expect(new.terminationStatus == 0)
    let before = try contents(run)
    kill(old.processIdentifier, SIGCONT)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    old.waitUntilExit()
    #expect(old.terminationReason == .exit && old.terminationStatus == 1)
    #expect(text.hasPrefix("apus: error: \(run): the folder was removed"), "\(text)")
    #expect(text.filter { $0 == "\n" }.count == 1, "\(text)")
    #expect(try contents(run) == before)
  }

  /// A run that cannot begin takes back what it made, and nothing of a run that was begun in its place.
  @Test func aRunThatCannotBeginTakesBackOnlyItsOwn() throws {
    let temporary = try TemporaryFolder()
    let run = RunFiles(temporary.path + "/above/mix")
    let pictures = try pictureFolder(temporary, "pictures", ["a": [1, 2, 3], "b": [4, 5, 6]])
    let request = TrainingRun.Request(
      network: "resnet20", data: try DataSource("folder:" + pictures), settings: shortSettings())
    // While the images are read, its folder is removed and another run's made; then an image is refused.
    let lock = NSLock()
    expectError("no image") {
      _ = try TrainingRun.start(
        request, in: run.folder,
        reader: { _, file, _ in
          lock.lock()
          defer { lock.unlock() }
          if try bytes(of: run.record).count > 2 {
            try FileManager.default.removeItem(atPath: run.folder)
            try FileManager.default.createDirectory(atPath: run.folder, withIntermediateDirectories: false)
            try AtomicFile.write("{}", to: run.record)
          }
          throw DataError(file, found: "no image", expected: "one")
        }, observer: SilentObserver())
    }
    #expect(try contents(run.folder) == ["run.json": Array("{}".utf8)])
  }

  @Test func aFileGoesIntoTheFolderInWhichItWasBegun() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path + "/a"
    func make() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false) }
    try make()
    // Removed and made again, with another writer's half of the same file.
    do {
      let old = try AtomicFile.Writer(folder + "/file")
      try old.append([1, 1, 1])
      removeFolder(folder)
      try make()
      let new = try AtomicFile.Writer(folder + "/file")
      try new.append([2])
      expectError(folder, "the folder was removed") { try old.commit() }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".file.partial"])
      try new.append([3])
      try new.commit()
    }
    #expect(try contents(folder) == ["file": [2, 3]])
    // The same folder, but the file in the making was removed, and another writer began.
    do {
      let old = try AtomicFile.Writer(folder + "/file")
      try old.append([4])
      try FileManager.default.removeItem(atPath: folder + "/.file.partial")
      let new = try AtomicFile.Writer(folder + "/file")
      try new.append([5])
      expectError("file in the making", ".file.partial") { try old.commit() }
      try new.append([6])
      try new.commit()
    }
    #expect(try contents(folder) == ["file": [5, 6]])
    // Moved: it goes along.
    let writer = try AtomicFile.Writer(folder + "/other")
    try FileManager.default.moveItem(atPath: folder, toPath: temporary.path + "/b")
    try make()
    try writer.append([7])
    try writer.commit()
    #expect(try contents(temporary.path + "/b") == ["file": [5, 6], "other": [7]] && contents(folder) == [:])
  }

  @Test(arguments: ["classes.csv", "scenes.png", "other-size.png"]) func aSegmentationReplacesNoFile(name: String)
    throws
  {
    let temporary = try TemporaryFolder()
    try temporary.file(name, [1])
    expectError(name, "would replace") {
      _ = try TrainingRun.start(sceneRequest(), in: temporary.path, pictures: .png)
    }
    #expect(try temporary.names() == [name])
  }
}
