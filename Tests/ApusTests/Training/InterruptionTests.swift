import Apus
import Foundation
import Testing

/// What a signal, the end of a process, or the end of its memory leaves behind.
extension CommandTests {
  private func start(_ arguments: [String], shell: String? = nil) throws -> (Process, Pipe, Pipe) {
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: shell == nil ? Self.path : "/bin/sh")
    process.arguments = shell.map { ["-c", $0, "sh", Self.path] + arguments } ?? arguments
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return (process, output, errors)
  }

  private func text(_ pipe: Pipe) -> String {
    String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  private func wait(for file: String, _ process: Process) {
    while !FileManager.default.fileExists(atPath: file) && process.isRunning { usleep(2000) }
  }

  private func train(_ out: String, epochs: Int) -> [String] {
    ["train", "lenet5", "--data", "digits", "--epochs", "\(epochs)", "--checkpoint-every", "5", "--out", out]
  }

  @Test(arguments: [SIGHUP, SIGPIPE, SIGTERM]) func signalsSaveTheStep(number: Int32) throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let (process, output, _) = try start(train(run.folder, epochs: 1000))
    wait(for: run.checkpoint, process)
    kill(process.processIdentifier, number)
    let said = text(output)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + number)
    #expect(said.contains("and saved; resume with: apus train --resume \(run.folder)"), "\(said)")
    #expect(try RunRecord.read(run.record).status == .interrupted)
  }

  @Test func nohupIsRespected() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let (process, output, _) = try start(train(run.folder, epochs: 2), shell: "trap '' HUP; exec \"$@\"")
    wait(for: run.record, process)
    kill(process.processIdentifier, SIGHUP)
    _ = text(output)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(try RunRecord.read(run.record).status == .finished)
  }

  /// Forty images of sixteen million pixels take seconds to read; nothing waits for them.
  @Test func theFirstSignalEndsTheReadingOfData() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/runs/run")
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/pictures/" + name, withIntermediateDirectories: true)
      let first = try folder.file(
        "pictures/\(name)/0.pgm", Array("P5 4000 4000 255\n".utf8) + [UInt8](repeating: 9, count: 16_000_000))
      for index in 1..<20 {
        try FileManager.default.linkItem(atPath: first, toPath: folder.path + "/pictures/\(name)/\(index).pgm")
      }
    }
    let (process, output, errors) = try start([
      "train", "lenet5", "--data", "folder:" + folder.path + "/pictures", "--out", run.folder,
    ])
    wait(for: run.record, process)
    process.interrupt()
    let said = text(output) + text(errors)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130, "\(said)")
    #expect(said == "apus: interrupted before the first step; nothing was written\n")
    #expect(try folder.names() == ["pictures"])
  }

  @Test func aRunThatWasKilledIsNotRunningForItsReader() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let (process, _, _) = try start(train(run.folder, epochs: 1000))
    wait(for: run.model, process)
    #expect(try RunRecord.read(run.record).status == .running)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(try RunRecord.read(run.record).status == .crashed)
    let evaluated = try apus("evaluate", run.folder)
    #expect(
      evaluated.status == 0 && evaluated.errors.contains("the run ended without finishing"), "\(evaluated.errors)")
    // Another run's lock or status says nothing of it.
    let (other, _, _) = try start(["train", "--resume", run.folder])
    while try RunRecord.read(run.record).status == .crashed && other.isRunning { usleep(2000) }
    #expect(try RunRecord.read(run.record).status == .running)
    kill(other.processIdentifier, SIGKILL)
    other.waitUntilExit()
  }

  #if os(Linux)
    /// At several limits, as different places run out of it.
    @Test(arguments: [150_000, 300_000, 600_000]) func noMemoryIsOneLine(kilobytes: Int) throws {
      let folder = try TemporaryFolder()
      let run = try apus(
        "train", "vgg16", "--data", "digits", "--out", folder.path + "/run",
        shell: "export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=2; ulimit -v \(kilobytes); exec \"$@\"")
      #expect(run.status == 1 && run.errors.filter { $0 == "\n" }.count == 1, "\(run.status): \(run.errors)")
    }
  #endif
}
