import Apus
import Foundation
import Synchronization
import Testing

@Suite struct RunFolderTests {
  private func request(epochs: Int = 2, checkpointEvery: Int? = nil, data: String = "digits") throws
    -> TrainingRun.Request
  {
    TrainingRun.Request(
      network: "lenet5", data: try DataSource(data), settings: shortSettings(epochs: epochs),
      checkpointEvery: checkpointEvery, commandLine: ["apus", "train"])
  }

  private func object(_ path: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path)))
    return try #require(object as? [String: Any])
  }

  @Test func holdsTheWholeRun() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/deep/er/run"
    guard case .finished(let result) = try TrainingRun.start(request(), in: run, observer: SilentObserver()) else {
      Issue.record("the run did not finish")
      return
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
    #expect(names == ["last.safetensors", "metrics.csv", "model.safetensors", "report.html", "run.json"])

    let record = try object(run + "/run.json")
    #expect(record["status"] as? String == "finished")
    let stored = try #require(record["result"] as? [String: Any])
    #expect(abs(try #require(stored["test_accuracy"] as? Double) - result.testAccuracy) < 1e-12)
    #expect(try #require(stored["images_per_second"] as? Double) > 0)
    let implementations = try #require(record["implementations"] as? [String: String])
    #expect(implementations.keys.contains("features.0") && implementations.keys.contains("classifier.1"))
    // One name for all passes, or one for each.
    #expect(implementations.values.allSatisfy { [1, 3].contains($0.split(separator: ",").count) })

    let csv = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
    #expect(csv.count == 3 && csv[0].hasPrefix("epoch,") && csv[1].hasPrefix("1,") && csv[2].hasPrefix("2,"))

    // The model by itself gives the accuracy that was recorded.
    let model = try TrainedModel.read(run + "/model.safetensors")
    #expect(try model.evaluated(on: digits.test).accuracy == result.testAccuracy)
    let text = String(decoding: try bytes(of: run + "/model.safetensors").prefix(4000), as: UTF8.self)
    #expect(!text.contains(temporary.path) && !text.contains(Runtime.version))

    // A finished run says so and stays as it is.
    let before = try names.map { try bytes(of: run + "/" + $0) }
    guard case .wasFinished(let again) = try TrainingRun.resume(run, observer: SilentObserver()) else {
      Issue.record("a finished run went on")
      return
    }
    #expect(again.testAccuracy == result.testAccuracy)
    #expect(try names.map { try bytes(of: run + "/" + $0) } == before)
    expectError(run, "holds a run") {
      _ = try TrainingRun.start(request(), in: run, observer: SilentObserver())
    }
    #expect(try names.map { try bytes(of: run + "/" + $0) } == before)
  }

  /// Half of them take theirs back, so that what one has found there may be gone when it goes on.
  @Test func manyMakeTheFoldersAboveAtOnce() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path
    let problems = Mutex<[String]>([])
    for round in 0..<50 {
      DispatchQueue.concurrentPerform(iterations: 8) { index in
        do {
          let folder = try RunFolder.create(at: "\(path)/\(round)/a/b/\(index)")
          if index.isMultiple(of: 2) { folder.discard() }
        } catch {
          problems.withLock { $0.append("\(error)") }
        }
      }
    }
    #expect(problems.withLock { $0 } == [])
    for round in 0..<50 {
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(round)/a/b").sorted() == ["1", "3", "5", "7"])
    }
  }

  /// Every state of the folder that a kill can leave: only run.json, a checkpoint without what is derived from it, and derived files
  /// that are older or newer than the checkpoint.
  @Test func goesOnFromWhateverAKillLeaves() throws {
    let temporary = try TemporaryFolder()
    let whole = RunFiles(temporary.path + "/whole")
    _ = try TrainingRun.start(request(epochs: 3), in: whole.folder, observer: SilentObserver())

    let early = RunFiles(temporary.path + "/early")
    let stopped = try TrainingRun.start(request(epochs: 3), in: early.folder, observer: StopAfter(steps: 30))
    guard case .interrupted(let steps) = stopped else {
      Issue.record("the run was not interrupted")
      return
    }
    #expect(steps == 30)
    #expect(try RunRecord.read(early.record).status == .interrupted)

    func expectSame(
      _ name: String, sourceLocation: SourceLocation = #_sourceLocation, _ prepare: (RunFiles) throws -> Void
    ) throws {
      let files = RunFiles(temporary.path + "/" + name)
      try FileManager.default.copyItem(atPath: early.folder, toPath: files.folder)
      try prepare(files)
      _ = try TrainingRun.resume(files.folder, observer: SilentObserver())
      #expect(try bytes(of: files.model) == bytes(of: whole.model), sourceLocation: sourceLocation)
      let (rows, expected) = try (Checkpoint.read(files.checkpoint).state, Checkpoint.read(whole.checkpoint).state)
      #expect(timeless(rows.rows) == timeless(expected.rows), sourceLocation: sourceLocation)
      let csv = try String(contentsOfFile: files.metrics, encoding: .utf8).split(separator: "\n")
      #expect(csv.count == 4, sourceLocation: sourceLocation)
    }
    let manager = FileManager.default
    try expectSame("as it was") { _ in }
    try expectSame("derived files missing") { files in
      for file in [files.model, files.metrics] { try manager.removeItem(atPath: file) }
    }
    try expectSame("derived files from later") { files in
      for (from, to) in [(whole.model, files.model), (whole.metrics, files.metrics)] {
        try manager.removeItem(atPath: to)
        try manager.copyItem(atPath: from, toPath: to)
      }
    }
    try expectSame("no checkpoint") { files in
      for file in [files.checkpoint, files.model, files.metrics] { try manager.removeItem(atPath: file) }
    }
    try expectSame("record from the start") { files in
      var record = try RunRecord.read(files.record)
      record.status = .starting
      record.data = nil
      record.network = nil
      record.machines = []
      try record.write(to: files.record)
    }
    try expectSame("all but the result") { files in
      try manager.removeItem(atPath: files.checkpoint)
      try manager.copyItem(atPath: whole.checkpoint, toPath: files.checkpoint)
    }
  }

  @Test func takesBackWhatItMadeWhereTheRunCannotBegin() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/a/b"
    expectError("train-images-idx3-ubyte") {
      _ = try TrainingRun.start(request(data: "mnist:" + temporary.path), in: run, observer: SilentObserver())
    }
    #expect(try temporary.names() == [])

    // A folder that was there stays, with what was in it.
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    try Data("mine".utf8).write(to: URL(fileURLWithPath: run + "/note"))
    expectError("train-images-idx3-ubyte") {
      _ = try TrainingRun.start(request(data: "mnist:" + temporary.path), in: run, observer: SilentObserver())
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["note"])
  }

  @Test func refusesWhatIsNoFolderForARun() throws {
    let temporary = try TemporaryFolder()
    let file = try temporary.file("file", [1, 2, 3])
    expectError("file") { _ = try RunFolder.create(at: file) }
    expectError("file") { _ = try RunFolder.create(at: file + "/below") }
    #expect(try bytes(of: file) == [1, 2, 3])
    expectError("no run.json") { _ = try RunFolder.open(at: temporary.path) }
    expectError("nowhere") { _ = try RunFolder.open(at: temporary.path + "/nowhere") }
    try FileManager.default.createDirectory(atPath: temporary.path + "/mine", withIntermediateDirectories: false)
    try Data([1]).write(to: URL(fileURLWithPath: temporary.path + "/mine/model.safetensors"))
    expectError("mine/model.safetensors", "replace") { _ = try RunFolder.create(at: temporary.path + "/mine") }
    let folder = try RunFolder.create(at: temporary.path + "/run")
    expectError("run", "another process") { _ = try RunFolder.create(at: temporary.path + "/run") }
    withExtendedLifetime(folder) {}
  }

  @Test func namesTheCheckpointThatIsDamaged() throws {
    let temporary = try TemporaryFolder()
    let run = RunFiles(temporary.path + "/run")
    _ = try TrainingRun.start(request(), in: run.folder, observer: StopAfter(steps: 3))
    let before = try bytes(of: run.record)
    let checkpoint = try bytes(of: run.checkpoint)
    try Data(checkpoint.prefix(3000)).write(to: URL(fileURLWithPath: run.checkpoint))
    expectError(run.checkpoint) { _ = try TrainingRun.resume(run.folder, observer: SilentObserver()) }
    #expect(try bytes(of: run.record) == before)
  }

  @Test func recordsWhyARunFailed() throws {
    let temporary = try TemporaryFolder()
    let run = RunFiles(temporary.path + "/run")
    var request = try request()
    request.settings.learningRate = 1e6
    expectError("step", "finite") { _ = try TrainingRun.start(request, in: run.folder, observer: SilentObserver()) }
    let record = try RunRecord.read(run.record)
    #expect(record.status == .failed && record.failure?.contains("diverged at step") == true)
  }

  @Test func warnsWhereTheInstructionSetDiffers() throws {
    let temporary = try TemporaryFolder()
    let run = RunFiles(temporary.path + "/run")
    _ = try TrainingRun.start(request(), in: run.folder, observer: StopAfter(steps: 3))
    var record = try RunRecord.read(run.record)
    record.machines[0].instructionSet = "abacus"
    record.implementations = ["features.0": "by hand"]
    try record.write(to: run.record)
    let observer = StopAfter(steps: 3)
    _ = try TrainingRun.resume(run.folder, observer: observer)
    #expect(observer.warnings.count == 2 && observer.warnings[1].contains("abacus"))
  }

  @Test func namesTheNearestNetwork() {
    expectError("lenet6", "lenet5") { try NetworkCatalogue.check("lenet6") }
    #expect(EditDistance.between("lenet", "lenet5") == 1)
    #expect(EditDistance.between("lnete5", "lenet5") == 2)
    #expect(EditDistance.between("elnet5", "lenet5") == 1)
    #expect(EditDistance.between("", "abc") == 3)
  }
}
