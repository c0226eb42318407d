import Apus
import ApusVision
import Foundation
import Testing

/// How image files are read is part of a run: recorded, kept when it goes on, and taken over by its model.
@Suite struct ImageRunTests {
  private let temporary: TemporaryFolder
  private let folder: String
  private let run: RunFiles

  init() throws {
    temporary = try TemporaryFolder()
    folder = try pictureFolder(
      temporary, "pictures", ["a": (0..<30).map { 4 * $0 }, "b": (0..<30).map { 121 + 4 * $0 }], size: 8)
    run = RunFiles(temporary.path + "/run")
  }

  private func train(_ images: ImageFolder.Options, _ observer: some TrainingObserver = SilentObserver()) throws {
    var request = TrainingRun.Request(
      network: "resnet20", data: try DataSource("folder:" + folder),
      settings: TrainingSettings(epochs: 2, batchSize: 8, learningRate: 0.05, shift: 1))
    request.imageFolder = images
    _ = try TrainingRun.start(request, in: run.folder, reader: Image.reader, observer: observer)
  }

  private func damage(_ path: String) throws {
    try Data("<html>".utf8).write(to: URL(fileURLWithPath: folder + "/" + path))
  }

  @Test func recordsHowImagesAreRead() throws {
    let reading = ImageReading(alpha: .black, orientation: .ignore)
    try train(.init(input: [8, 8, 3], reading: reading), StopAfter(steps: 1))
    let text = String(decoding: try File.contents(of: run.record), as: UTF8.self)
    #expect(text.contains("\"alpha\" : \"black\"") && text.contains("\"orientation\" : \"ignore\""))
    #expect(try RunRecord.read(run.record).imageFolder?.reading == reading)
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    #expect(try TrainedModel.read(run.model).reading == reading)
  }

  /// Runs and models that were made before say nothing of it.
  @Test func readsRunsMadeBeforeAsTheyWere() throws {
    try train(.init(input: [8, 8, 3]))
    let text = String(decoding: try File.contents(of: run.record), as: UTF8.self)
    var record = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var images = try #require(record["image_folder"] as? [String: Any])
    #expect(images.removeValue(forKey: "reading") != nil && images.removeValue(forKey: "damaged") != nil)
    record["image_folder"] = images
    try JSONSerialization.data(withJSONObject: record).write(to: URL(fileURLWithPath: run.record))
    let before = try #require(try RunRecord.read(run.record).imageFolder)
    #expect(before.reading == .before && before.damaged == .stop && before.reading.alpha == .white)
    #expect(before.reading.orientation == .ignore && before.input == [8, 8, 3])

    let model = try Safetensors.read(run.model)
    var metadata = model.metadata
    let header = try #require(metadata["apus.model"])
    let start = try #require(header.range(of: ",\"reading\":{"))
    let end = try #require(header.range(of: "}", range: start.upperBound..<header.endIndex))
    metadata["apus.model"] = header.replacingCharacters(in: start.lowerBound..<end.upperBound, with: "")
    try Safetensors.write(model.order.map { ($0, model.tensors[$0]!) }, metadata: metadata, to: run.model)
    #expect(try TrainedModel.read(run.model).reading == .before)

    // What such a run did not read is nothing that was added: folders in folders, and formats that it did not know.
    try FileManager.default.createDirectory(atPath: folder + "/a/deeper", withIntermediateDirectories: false)
    for name in ["a/deeper/1.png", "a/new.webp"] { try damage(name) }
    #expect(try TrainingRun.evaluate(run.folder, reader: Image.reader).notes == [])
    let parts = try ImageFolder.load(folder: folder, options: before, reader: Image.reader)
    #expect(parts.files.count == 60 && parts.notes.joined().contains("not read: 1 .webp, 1 folder;"))
  }

