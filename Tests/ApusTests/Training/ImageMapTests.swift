import Apus
import ApusONNX
import ApusVision
import Foundation
import Testing

/// A linear classifier, for images of any size.
private let linearNet: String = {
  NetworkCatalogue.register("test.linearnet", title: "LinearNet", input: [8, 8, 1], classes: 10) { input, classes in
    Sequential {
      Flatten()
      Linear(input[0] * input[1] * input[2], classes)
    }
  }
  return "test.linearnet"
}()

/// Mean images and whitening as the first layer of a run's network.
@Suite struct ImageMapTests {
  private let temporary: TemporaryFolder
  private let folder: String

  /// Noise of two brightnesses, whose neighbors are alike.
  init() throws {
    temporary = try TemporaryFolder()
    folder = temporary.path + "/pictures"
    for (label, base) in [("dark", 60.0), ("light", 150)] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(label)", withIntermediateDirectories: true)
      for index in 0..<60 {
        let noise = Random.normal(seed: UInt64(base), stream: UInt64(index), count: 49)
        let pixels = (0..<48).map { UInt8(min(max(base + 25 * Double(noise[$0] + noise[$0 + 1]), 0), 255)) }
        let png = try Image(height: 4, width: 4, channels: 3, pixels: pixels).pngData()
        try Data(png).write(to: URL(fileURLWithPath: "\(folder)/\(label)/\(index).png"))
      }
    }
  }

  private func request(_ choice: NormalizationChoice) throws -> TrainingRun.Request {
    var request = TrainingRun.Request(
      network: linearNet, data: try DataSource("folder:" + folder),
      settings: TrainingSettings(epochs: 3, batchSize: 8, learningRate: 0.02, shift: 1, flips: true))
    request.imageFolder = ImageFolder.Options(input: [4, 4, 3])
    request.normalization = choice
    return request
  }

  private func train(_ choice: NormalizationChoice, _ name: String, steps: Int = .max) throws -> String {
    let path = temporary.path + "/" + name
    _ = try TrainingRun.start(
      try request(choice), in: path, reader: Image.reader, observer: StopAfter(steps: steps))
    return path
  }

  private func data() throws -> DataSplits {
    try DataSource("folder:" + folder).load(folder: .init(input: [4, 4, 3]), reader: Image.reader)
  }

  /// The rows of a part of the data, [N, 48], from 0 to 1.
  private func rows(_ split: DataSplit) -> Tensor {
    Tensor.stacked(split.indices.map { split.dataset.image(Int($0)).cast(to: .float32) / 255 }).flatten(1)
  }

  @Test func aMeanImageIsSubtractedWhereverTheModelRuns() throws {
    let run = RunFiles(try train(.meanImage, "mean"))
    let model = try TrainedModel.read(run.model)
    #expect(try RunRecord.read(run.record).imageMap == .meanImage)
    #expect(model.normalization == Normalization(mean: [0, 0, 0], deviation: [1, 1, 1]))
    #expect(model.model.parameters.map(\.path) == ["1.weight", "1.bias"])
    #expect(model.model.buffers.map(\.path) == ["images.mean"])
    let data = try data()
    expectClose(
      try #require(model.model.buffers["images.mean"]).value.flatten(0),
      rows(data.train).mean(axes: [0]).array(of: Float.self).map(Double.init), tolerance: 1e-6)
    // By hand: bytes / 255 − mean, then the linear layer.
    let mean = MeanImage(of: data.train.dataset, at: data.train.indices)
    let image = data.test.image(at: 0).reshaped([1, 4, 4, 3])
    let weight = try #require(model.model.parameters["1.weight"])
    let bias = try #require(model.model.parameters["1.bias"])
    let expected = softmax(linear(mean(image).flatten(1), weight: weight.value, bias: bias.value))
    let predicted = try model.predict(image, from: "a picture")
    for (name, value) in pairs(model.classNames, expected.array(of: Float.self)) {
      let found = try #require(predicted.first { $0.className == name })
      #expect(abs(found.probability - Double(value)) < 1e-6)
    }
    let measured = try TrainingRun.evaluate(run.folder, reader: Image.reader)
    #expect(measured.scores == (try #require(try RunRecord.read(run.record).result)).test)
  }

  @Test(arguments: [(NormalizationChoice.pcaWhitening, false), (.zcaWhitening, true)])
  func whiteningIsThatOfThePrincipalComponents(choice: NormalizationChoice, zca: Bool) throws {
    let model = try TrainedModel.read(RunFiles(try train(choice, "white")).model)
    let data = try data()
    let train = rows(data.train)
    let buffers = model.model.buffers
    let (mean, matrix) = (try #require(buffers["images.mean"]).value, try #require(buffers["images.matrix"]).value)
    let white = matmul(train - mean.flatten(0), matrix)
    let expected = PrincipalComponents(of: train).whitened(train, epsilon: 0.01, zca: zca)
    expectClose(white, expected.array(of: Float.self).map(Double.init), tolerance: 1e-4)
    // Variances λ become λ / (λ + ε), and what is of one sign is as correlated as before only by ε.
    let covariance = matmul(white.transposed(), white) / Double(train.shape[0])
    let variances = PrincipalComponents(of: train).variances
    let total = variances.reduce(0) { $0 + $1 / ($1 + 0.01) }
    let trace = (0..<48).reduce(0) { $0 + Double(covariance.array(of: Float.self)[$1 * 49]) }
    #expect(abs(trace - total) < 1e-3)
  }

  @Test(arguments: [NormalizationChoice.meanImage, .zcaWhitening])
  func anONNXFileHasTheMap(choice: NormalizationChoice) throws {
    let model = try TrainedModel.read(RunFiles(try train(choice, "run")).model)
    let file = temporary.path + "/model.onnx"
    try model.model.exportONNX(input: [1, 4, 4, 3], to: file, options: ONNXOptions(batch: .dynamic))
    let test = try data().test
    let images = model.normalization(
      Tensor.stacked((0..<5).map { test.image(at: $0).cast(to: .float32) }).cast(to: .uint8))
    let read = try ONNXModel(contentsOf: file)
    expectClose(
      read(images), model.model(images).array(of: Float.self).map(Double.init), tolerance: 1e-4)
    expectClose(
      try model.model.compiled(for: images.shape)(images),
      model.model(images).array(of: Float.self).map(Double.init), tolerance: 1e-5)
  }

  @Test func aResumedRunHasTheBitsOfAWholeOne() throws {
    let whole = RunFiles(try train(.zcaWhitening, "whole"))
    let parts = RunFiles(try train(.zcaWhitening, "parts", steps: 5))
    _ = try TrainingRun.resume(parts.folder, reader: Image.reader, observer: SilentObserver())
    #expect(try bytes(of: whole.model) == bytes(of: parts.model))
  }

  @Test func whatCannotBeMappedIsRefused() throws {
    let large = try ImageDataset(
      images: .zeros([2, 40, 40, 2], .uint8), labels: [0, 0], classNames: ["a"], source: "large")
    let split = DataSplit(large, indices: [0, 1], normalization: .none(channels: 2))
    expectError("large", "images of 3,200 numbers", "at most 3,072 for zca-whitening") {
      _ = try ImageMap.zcaWhitening.layer(of: split)
    }
    let run = RunFiles(try train(.meanImage, "mean"))
    var request = try request(.data)
    request.initialWeights = run.model
    expectError("initial weights", "mean image, which is subtracted", "expected one with a mean and a deviation") {
      _ = try TrainingRun.start(request, in: temporary.path + "/next", reader: Image.reader)
    }
    var scenes = try sceneRequest()
    scenes.normalization = .zcaWhitening
    expectError("scenes have one channel and a normalization of their own") {
      _ = try TrainingRun.start(scenes, in: temporary.path + "/scenes")
    }
    let mapping = try ImageMap.meanImage.layer(for: [4, 4, 3], source: "")
    expectError("ImageMapping takes images [4, 4, 3], input is [1, 5, 4, 3]") {
      _ = try mapping.plan(input: [1, 5, 4, 3])
    }
  }

  /// GoogLeNet's heads are trained behind a map as without one, and layers keep their paths.
  @Test func aMappedNetworkKeepsHeadsAndPaths() throws {
    let plain = try NetworkCatalogue.outline("googlenet.torchvision.aux", input: [96, 96, 3], classes: 5)
    let mapped = plain.mapped(by: try ImageMap.meanImage.layer(for: [96, 96, 3], source: ""))
    #expect(mapped is any AuxiliaryClassifying && plain is any AuxiliaryClassifying)
    #expect(mapped.parameters.map(\.path) == plain.parameters.map(\.path))
    let lenet = LeNet5(inputSize: 32)
    let behind = lenet.mapped(by: try ImageMap.meanImage.layer(for: [32, 32, 1], source: ""))
    #expect(!(behind is any AuxiliaryClassifying))
    let rows = try behind.plan(input: [1, 32, 32, 1]).rows.filter { $0.parameters > 0 }.map(\.path)
    #expect(rows == (try lenet.plan(input: [1, 32, 32, 1])).rows.filter { $0.parameters > 0 }.map(\.path))
  }
}
