import Apus
import ApusVision
import Foundation
import Testing

/// Runs that begin with other weights, on folders of images.
@Suite struct TransferRunTests {
  /// Three classes of 8×8 pictures, dark to light.
  private static func pictures(_ temporary: TemporaryFolder, _ name: String = "pictures") throws -> String {
    try pictureFolder(
      temporary, name,
      ["a": (0..<12).map { 5 * $0 }, "b": (0..<12).map { 90 + 5 * $0 }, "c": (0..<12).map { 180 + 5 * $0 }], size: 8)
  }

  private func request(_ folder: String, epochs: Int = 3) throws -> TrainingRun.Request {
    var request = TrainingRun.Request(
      network: "resnet20", data: try DataSource("folder:" + folder),
      settings: TrainingSettings(epochs: epochs, batchSize: 8, learningRate: 0.05, shift: 1))
    request.imageFolder = .init(input: [8, 8, 3])
    return request
  }

  private func start(
    _ request: TrainingRun.Request, _ run: RunFiles, _ observer: some TrainingObserver = SilentObserver()
  ) throws {
    _ = try TrainingRun.start(request, in: run.folder, reader: Image.reader, observer: observer)
  }

  private func tensors(_ path: String) throws -> [String: [Float]] {
    try Safetensors.read(path).tensors.mapValues { $0.array(of: Float.self) }
  }

  /// Weights in PyTorch's layout of a network with ten classes.
  private func weights(_ temporary: TemporaryFolder) throws -> (path: String, model: any Layer) {
    let model = try NetworkCatalogue.make("resnet20", input: [8, 8, 3], classes: 10, seed: 77)
    model.recomputeStatistics(over: [floats([8, 8, 8, 3], seed: 2)])
    let path = temporary.path + "/weights.safetensors"
    try model.save(weights: path, input: [1, 8, 8, 3])
    return (path, model)
  }

  @Test func goesOnToTheSameBytesAfterAnInterruption() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.pictures(temporary)
    let (file, source) = try weights(temporary)
    var request = try request(folder)
    request.initialWeights = file
    request.settings.freeze = ["conv1*", "bn1*", "stage1*"]
    request.settings.groups = [ParameterGroup("stage2*", learningRate: 0.5, weightDecay: 0)]
    let (whole, cut) = (RunFiles(temporary.path + "/whole"), RunFiles(temporary.path + "/cut"))
    try start(request, whole)
    try start(request, cut, StopAfter(steps: 6))
    // The checkpoint has everything: the file of weights is not needed any more.
    try FileManager.default.removeItem(atPath: file)
    _ = try TrainingRun.resume(cut.folder, reader: Image.reader, observer: SilentObserver())
    #expect(try bytes(of: cut.model) == bytes(of: whole.model))

    let record = try RunRecord.read(cut.record)
    #expect(record.initial?.head == ["fc.weight", "fc.bias"] && record.initial?.fileClasses == 10)
    #expect(record.initial?.matched == source.state().count - 2)
    #expect(record.normalization == .imageNet && record.data?.mean == Normalization.imageNet.mean)
    #expect(record.frozen?.parameters.count == 21 && record.frozen?.buffers.count == 14)
    #expect(record.weightDecay?.decayed.contains("stage1.0.conv1.weight") == false)
    #expect(record.weightDecay?.spared.contains("stage2.0.conv1.weight") == true)

