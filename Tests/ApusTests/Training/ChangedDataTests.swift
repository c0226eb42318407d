import Apus
import ApusVision
import Foundation
import Testing

/// A run whose data change: what it held out is what is measured, or nothing is.
@Suite struct ChangedDataTests {
  private let temporary: TemporaryFolder
  private let folder: String
  private let run: RunFiles

  init() throws {
    temporary = try TemporaryFolder()
    folder = try pictureFolder(
      temporary, "pictures", ["a": (0..<30).map { 4 * $0 }, "b": (0..<30).map { 121 + 4 * $0 }], size: 8)
    run = RunFiles(temporary.path + "/run")
  }

  private func train(
    epochs: Int = 1, _ observer: some TrainingObserver = SilentObserver(), data: String? = nil, in path: String? = nil
  ) throws {
    var request = TrainingRun.Request(
      network: "resnet20", data: try DataSource("folder:" + (data ?? folder)),
      settings: TrainingSettings(epochs: epochs, batchSize: 8, learningRate: 0.05, shift: 1))
    request.imageFolder = .init(input: [8, 8, 3])
    _ = try TrainingRun.start(request, in: path ?? run.folder, reader: Image.reader, observer: observer)
  }

  private func evaluate(_ data: String? = nil, of path: String? = nil) throws -> TrainingRun.Measurement {
    try TrainingRun.evaluate(path ?? run.folder, on: data.map { try DataSource($0) }, reader: Image.reader)
  }

  private var parts: [DataPart: [String]] {
    get throws {
      Dictionary(grouping: try RunSplit.read(run.split, classes: 2), by: \.part).mapValues { $0.map(\.path) }
    }
  }

