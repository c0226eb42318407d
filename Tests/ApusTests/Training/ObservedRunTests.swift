import Apus
import Foundation
import Testing

/// Runs that look inside their network every few steps.
@Suite struct ObservedRunTests {
  /// 11 steps an epoch.
  private func request(observing: Int? = 4) throws -> TrainingRun.Request {
    var settings = shortSettings()
    settings.batchSize = 128
    var request = TrainingRun.Request(
      network: "lenet5", data: try DataSource("digits"), settings: settings, checkpointEvery: 5)
    request.observeEvery = observing
    return request
  }

  @Test func observationChangesNoBitAndIsOnThePage() throws {
    let folder = try TemporaryFolder()
    let (seen, plain) = (RunFiles(folder.path + "/seen"), RunFiles(folder.path + "/plain"))
    _ = try TrainingRun.start(request(), in: seen.folder)
    _ = try TrainingRun.start(request(observing: nil), in: plain.folder)
    #expect(try bytes(of: seen.model) == bytes(of: plain.model))
    #expect(!FileManager.default.fileExists(atPath: plain.observations))
    #expect(try !String(contentsOfFile: plain.report, encoding: .utf8).contains("Inside the network"))

    let log = try ObservationLog(contentsOf: seen.observations)
    #expect(Set(log.rows.map(\.step)).sorted() == [0, 4, 8, 12, 16, 20])
    let first = log.rows.filter { $0.step == 0 }
    let values = first.filter { $0.kind == .value }.map(\.path)
    let gradients = first.filter { $0.kind == .gradient }
    #expect(values.count == gradients.count && Set(values) == Set(gradients.map(\.path)) && values.count > 5)
    #expect(log.rows.allSatisfy { $0.finiteCount == $0.count && $0.least <= $0.low && $0.low <= $0.median })
    #expect(log.rows.allSatisfy { $0.median <= $0.high && $0.high <= $0.largest && $0.standardDeviation >= 0 })
    let page = try String(contentsOfFile: seen.report, encoding: .utf8)
    #expect(page.contains("Inside the network") && page.contains("6 observed steps"))
    for path in values { #expect(page.components(separatedBy: ">\(path): σ ").count == 5, "\(path)") }
    #expect(page.components(separatedBy: "<polygon class=\"band ").count == 2 * values.count + 1)
  }

  /// After the checkpoint of step 15 and the observation of step 16: that one is seen again.
  @Test func interruptedAndResumedItHasTheSameLog() throws {
    let folder = try TemporaryFolder()
    let (whole, parts) = (RunFiles(folder.path + "/whole"), RunFiles(folder.path + "/parts"))
    _ = try TrainingRun.start(request(), in: whole.folder)
    guard case .interrupted(17) = try TrainingRun.start(request(), in: parts.folder, observer: StopAfter(steps: 17))
    else {
      Issue.record("the run was not interrupted after 17 steps")
      return
    }
    // As a kill would leave it: more was seen than the checkpoint knows.
    let checkpoint = try Checkpoint.read(parts.checkpoint)
    #expect(checkpoint.state.totalSteps == 17)
    let more = try String(contentsOfFile: parts.observations, encoding: .utf8)
    let line = try #require(more.split(separator: "\n").last)
    let later = more + line.replacing(/^16,/, with: "20,") + "\n"
    try later.write(toFile: parts.observations, atomically: true, encoding: .utf8)
    _ = try TrainingRun.resume(parts.folder)
    #expect(try bytes(of: parts.model) == bytes(of: whole.model))
    #expect(try bytes(of: parts.observations) == bytes(of: whole.observations))
  }

  @Test(arguments: [0, -1]) func stepsBelowOneAreRefusedBeforeAnythingIsMade(steps: Int) throws {
    let folder = try TemporaryFolder()
    #expect(throws: SettingsError(description: "the steps between observations are \(steps), expected 1 or more")) {
      try TrainingRun.start(request(observing: steps), in: folder.path + "/run")
    }
    var often = try request()
    often.checkpointEvery = steps
    #expect(throws: SettingsError(description: "the steps between checkpoints are \(steps), expected 1 or more")) {
      try TrainingRun.start(often, in: folder.path + "/run")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run"))
  }

  @Test func filesThatAreNoLogAreRefusedByTheirLine() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/observations.csv"
    func error(_ text: String) throws -> String {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      do {
        _ = try ObservationLog(contentsOf: path)
        return ""
      } catch { return "\(error)" }
    }
    let header = ObservationLog().csv
    #expect(try error(header) == "")
    #expect(try error("step,path\n").contains("line 1"))
    #expect(try error(header + "0,conv1,value,1,1,0,0,0,0,0,0,0,0,\n") == "")
    #expect(
      try error(header + "0,conv1,value,1,1,0,0,0,0,0,0,0,0,\n0,conv1,sum,1,1,0,0,0,0,0,0,0,0,\n").contains("line 3"))
    #expect(try error(header + "0,conv1,value,1,1,0,0,0,0,0,0,x,0,\n").contains("line 2"))
  }
}
