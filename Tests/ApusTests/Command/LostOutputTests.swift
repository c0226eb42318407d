import Apus
import ApusVision
import Foundation
import Testing

/// What becomes of the command's output where it cannot be written, or not at once.
extension CommandTests {
  /// A run and what commands need of it.
  private struct Material {
    let folder: TemporaryFolder
    let run, picture, input: String

    var model: String { run + "/model.safetensors" }

    init(_ tests: CommandTests) throws {
      folder = try TemporaryFolder()
      run = folder.path + "/run"
      let trained = try tests.apus("train", "lenet5", "--data", "digits", "--epochs", "1", "--out", run)
      try #require(trained.status == 0, "\(trained.errors)")
      let bytes = [UInt8](repeating: 9, count: 32 * 32)
      picture = try folder.file(
        "a.png", Image(height: 32, width: 32, channels: 1, pixels: bytes).pngData())
      input = folder.path + "/x.npy"
      try Npy.write(.zeros([1, 32, 32, 1]), to: input)
    }

    /// Every command that prints something, in a way in which it succeeds.
    func commands() -> [[String]] {
      let new = folder.path + "/new"
      return [
        ["--help"], ["--version"], ["help", "train"], ["train", "--help"], ["script", "--help"],
        ["--generate-completion-script", "bash"], ["zoo"], ["zoo", "verify", "vgg16"],
        ["summary", "lenet5", "--no-time"], ["summary", "lenet5", "--no-time", "--format", "json"],
        ["catalogue"], ["catalogue", "--json"], ["catalogue", "--markdown"],
        ["evaluate", run], ["predict", run, picture],
        ["features", run, "--at", "features", "--images", picture, "--output", new + ".npy"],
        ["look", run, "--what", "saliency", picture, "--out", new + "-look"],
        ["weights", "lenet5", model, "--to", new + ".npz"],
        ["forward", "lenet5", "--weights", model, "--input", input, "--output", new + "2.npy"],
        ["segment", "--data", "digits", "--epochs", "1", "--scenes", "20", "--size", "20", "--out", new + "-scenes"],
        ["train", "lenet5", "--data", "digits", "--epochs", "1", "--out", new],
        ["train", "--resume", run], ["export", "lenet5", "--output", new + ".onnx"], ["import", new + ".onnx"],
      ]
    }
  }

  private func apus(_ arguments: [String], redirected: String) throws -> Finished {
    try apus(words: arguments, shell: "\"$@\" \(redirected)")
  }

  #if os(Linux)
    @Test func everyCommandFailsWhereItsOutputIsLost() throws {
      let material = try Material(self)
      // Whoever adds a command adds a line of it.
      let help = try apus("--help").output
      let listed = help.drop(while: { $0 != "\n" }).components(separatedBy: "SUBCOMMANDS:")
      let names = every(try #require(listed.last).matches(of: /\n {2}([a-z]+)\s/).map { String($0.output.1) })
      for name in names { #expect(material.commands().contains { $0[0] == name }, "\(name) has no line") }
      for command in material.commands() {
        let full = try apus(command, redirected: ">/dev/full")
        expectRefused("standard output: No space left on device; the output is incomplete from here on", full)
      }
      // What was written elsewhere is whole: the run that was trained meanwhile too.
      let trained = try RunRecord.read(material.folder.path + "/new/run.json")
      let accuracy = try #require(trained.result?.test["accuracy"])
      #expect(
        try apus("evaluate", material.folder.path + "/new").output.hasSuffix(
          "test accuracy \(accuracy.percent(decimals: 1))\n"))
      #expect(try Npy.read(material.folder.path + "/new2.npy").shape == [1, 10])
      // An error of the command's own keeps its exit code, even if nobody can read of it.
      #expect(try apus(["fly"], redirected: ">/dev/full 2>/dev/full").status == 64)
      #expect(try apus(["evaluate", material.run + "/none"], redirected: "2>/dev/full").status == 1)
    }

    /// The folder that a run holds open would have the number of the standard output that it lacks.
    @Test func theNumberOfAClosedOutputGoesToNoFile() throws {
      let folder = try TemporaryFolder()
      let run = folder.path + "/run"
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = [
        "-c", "exec \"$@\" >&-", "sh", Self.path, "train", "lenet5", "--data", "digits", "--epochs", "1000", "--out",
        run,
      ]
      process.standardError = FileHandle.nullDevice
      try process.run()
      defer {
        process.terminate()
        process.waitUntilExit()
      }
      while process.isRunning && !FileManager.default.fileExists(atPath: RunFiles(run).record) { usleep(1000) }
      let link = "/proc/\(process.processIdentifier)/fd/1"
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "/dev/null")
    }