  private func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: folder + "/" + path) }

  private func write(_ path: String, value: UInt8) throws {
    let png = try Image(height: 8, width: 8, channels: 1, pixels: [UInt8](repeating: value, count: 64)).pngData()
    try Data(png).write(to: URL(fileURLWithPath: folder + "/" + path))
  }

  @Test func measuresWhatWasHeldOutWhateverElseChanges() throws {
    try train()
    let record = try RunRecord.read(run.record)
    let parts = try parts
    #expect(parts.values.reduce(0) { $0 + $1.count } == 60 && record.data?.split == "split.csv")
    #expect(parts[.test]?.count == record.data?.testSamples && parts[.training]?.count == record.data?.trainingSamples)
    let before = try evaluate()
    #expect(before.scores["accuracy"] == record.result?.test["accuracy"] && before.notes == [])
    #expect(before.images.hasPrefix("the \(parts[.test]!.count) that the run held out"))

    // The recorded index shows: another list has other places.
    let (gone, changed) = (parts[.training]![0], parts[.training]![1])
    try remove(gone)
    try write(changed, value: 1)
    try Data([UInt8](repeating: 7, count: 10_000)).write(to: URL(fileURLWithPath: folder + "/" + changed))
    try write("a/00.png", value: 77)
    try FileManager.default.createDirectory(atPath: folder + "/c", withIntermediateDirectories: false)
    try write("c/1.png", value: 78)
    let after = try evaluate()
    #expect(after.classification?.predictions == before.classification?.predictions)
    #expect(after.scores == before.scores)
    #expect(after.notes.count == 2, "\(after.notes)")
    #expect(after.notes[0].contains("1 file is gone (\(gone)), 1 file has another content (\(changed))"))
    #expect(after.notes[1].contains("2 files were added (a/00.png, c/1.png)"))
  }

  @Test func refusesWhereAHeldOutFileIsGoneOrAnother() throws {
    try train()
    let test = try #require(try parts[.test])
    // A training image under the name of a test image has the same size at most.
    let kept = try bytes(of: folder + "/" + test[0])
    try write(test[0], value: 3)
    expectError("images that the run held out", "1 file has another content (\(test[0]))") { _ = try evaluate() }
    try Data(kept).write(to: URL(fileURLWithPath: folder + "/" + test[0]))
    #expect(try evaluate().notes == [])
    try remove(test[1])
    try remove(test[2])
    let names = [test[1], test[2]].joined(separator: ", ")
    expectError("of the \(test.count) images", "2 files are gone (\(names))", "`data`") { _ = try evaluate() }
    try FileManager.default.removeItem(atPath: folder)
    expectError(folder, "nothing there") { _ = try evaluate() }
  }

  @Test func goesOnOnlyWithTheFilesThatItBeganWith() throws {
    try train(epochs: 2, StopAfter(steps: 3))
    let before = try bytes(of: run.split)
    func resume() throws { _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver()) }
    let name = try #require(try parts[.training]?.first)
    let kept = try bytes(of: folder + "/" + name)
    try remove(name)
    expectError("data that differ", "1 file is gone (\(name))") { try resume() }
    try write(name, value: 250)
    expectError("data that differ", "1 file has another content (\(name))") { try resume() }
    try Data(kept).write(to: URL(fileURLWithPath: folder + "/" + name))
    try write("b/99.png", value: 250)
    expectError("data that differ", "1 file was added (b/99.png)") { try resume() }
    try remove("b/99.png")
    try resume()
    #expect(try bytes(of: run.split) == before)
    #expect(try evaluate().scores["accuracy"] == RunRecord.read(run.record).result?.test["accuracy"])
    // Interrupted or not: the same bytes.
    let whole = RunFiles(temporary.path + "/whole")
    try train(epochs: 2, in: whole.folder)
    #expect(try bytes(of: whole.model) == bytes(of: run.model) && bytes(of: whole.split) == before)
    // A run that has lost its parts does not guess them.
    try FileManager.default.removeItem(atPath: run.split)
    expectError("split.csv") { _ = try evaluate() }
  }

  /// As the version before recorded them: no parts, which followed from the files' places.
  @Test func runsMadeBeforeKeepTheirParts() throws {
    try train(StopAfter(steps: 1))
    var record = try RunRecord.read(run.record)
    let byPlace = try ImageFolder.load(
      folder: folder, options: .init(input: [8, 8, 3]), division: .byPlace, reader: Image.reader)
    #expect(byPlace.files.isEmpty && byPlace.test.count == 12 && byPlace.validation.count == 4)
    record.data = RunRecord.Data(try DataSource("folder:" + folder), byPlace)
    #expect(record.data?.split == nil)
    try record.write(to: run.record)
    for file in [run.split, run.checkpoint] { try FileManager.default.removeItem(atPath: file) }
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    let measured = try evaluate()
    #expect(measured.scores["accuracy"] == (try RunRecord.read(run.record).result?.test["accuracy"]))
    #expect(measured.classification?.labels.count == 12 && !FileManager.default.fileExists(atPath: run.split))
    try write("a/3.png", value: 201)
    expectError("data that differ", "other contents or names") { _ = try evaluate() }
    try remove("a/3.png")
    expectError("data that differ", "46 training images, 44 then") {
      for index in 4..<8 { try write("a/x\(index).png", value: 3) }
      _ = try evaluate()
    }
    try FileManager.default.createDirectory(atPath: folder + "/c", withIntermediateDirectories: false)
    try write("c/1.png", value: 78)
    expectError("data that differ", "classes added c") { _ = try evaluate() }
  }

  /// Runs that were made when the composed forms of names decided their order: with recorded parts, and without.
  @Test(arguments: [true, false]) func runsMadeBeforeKeepTheirClasses(_ recordsParts: Bool) throws {
    let names = ["cafe\u{301}", "caff", "caf\u{E9}s"]
    for (index, name) in names.enumerated() {
      try FileManager.default.moveItem(
        atPath: index < 2
          ? folder + "/" + ["a", "b"][index]
          : try pictureFolder(
            temporary, "more", ["c": (0..<30).map { 60 + 4 * $0 }], size: 8) + "/c", toPath: folder + "/" + name)
    }
    let before = ["caff", "cafe\u{301}", "caf\u{E9}s"]
    try train(StopAfter(steps: 1))
    var record = try RunRecord.read(run.record)
    #expect(record.data?.classNames == names)
    let old = try ImageFolder.load(
      folder: folder, options: .init(input: [8, 8, 3]), division: recordsParts ? .byPath : .byPlace, order: before,
      reader: Image.reader)
    #expect(old.classNames == before && old.fingerprint != record.data?.fingerprint)
    record.data = RunRecord.Data(try DataSource("folder:" + folder), old)
    try record.write(to: run.record)
    for file in [run.split, run.checkpoint] { try FileManager.default.removeItem(atPath: file) }
    if recordsParts { try AtomicFile.write(RunSplit.csv(old.files), to: run.split) }
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    #expect(try TrainedModel.read(run.model).classNames == before)
    #expect(try RunRecord.read(run.record).data == record.data)
    let own = try evaluate()
    #expect(own.classification?.labels == old.test.labels.map { Int($0) })
    #expect(try own.scores["accuracy"] == RunRecord.read(run.record).result?.test["accuracy"])
    // Other data are measured in the model's order.
    let other = try pictureFolder(
      temporary, "other", ["caff": [123], "caf\u{E9}": [2, 6], "cafe\u{301}s": [61, 65, 69]], size: 8)
    #expect(try evaluate("folder:" + other).classification?.labels == [0, 1, 1, 2, 2, 2])
  }

  /// A run of data in fixed files: from before, without a fingerprint, and now.
  @Test func comparesDataInFixedFiles() throws {
    let data = temporary.path + "/mnist"
    try writeMNIST(data, training: 60, test: 20)
    let request = TrainingRun.Request(
      network: "lenet5", data: try DataSource("mnist:" + data), settings: TrainingSettings(epochs: 1, batchSize: 16))
    _ = try TrainingRun.start(request, in: run.folder, observer: SilentObserver())
    var record = try RunRecord.read(run.record)
    #expect(record.data?.fingerprint?.count == 16 && record.data?.split == nil)
    #expect(try evaluate().images.contains("t10k"))
    // Two labels of the test files exchanged: no count and no mean tells.
    let labels = data + "/t10k-labels-idx1-ubyte"
    var content = try bytes(of: labels)
    content.swapAt(8, 9)
    try Data(content).write(to: URL(fileURLWithPath: labels))
    expectError("data that differ") { _ = try evaluate() }
    record.data?.fingerprint = nil
    try record.write(to: run.record)
    #expect(try evaluate().classification?.labels.count == 20)
    try writeMNIST(data, training: 60, test: 20, brightness: 3)
    expectError("data that differ", "not recorded") { _ = try evaluate() }
    try writeMNIST(data, training: 50, test: 20)
    expectError("data that differ", "45 training images, 54 then") { _ = try evaluate() }
  }

  @Test func measuresAllImagesOfAFolderWithoutParts() throws {
    try train()
    let other = try pictureFolder(temporary, "other", ["a": [2, 5, 250], "b": [203, 206]], size: 8)
    let measured = try evaluate("folder:" + other)
    #expect(measured.classification?.labels == [0, 0, 0, 1, 1], "\(measured)")
    #expect(measured.images == "all 5 of the folder, which has no parts train and test")
    // Of its own folder, also under another name, nothing that it trained on counts.
    let moved = temporary.path + "/moved"
    try FileManager.default.copyItem(atPath: folder, toPath: moved)
    try FileManager.default.moveItem(atPath: moved + "/a/1.png", toPath: moved + "/a/renamed.png")
    let own = try evaluate("folder:" + moved)
    let count = try #require(try parts[.test]?.count)
    #expect(own.classification?.labels.count == count)
    #expect(own.images.contains("all 60 of the folder") && own.images.contains("without \(60 - count)"))
    #expect(own.scores["accuracy"] == (try evaluate().scores["accuracy"]))
    for name in try parts[.test] ?? [] {
      try FileManager.default.removeItem(atPath: moved + "/" + (name == "a/1.png" ? "a/renamed.png" : name))
    }
    expectError("all of which the run trained on") { _ = try evaluate("folder:" + moved) }
    expectError("class \"z\"") { _ = try evaluate("folder:" + pictureFolder(temporary, "z", ["z": [1]], size: 8)) }
    // With parts: the test part.
    let divided = try pictureFolder(
      temporary, "divided", ["train/a": [1], "train/b": [2], "test/a": [5, 6], "test/b": [7]], size: 8)
    #expect(try evaluate("folder:" + divided).images == "all 3 of its test folder")
    try FileManager.default.removeItem(atPath: divided + "/test")
    expectError("no folder test", "folder:\(divided)/val") { _ = try evaluate("folder:" + divided) }
  }

  @Test func predictingExtractingAndBeginningNeedNoData() throws {
    try train()
    try FileManager.default.moveItem(atPath: folder + "/a/1.png", toPath: temporary.path + "/a.png")
    try FileManager.default.removeItem(atPath: folder)
    let picture = temporary.path + "/a.png"
    let model = try TrainedModel.read(run.model)
    #expect(try model.predict(Image(contentsOf: picture).prepared(for: model, file: picture), from: picture).count == 2)
    let command = CommandTests()
    let features = try command.apus(
      "features", run.folder, "--at", "stage3", "--images", picture, "--output", temporary.path + "/f.npy")
    #expect(features.status == 0, "\(features.errors)")
    let image = try model.normalization(Image(contentsOf: picture).prepared(for: model, file: picture))
    expectSameBits(
      try Npy.read(temporary.path + "/f.npy"), try FeatureExtractor(model.model, at: "stage3", input: [8, 8, 3])(image))
    let other = try pictureFolder(
      temporary, "others", ["a": Array(0..<10), "b": Array(200..<210)], size: 8)
    let next = try command.apus(
      "train", "resnet20", "--data", "folder:" + other, "--input", "8", "--epochs", "1", "--batch-size", "8", "--init",
      run.model, "--out", temporary.path + "/next")
    #expect(next.status == 0, "\(next.errors)")
    let initial = try #require(try RunRecord.read(temporary.path + "/next/run.json").initial)
    #expect(initial.matched == model.model.state().count && initial.head == [])
    command.expectRefused("nothing there", try command.apus("evaluate", run.folder))
  }
}

/// The four files of MNIST's form, with images of 28×28 that show their class, of all ten in turn or of some.
func writeMNIST(
  _ folder: String, training: Int, test: Int, classes: Int = 10, brightness: Int = 20
) throws {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  for (name, count) in [("train", training), ("t10k", test)] {
    func header(_ sizes: [Int]) -> [UInt8] {
      [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { size in (0..<4).map { UInt8(size >> (24 - 8 * $0) & 255) } }
    }
    let labels = (0..<count).map { UInt8($0 % classes) }
    let pixels = labels.enumerated().flatMap { index, label in
      (0..<784).map { UInt8($0 / 78 == Int(label) ? 200 : (index * 31 + $0 * 7) % brightness) }
    }
    try Data(header([count, 28, 28]) + pixels).write(to: URL(fileURLWithPath: "\(folder)/\(name)-images-idx3-ubyte"))
    try Data(header([count]) + labels).write(to: URL(fileURLWithPath: "\(folder)/\(name)-labels-idx1-ubyte"))
  }
}
