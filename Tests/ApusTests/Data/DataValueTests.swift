import Apus
import ApusVision
import Foundation
import Testing

/// No value in the data stops the program: what cannot be trained on is refused before the first step, or has a defined result.
@Suite struct DataValueTests {
  private let command = CommandTests()
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func train(_ data: String, _ name: String, _ network: String = "lenet5", _ more: [String] = []) throws
    -> CommandTests.Finished
  {
    try command.apus(
      words: [
        "train", network, "--data", data, "--epochs", "2", "--batch-size", "64", "--out", temporary.path + "/" + name,
      ]
        + more)
  }

  @Test(arguments: [2, 3, 9, 10, 11]) func trainsOnAnyNumberOfImagesFromTwo(_ count: Int) throws {
    let data = temporary.path + "/data"
    try writeMNIST(data, training: count, test: 1)
    let run = try train("mnist:" + data, "run")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\(count - 1) training, 1 validation, 1 test images"), "\(run.output)")
    let evaluated = try command.apus("evaluate", temporary.path + "/run")
    #expect(evaluated.status == 0 && evaluated.output.contains(": 1 test images, "), "\(evaluated.errors)")
    #expect(evaluated.output.split(separator: "\n").last == run.output.split(separator: "\n").last)
    let scenes = try command.apus(
      "segment", "--data", "mnist:" + data, "--scenes", "2", "--epochs", "1", "--size", "16", "--out",
      temporary.path + "/scenes")
    #expect(scenes.status == 0, "\(scenes.errors)")
  }

  @Test func refusesOneImageAndNone() throws {
    let data = temporary.path + "/data"
    try writeMNIST(data, training: 1, test: 4)
    command.expectRefused("1 training image, expected at least 2", try train("mnist:" + data, "run"))
    try writeMNIST(data, training: 0, test: 4)
    command.expectRefused("expected at least one image", try train("mnist:" + data, "run"))
    try writeMNIST(data, training: 20, test: 0)
    command.expectRefused("expected at least one image", try train("mnist:" + data, "run"))
    #expect(try temporary.names() == ["data"])
  }

  @Test func trainsOnOneClassAndSaysSo() throws {
    let data = temporary.path + "/data"
    try writeMNIST(data, training: 30, test: 10, classes: 1)
    let run = try train("mnist:" + data, "run")
    #expect(run.status == 0 && run.errors.contains("27 training images are of the class 0"), "\(run.errors)")
    #expect(run.output.contains("test accuracy 100.0 %") && !run.output.contains("not learn"), "\(run.output)")
  }

  @Test func refusesLabelsOutOfRange() throws {
    let data = temporary.path + "/data"
    try writeMNIST(data, training: 30, test: 10)
    for (file, words) in [("train", "label 10 at index 3"), ("t10k", "label 10 at index 3")] {
      let path = "\(data)/\(file)-labels-idx1-ubyte"
      let kept = try bytes(of: path)
      var content = kept
      content[8 + 3] = 10
      try Data(content).write(to: URL(fileURLWithPath: path))
      command.expectRefused(words, try train("mnist:" + data, "run"))
      try Data(kept).write(to: URL(fileURLWithPath: path))
    }
  }