    let trained = try tensors(cut.model)
    for (name, value) in every(source.state().filter { !$0.name.hasPrefix("fc") }) {
      let stays = name.hasPrefix("conv1") || name.hasPrefix("bn1") || name.hasPrefix("stage1")
      #expect((trained[name] == value.array(of: Float.self)) == stays, "\(name)")
    }
    let model = try TrainedModel.read(cut.model)
    #expect(model.classNames == ["a", "b", "c"] && model.crop == 1 && model.normalization == .imageNet)
    let data = try DataSource("folder:" + folder).load(
      folder: .init(input: model.input, crop: model.crop), reader: Image.reader)
    #expect(try model.evaluated(on: data.test).accuracy == record.result?.test["accuracy"])
    let picture = folder + "/c/3.png"
    #expect(try model.predict(Image(contentsOf: picture).prepared(for: model, file: picture), from: picture).count == 3)
  }

  /// Puts other bytes in place of a file when it is warned.
  private final class Replacing: TrainingObserver {
    private let file: String
    private(set) var count = 0

    init(_ file: String) { self.file = file }

    func warn(_ text: String) {
      count += 1
      try! Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
    }
  }

  /// What is recorded of the file is of the bytes that the values are made of, even if it changes meanwhile.
  @Test func takesFingerprintAndValuesFromOneRead() throws {
    let temporary = try TemporaryFolder()
    let file = temporary.path + "/weights.safetensors"
    try Random.withSeed(5) { LeNet5(inputSize: 28) }.save(weights: file)
    let fingerprint = Fingerprint.text(of: try bytes(of: file))
    // Warned of the one class after the file was read.
    try writeMNIST(temporary.path + "/data", training: 30, test: 10, classes: 1)
    var request = TrainingRun.Request(
      network: "lenet5", data: try DataSource("mnist:" + temporary.path + "/data"),
      settings: TrainingSettings(epochs: 1, batchSize: 16))
    (request.initialWeights, request.normalization) = (file, .data)
    let (run, observer) = (RunFiles(temporary.path + "/run"), Replacing(file))
    try start(request, run, observer)
    #expect(try observer.count == 1 && bytes(of: file) == [1, 2, 3])
    let initial = try #require(try RunRecord.read(run.record).initial)
    #expect(initial.fingerprint == fingerprint && initial.matched == 10)
  }

  /// The normalization and the values are those of one content.
  @Test func refusesWeightsThatChangeWhileImagesAreRead() throws {
    let temporary = try TemporaryFolder()
    let (file, _) = try weights(temporary)
    var request = try request(Self.pictures(temporary), epochs: 1)
    request.initialWeights = file
    let run = RunFiles(temporary.path + "/run")
    expectError("weights.safetensors: another content than when the run began", "expected the same file") {
      _ = try TrainingRun.start(
        request, in: run.folder,
        reader: { content, path, options in
          try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
          return try Image.reader(content, path, options)
        }, observer: SilentObserver())
    }
    #expect(!FileManager.default.fileExists(atPath: run.folder))
  }

  @Test func beginsWithAnotherRunsModel() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.pictures(temporary)
    let first = RunFiles(temporary.path + "/first")
    try start(try request(folder, epochs: 1), first)
    let before = try tensors(first.model)

    // The same classes: the classifier too. What it was normalized by stays.
    func transfer(_ name: String, _ change: (inout TrainingRun.Request) throws -> Void) throws -> (RunRecord, RunFiles)
    {
      var request = try request(folder, epochs: 1)
      request.initialWeights = first.model
      request.settings.freeze = ["*"]
      request.settings.unfreeze = ["fc.bias"]
      try change(&request)
      let run = RunFiles(temporary.path + "/" + name)
      try start(request, run)
      return (try RunRecord.read(run.record), run)
    }
    let (same, run) = try transfer("same") { _ in }
    #expect(try same.initial?.head == [] && same.normalization == TrainedModel.read(first.model).normalization)
    let after = try tensors(run.model)
    #expect(before.keys.sorted() == after.keys.sorted())
    #expect(before.keys.filter { before[$0] != after[$0] } == ["fc.bias"])

    let (fresh, anew) = try transfer("anew") {
      $0.newHead = true
      $0.normalization = .data
    }
    #expect(fresh.initial?.head == ["fc.weight", "fc.bias"] && fresh.normalization == nil)
    #expect(try tensors(anew.model)["fc.weight"] != before["fc.weight"])
    // Drawn from the seed, as without initial weights.
    let drawn = try NetworkCatalogue.make("resnet20", input: [8, 8, 3], classes: 3, seed: 1).parameters["fc.weight"]!
    #expect(try tensors(anew.model)["fc.weight"] == drawn.value.array(of: Float.self))

    let others = try pictureFolder(
      temporary, "others", ["a": Array(0..<8), "b": Array(9..<17), "z": Array(20..<28)], size: 8)
    let (renamed, _) = try transfer("renamed") { $0.data = try DataSource("folder:" + others) }
    #expect(renamed.initial?.head?.count == 2 && renamed.initial?.fileClasses == 3)
    let other = try DataSource("folder:" + others).load(folder: .init(input: [8, 8, 3]), reader: Image.reader)
    expectError("class 2 \"z\"", "\"c\"") { _ = try TrainedModel.read(first.model).evaluated(on: other.test) }
  }

  /// Weights for colored images, on gray ones: told, and with channels repeated.
  @Test func grayImagesAreRepeatedForColoredWeights() throws {
    let temporary = try TemporaryFolder()
    let file = temporary.path + "/rgb.safetensors"
    let source = try NetworkCatalogue.make("lenet5", input: [32, 32, 3], classes: 10, seed: 7)
    try source.save(weights: file, input: [1, 32, 32, 3])
    var request = TrainingRun.Request(
      network: "lenet5", data: try DataSource("digits"), settings: TrainingSettings(epochs: 1, batchSize: 256))
    request.initialWeights = file
    let run = RunFiles(temporary.path + "/run")
    expectError(
      "rgb.safetensors: the weights expect images of 3 channels, but these have 1: --channels 3 repeats the gray one"
    ) {
      try start(request, run)
    }
    #expect(try temporary.names() == ["rgb.safetensors"])
    request.channels = 3
    try start(request, run)
    let record = try RunRecord.read(run.record)
    #expect(record.channels == 3 && record.network?.input == [32, 32, 3] && record.normalization == .imageNet)
    #expect(record.initial?.matched == 10 && record.initial?.notes == nil)
    let measured = try TrainingRun.evaluate(run.folder).scores
    #expect(measured["accuracy"] == record.result?.test["accuracy"])
    // The same images as other data.
    #expect(try TrainingRun.evaluate(run.folder, on: DataSource("digits")).scores == measured)
    // Gray weights of others are not normalized by ImageNet's colors.
    try NetworkCatalogue.make("lenet5", input: [32, 32, 1], classes: 10, seed: 7).save(
      weights: file, input: [1, 32, 32, 1])
    request.channels = nil
    let gray = RunFiles(temporary.path + "/gray")
    try start(request, gray, StopAfter(steps: 1))
    #expect(try RunRecord.read(gray.record).normalization == nil)
    request.channels = 3
    expectError("the weights expect images of 1 channel, but these have 3") {
      try start(request, RunFiles(temporary.path + "/none"))
    }
  }

  @Test func beginsWithASetOfACheckpoint() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.pictures(temporary)
    let (file, source) = try weights(temporary)
    let sets = try WeightsFile.read(file).tensors.flatMap {
      [("model.\($0.name)", $0.value), ("ema.\($0.name)", $0.value)]
    }
    try Safetensors.write(sets, to: file)
    var request = try request(folder, epochs: 1)
    request.initialWeights = file
    let run = RunFiles(temporary.path + "/run")
    expectError("choose with --prefix ema") { try start(request, run) }
    request.weightsPrefix = "ema"
    try start(request, run, StopAfter(steps: 1))
    let record = try RunRecord.read(run.record)
    #expect(record.initial?.prefix == "ema" && record.initial?.matched == source.state().count - 2)
    #expect(record.initial?.notes?.first == "removed from the names: ema.")
    // Without a checkpoint the file is read again.
    try FileManager.default.removeItem(atPath: run.checkpoint)
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    request.initialWeights = nil
    expectError("a prefix of names without initial weights") { try start(request, RunFiles(temporary.path + "/none")) }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.pictures(temporary)
    let run = RunFiles(temporary.path + "/run")
    func expectRefused(_ words: String..., change: (inout TrainingRun.Request) throws -> Void) throws {
      var request = try request(folder)
      try change(&request)
      do {
        try start(request, run)
        Issue.record("expected an error with \(words)")
      } catch {
        for word in words { #expect("\(error)".contains(word), "\(word) is missing in: \(error)") }
      }
      #expect(!FileManager.default.fileExists(atPath: run.folder))
    }
    // Another network's weights.
    let other = temporary.path + "/other.safetensors"
    try NetworkCatalogue.make("lenet5", input: [28, 28, 1], classes: 10, seed: 1).save(
      weights: other, input: [1, 28, 28, 1])
    try expectRefused(
      "other.safetensors: weights of lenet5 (first filters 5×5×1×6) do not fit resnet20 (3×3×3×16)"
    ) { $0.initialWeights = other }
    try expectRefused("none.safetensors", "No such file") { $0.initialWeights = temporary.path + "/none.safetensors" }
    let damaged = try temporary.file("damaged.safetensors", [1, 2, 3])
    try expectRefused("damaged.safetensors") { $0.initialWeights = damaged }
    try expectRefused("3 classes (a, b, c)", "10") { $0.classes = 10 }
    try expectRefused("\"layer*\"", "matches none of the") { $0.settings.freeze = ["layer*"] }
    try expectRefused("nothing is left to train") { $0.settings.freeze = ["*"] }
    try expectRefused("without initial weights") { $0.newHead = true }
    try expectRefused("`imageFolder` is given, expected data that are a folder of image files") {
      $0.data = try DataSource("digits")
    }
    try expectRefused("images of 1 channels") {
      $0.imageFolder = .init(input: [8, 8, 1])
      $0.normalization = .imagenet
    }
  }

  @Test func refusesToGoOnWithOtherPicturesOrWeights() throws {
    let temporary = try TemporaryFolder()
    let folder = try Self.pictures(temporary)
    let run = RunFiles(temporary.path + "/run")
    try start(try request(folder), run, StopAfter(steps: 2))
    try FileManager.default.moveItem(atPath: folder + "/a/3.png", toPath: folder + "/a/33.png")
    expectError("data that differ", "1 file is gone (a/3.png), 1 file was added (a/33.png)") {
      _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    }
    try FileManager.default.moveItem(atPath: folder + "/a/33.png", toPath: folder + "/a/3.png")
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())

    // Without a checkpoint it begins again, with the very file.
    let (file, _) = try weights(temporary)
    var request = try request(folder)
    request.initialWeights = file
    let other = RunFiles(temporary.path + "/other")
    try start(request, other, StopAfter(steps: 2))
    try FileManager.default.removeItem(atPath: other.checkpoint)
    var content = try bytes(of: file)
    content[content.count - 1] ^= 1
    try Data(content).write(to: URL(fileURLWithPath: file))
    expectError("weights.safetensors", "another content") {
      _ = try TrainingRun.resume(other.folder, reader: Image.reader, observer: SilentObserver())
    }
  }
}
