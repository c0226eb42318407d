import Apus
import Foundation
import Testing

/// A network that the library does not have.
private struct OwnNet: Layer {
  let conv: Conv2D
  let norm: BatchNorm
  let classifier: Linear

  init(channels: Int, classes: Int) {
    conv = Conv2D(channels, 6, kernel: 3, stride: 2, padding: 1)
    norm = BatchNorm(6)
    classifier = Linear(6, classes)
  }

  func forward(_ x: consuming Tensor) -> Tensor {
    classifier(relu(norm(conv(x))).mean(axes: [1, 2]))
  }
}

/// Registered once for all tests of this file: a name stays for the life of the process.
private let ownNet: String = {
  NetworkCatalogue.register("test.ownnet", title: "OwnNet", input: [32, 32, 1], classes: 10) { input, classes in
    OwnNet(channels: input[2], classes: classes)
  }
  return "test.ownnet"
}()

/// Runs, models and reports of a network of one's own.
struct OwnNetworkTests {
  private func request(epochs: Int = 2) throws -> TrainingRun.Request {
    .init(network: ownNet, data: try DataSource("digits"), settings: shortSettings(epochs: epochs), checkpointEvery: 5)
  }

  @Test func interruptedAndResumedItHasTheBitsOfAWholeRun() throws {
    let folder = try TemporaryFolder()
    let (whole, parts) = (folder.path + "/whole", folder.path + "/parts")
    guard case .finished(let result) = try TrainingRun.start(try request(), in: whole, observer: SilentObserver())
    else {
      Issue.record("the whole run did not finish")
      return
    }
    guard case .interrupted(13) = try TrainingRun.start(try request(), in: parts, observer: StopAfter(steps: 13)) else {
      Issue.record("the run was not interrupted after 13 steps")
      return
    }
    guard case .finished(let resumed) = try TrainingRun.resume(parts, observer: SilentObserver()) else {
      Issue.record("the resumed run did not finish")
      return
    }
    #expect(result.testAccuracy == resumed.testAccuracy)
    #expect(try bytes(of: whole + "/model.safetensors") == bytes(of: parts + "/model.safetensors"))
    let page = try String(contentsOfFile: parts + "/report.html", encoding: .utf8)
    #expect(page.contains("OwnNet on UCI handwritten digits"))
  }

  @Test func itsModelIsReadAndPredicts() throws {
    let folder = try TemporaryFolder()
    let run = folder.path + "/run"
    guard
      case .finished(let result) = try TrainingRun.start(try request(epochs: 1), in: run, observer: SilentObserver())
    else {
      Issue.record("the run did not finish")
      return
    }
    let model = try TrainedModel.read(run + "/model.safetensors")
    #expect(model.model is OwnNet)
    #expect(try model.evaluated(on: digits.test).accuracy == result.testAccuracy)
    let classes = try model.predict(digits.test.dataset.images[0...0], from: "a digit")
    #expect(classes.count == 10)
    #expect(abs(classes.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
  }

  /// As by the command, or by a program that forgot to register.
  @Test func whereItIsNotRegisteredTheErrorNamesTheFileAndWhatToDo() throws {
    let folder = try TemporaryFolder()
    let run = folder.path + "/run"
    _ = try TrainingRun.start(try request(epochs: 1), in: run, observer: StopAfter(steps: 3))
    for name in ["run.json", "model.safetensors"] {
      let path = "\(run)/\(name)"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let text = try Data(contentsOf: URL(filePath: path))
      let other = Data(String(decoding: text, as: UTF8.self).replacing("test.ownnet", with: "test.lostnet").utf8)
      try other.write(to: URL(filePath: path))
    }
    let error = #expect(throws: FileError.self) { try TrainingRun.resume(run, observer: SilentObserver()) }
    let text = error?.description ?? ""
    #expect(text.contains("run.json"))
    #expect(text.contains("test.lostnet"))
    #expect(text.contains("NetworkCatalogue.register"))
  }

  @Test func itIsFoundByNameAndNotListedWithTheLibrarys() throws {
    #expect(try NetworkCatalogue.entry(ownNet).title == "OwnNet")
    #expect(!NetworkCatalogue.names.contains(ownNet))
    let error = #expect(throws: NetworkError.self) { try NetworkCatalogue.entry("test.ownnt") }
    #expect(error?.description.contains("test.ownnet") == true)
  }

  @Test func shapesAreCheckedBeforeTheFirstStepWithTheLayersPath() throws {
    NetworkCatalogue.register("test.wrongnet", input: [32, 32, 1], classes: 10) { _, classes in
      OwnNet(channels: 3, classes: classes)
    }
    let folder = try TemporaryFolder()
    let request = TrainingRun.Request(
      network: "test.wrongnet", data: try DataSource("digits"), settings: shortSettings(epochs: 1))
    let error = #expect(throws: PlanError.self) {
      try TrainingRun.start(request, in: folder.path + "/run", observer: SilentObserver())
    }
    #expect(error?.path == "conv")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/run"))
  }

  @Test func aNameThatIsTakenStopsTheProgram() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      NetworkCatalogue.register("lenet5", input: [32, 32, 1], classes: 10) { _, classes in Linear(4, classes) }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("there is a network \"lenet5\" already"))
  }
}