    /// A pipe of one page that somebody else made non-blocking, read only once it is full.
    @Test func aSlowReaderOfANonBlockingPipeGetsEverything() throws {
      let whole = try apus("catalogue", "--json")
      let pipe = Pipe()
      let (reading, writing) = (pipe.fileHandleForReading.fileDescriptor, pipe.fileHandleForWriting.fileDescriptor)
      let setPipeSize: Int32 = 1031
      let size = fcntl(writing, setPipeSize, Int32(4096))
      try #require(size >= 4096 && Int(size) * 4 < whole.output.utf8.count)
      try #require(fcntl(writing, F_SETFL, O_WRONLY | O_NONBLOCK) == 0)
      let process = process(["catalogue", "--json"], output: pipe)
      try process.run()
      var text: [UInt8] = []
      var isOpen = true
      while isOpen {
        // Nobody takes anything before the writer has no room for another line, or is done.
        var waiting: Int32 = 0
        repeat { _ = ioctl(reading, UInt(FIONREAD), &waiting) } while waiting < size - 2048 && process.isRunning
        let part = pipe.fileHandleForReading.availableData
        text += part
        isOpen = !part.isEmpty
      }
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 && text == Array(whole.output.utf8))
    }
  #endif

  @Test func aClosedOutputIsALoss() throws {
    let folder = try TemporaryFolder()
    let closed = try apus(["summary", "lenet5", "--no-time"], redirected: ">&-")
    expectRefused("standard output: Bad file descriptor", closed)

    // Were the numbers of the closed descriptors free, the files of the run would get them, and its table would go into a file.
    let run = folder.path + "/run"
    let train = ["train", "lenet5", "--data", "digits", "--epochs", "1", "--out", run]
    #expect(try apus(train, redirected: "<&- >&- 2>&-").status == 1)
    let files = try FileManager.default.contentsOfDirectory(atPath: run)
    for file in files where !file.hasSuffix(".html") {
      let bytes = try File.contents(of: run + "/" + file)
      #expect(!String(decoding: bytes, as: UTF8.self).contains("train loss  train acc"), "\(file)")
    }
    let evaluated = try apus("evaluate", run)
    #expect(evaluated.status == 0 && evaluated.errors.isEmpty)
  }

  @Test func withoutAReaderACommandEndsQuietly() throws {
    for command in [["catalogue"], ["--help"], ["summary", "lenet5", "--no-time"]] {
      let (process, errors) = try startWithoutReader(command)
      #expect(errors.isEmpty && process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGPIPE)
    }
    // Of standard error nobody's absence matters: the exit code says it all.
    let unread = Pipe()
    try unread.fileHandleForReading.close()
    let wrong = process(["fly"], output: Pipe())
    wrong.standardError = unread
    try wrong.run()
    wrong.waitUntilExit()
    #expect(wrong.terminationReason == .exit && wrong.terminationStatus == 64)
    // `trap '' PIPE` is how a caller ignores the signal; the command's end is no other.
    let ignoring = try apus(["catalogue", "--json"], redirected: "| :", first: "trap '' PIPE")
    #expect(ignoring.errors.isEmpty)
  }

  /// The run is as after Ctrl-C.
  @Test func withoutAReaderTrainingSavesItsStep() throws {
    let folder = try TemporaryFolder()
    let (whole, cut) = (folder.path + "/whole", folder.path + "/cut")
    func train(_ out: String) -> [String] {
      ["train", "lenet5", "--data", "digits", "--epochs", "1", "--out", out]
    }
    #expect(try apus(words: train(whole)).status == 0)
    let (process, errors) = try startWithoutReader(train(cut))
    #expect(errors.isEmpty && process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGPIPE)
    #expect(FileManager.default.fileExists(atPath: RunFiles(cut).checkpoint), "the step is saved")
    #expect(try RunRecord.read(RunFiles(cut).record).result == nil, "nothing is finished")
    let resumed = try apus("train", "--resume", cut)
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(try File.contents(of: cut + "/model.safetensors") == File.contents(of: whole + "/model.safetensors"))
  }

  private func startWithoutReader(_ arguments: [String]) throws -> (Process, errors: String) {
    let (output, errors) = (Pipe(), Pipe())
    try output.fileHandleForReading.close()
    let process = process(arguments, output: output)
    process.standardError = errors
    try process.run()
    let text = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process, String(decoding: text, as: UTF8.self))
  }

  private func process(_ arguments: [String], output: Pipe) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.path)
    process.arguments = arguments
    process.standardOutput = output
    return process
  }

  private func apus(_ arguments: [String], redirected: String, first: String) throws -> Finished {
    try apus(words: arguments, shell: "\(first); \"$@\" \(redirected)")
  }
}