  @Test(arguments: [1, 2, 7]) func smallFilesOfCIFAR10(_ count: Int) throws {
    let data = temporary.path + "/data"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: false)
    for (name, records) in [("data_batch_1.bin", count), ("test_batch.bin", 1)] {
      let content = (0..<records).flatMap { [UInt8($0)] + [UInt8](repeating: UInt8(20 * $0), count: 3072) }
      try Data(content).write(to: URL(fileURLWithPath: data + "/" + name))
    }
    try Data((0..<10).map { "class\($0)\n" }.joined().utf8).write(to: URL(fileURLWithPath: data + "/batches.meta.txt"))
    let run = try train("cifar10:" + data, "run", "resnet20")
    if count == 1 {
      command.expectRefused("1 training image", run)
    } else {
      #expect(
        run.status == 0 && run.output.contains("\(count - 1) training, 1 validation, 1 test images"), "\(run.errors)")
    }
  }

  @Test func aClassWithOneImageIsTrainedOnAndSaidToBeUnmeasured() throws {
    let folder = try pictureFolder(
      temporary, "pictures", ["one": [9], "two": Array(100..<130)], size: 8)
    let run = try train("folder:" + folder, "run", "resnet20", ["--input", "8"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("too few images of one for the test part"), "\(run.errors)")
    let evaluated = try command.apus("evaluate", temporary.path + "/run")
    #expect(evaluated.output.split(separator: "\n").last == run.output.split(separator: "\n").last)
    let two = try pictureFolder(temporary, "two", ["x": [1], "y": [2]], size: 8)
    command.expectRefused("too few images", try train("folder:" + two, "run2", "resnet20", ["--input", "8"]))
  }

  /// Through the library, where nobody but the trainer looks at the parts.
  @Test func normalizationRefusesWhatItCannotDivideBy() async {
    let zero = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Normalization(mean: [0.5, 0.5], deviation: [1, 0])
    }
    #expect(errorText(zero).contains("normalization of channel 1 by mean 0.5 and deviation 0.0"))
    let nothing = Normalization(of: digits.train.dataset, at: [])
    #expect(nothing.mean == [0] && nothing.deviation == [1])
  }

  @Test func refusesPartsThatAreEmptyAndClassesThatTheNetworkHasNot() throws {
    func trainer(_ data: DataSplits) throws -> Trainer {
      try Trainer(model: LeNet5(inputSize: 32), data: data, settings: shortSettings())
    }
    func part(_ split: DataSplit, _ count: Int) -> DataSplit {
      DataSplit(split.dataset, indices: Array(split.indices.prefix(count)), normalization: split.normalization)
    }
    expectError("digits", "no training images") {
      _ = try trainer(DataSplits(train: part(digits.train, 0), validation: digits.validation, test: digits.test))
    }
    expectError("digits", "no validation images") {
      _ = try trainer(DataSplits(train: digits.train, validation: part(digits.validation, 0), test: digits.test))
    }
    // No test part is needed to train; there is nothing to measure on it.
    let small = DataSplits(
      train: part(digits.train, 10), validation: part(digits.validation, 1), test: part(digits.test, 0))
    let small10 = try trainer(small)
    #expect(try small10.train() == .finished)
    #expect(evaluate(small10.model, on: small.test.batches(of: 10)).accuracy.isNaN)
    #expect(Ensemble([small10.model]).accuracy(on: small.test.batches(of: 10)).ensemble.isNaN)

    let names = (0..<11).map { "\($0)" }
    let eleven = try ImageDataset(
      images: digits.train.dataset.images, labels: digits.train.dataset.labels, classNames: names, source: "eleven")
    func split(_ split: DataSplit) -> DataSplit {
      DataSplit(eleven, indices: split.indices, normalization: split.normalization)
    }
    expectError("eleven", "11 classes", "at most 10") {
      _ = try trainer(
        DataSplits(train: split(digits.train), validation: split(digits.validation), test: split(digits.test)))
    }
    expectError("11 classes", "10 of [32, 32, 1]") {
      _ = try trainer(DataSplits(train: digits.train, validation: split(digits.validation), test: digits.test))
    }
  }

  @Test func refusesScenesOfNoImagesAndOfTooManyClasses() throws {
    let none = DataSplit(digits.test.dataset, indices: [], normalization: digits.normalization)
    expectError("no images to compose scenes of") { _ = try ComposedScenes(none, height: 32, width: 32, seed: 1) }
    let many = try ImageDataset(
      images: digits.test.dataset.images, labels: digits.test.dataset.labels,
      classNames: (0..<255).map { "\($0)" }, source: "many")
    expectError("255 classes", "at most 254") {
      _ = try ComposedScenes(
        DataSplit(many, indices: [0], normalization: digits.normalization), height: 32, width: 32, seed: 1)
    }
  }

  @Test func refusesImagesAndModelsThatNothingCanBeMadeOf() throws {
    let ribbon = temporary.path + "/ribbon.pgm"
    try Data(Array("P5 200000 1 255\n".utf8) + [UInt8](repeating: 9, count: 200_000)).write(
      to: URL(fileURLWithPath: ribbon))
    expectError("ribbon.pgm", "1×200000 pixels", "less elongated") {
      _ = try Image.reader(bytes(of: ribbon), ribbon, .init(input: [224, 224, 3]))
    }
    #expect(try Image.reader(bytes(of: ribbon), ribbon, .init(input: [1, 8, 1])).count == 8)
    let image = Image(height: 8, width: 8, channels: 1, pixels: [UInt8](repeating: 1, count: 64))
    expectError("a.png", "[8, 8, 2]") { _ = try image.prepared(for: [8, 8, 2], file: "a.png") }
    let folder = try pictureFolder(temporary, "pictures", ["a": Array(0..<9), "b": Array(20..<29)])
    expectError("a/0.png", "3 bytes from the reader", "48") {
      _ = try ImageFolder.load(folder: folder, options: .init(input: [4, 4, 3])) { _, _, _ in [1, 2, 3] }
    }
  }
}