  /// Of an edition that is not known nothing is guessed.
  @Test func refusesARecordOfAnUnknownEdition() throws {
    let text = #"{"input": [8, 8, 3], "crop": 1, "reading": {"alpha": "drop", "orientation": "apply", "edition": 3}}"#
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(ImageFolder.Options.self, from: Data(text.utf8)) }
  }

  @Test func goesOnWithoutTheImagesThatItLeftOut() throws {
    for path in ["a/3.png", "b/7.png"] { try damage(path) }
    try train(.init(input: [8, 8, 3], damaged: .skip), StopAfter(steps: 1))
    let data = try #require(try RunRecord.read(run.record).data)
    #expect(data.skipped?.map(\.path) == ["a/3.png", "b/7.png"])
    #expect(data.trainingSamples + data.validationSamples + data.testSamples == 58)
    _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    #expect(try RunRecord.read(run.record).data == data)
    #expect(try TrainingRun.evaluate(run.folder, reader: Image.reader).notes == [])
    // One that is damaged later is none that it began without.
    let trained = try #require(try RunSplit.read(run.split, classes: 2).first { $0.part == .training })
    try damage(trained.path)
    expectError("data that differ", trained.path) {
      var record = try RunRecord.read(run.record)
      record.status = .interrupted
      try record.write(to: run.record)
      _ = try TrainingRun.resume(run.folder, reader: Image.reader, observer: SilentObserver())
    }
  }

  @Test func evaluatesOtherImagesWithoutTheDamagedOnes() throws {
    try train(.init(input: [8, 8, 3]))
    // None of the values that the run trained on.
    let other = try pictureFolder(
      temporary, "other", ["a": (0..<10).map { 4 * $0 + 2 }, "b": (0..<10).map { 123 + 4 * $0 }], size: 8)
    try Data().write(to: URL(fileURLWithPath: other + "/b/1.png"))
    let source = try DataSource("folder:" + other)
    expectError("b/1.png", "empty") { _ = try TrainingRun.evaluate(run.folder, on: source, reader: Image.reader) }
    let measured = try TrainingRun.evaluate(run.folder, on: source, damaged: .skip, reader: Image.reader)
    #expect(measured.count == 19 && measured.notes.joined().contains("left out 1 of 20 images"))
  }

  @Test func theCommandTakesTheOptions() throws {
    let command = CommandTests()
    try damage("a/3.png")
    let train = [
      "train", "resnet20", "--data", "folder:" + folder, "--input", "8", "--epochs", "1", "--batch-size", "8", "--out",
      run.folder,
    ]
    command.expectRefused("a/3.png", try command.apus(words: train))
    let finished = try command.apus(words: train + ["--damaged", "skip", "--alpha", "white"])
    #expect(finished.status == 0 && finished.errors.contains("left out 1 of 60 images"), "\(finished.errors)")
    let options = try #require(try RunRecord.read(run.record).imageFolder)
    #expect(options.reading == ImageReading(alpha: .white) && options.damaged == .skip && options.input == [8, 8, 3])
    command.expectRefused(
      "--alpha",
      try command.apus("train", "lenet5", "--data", "digits", "--alpha", "white", "--out", temporary.path + "/d"))
    // A run keeps its settings.
    #expect(try command.apus("train", "--resume", run.folder, "--damaged", "stop").status == 64)
    // The model reads what is asked for as its training did: over white.
    let picture = repositoryFile("Tests/Fixtures/image-forms/rgba.png")
    let predicted = try command.apus("predict", run.folder, picture, "--json")
    let model = try TrainedModel.read(run.model)
    func probabilities(_ alpha: ImageReading.Alpha) throws -> [String: Double] {
      let image = try Image(contentsOf: picture, reading: ImageReading(alpha: alpha)).prepared(
        for: model, file: picture)
      let classes = try model.predict(image, from: picture)
      return Dictionary(uniqueKeysWithValues: classes.map { ($0.className, $0.probability) })
    }
    struct Prediction: Decodable {
      struct Class: Decodable {
        var name: String
        var probability: Double
      }
      var classes: [Class]
    }
    let shown = try #require(try JSONDecoder().decode([Prediction].self, from: Data(predicted.output.utf8)).first)
    let given = Dictionary(uniqueKeysWithValues: shown.classes.map { ($0.name, $0.probability) })
    #expect(try given == probabilities(.white) && given != probabilities(.drop), "\(predicted.errors)")
  }
}
