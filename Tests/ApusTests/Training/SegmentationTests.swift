import Apus
import ApusVision
import Foundation
import Testing

@Suite struct SegmentationMetricsTests {
  private func metrics(_ labels: [Int32], _ predictions: [Int32], classes: Int) -> SegmentationMetrics {
    var metrics = SegmentationMetrics(classes: classes, ignoring: 255)
    metrics.add(predictions: Tensor(predictions), labels: Tensor(labels))
    return metrics
  }

  /// By hand: n = [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], 0], t = 2, 2, 1, 0, p = 2, 3, 0, 0.
  @Test func theFourMeasuresByHand() {
    let m = metrics([0, 0, 1, 1, 2, 255], [0, 1, 1, 1, 0, 2], classes: 4)
    #expect(m.confusion == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    #expect(m.pixels == 5 && m.pixels(of: 1) == 2 && m.predictedPixels(of: 1) == 3)
    #expect(m.pixelAccuracy == 3.0 / 5)
    #expect((0..<4).map { m.accuracy(of: $0) } == [0.5, 1, 0, nil])
    #expect(m.meanAccuracy == 0.5)
    #expect((0..<4).map { m.intersectionOverUnion(of: $0) } == [1.0 / 3, 2.0 / 3, 0, nil])
    #expect(abs(m.meanIntersectionOverUnion - 1.0 / 3) < 1e-15)
    #expect(abs(m.frequencyWeightedIntersectionOverUnion - 0.4) < 1e-15)
  }

  @Test func aClassThatIsOnlyPredictedCounts() {
    let m = metrics([0, 0], [0, 1], classes: 3)
    #expect(m.intersectionOverUnion(of: 1) == 0 && m.accuracy(of: 1) == nil)
    #expect(m.meanIntersectionOverUnion == 0.25 && m.meanAccuracy == 0.5)
    #expect(metrics([255], [1], classes: 3).meanIntersectionOverUnion.isNaN)
  }

  /// Pieces add up to the whole.
  @Test func countsAdd() {
    let labels = (0..<600).map { (index: Int) -> Int32 in
      let place = index * 7 % 11
      return place == 10 ? 255 : Int32(place % 5)
    }
    let predictions = (0..<600).map { (index: Int) -> Int32 in Int32(index * 13 % 5) }
    var parts = SegmentationMetrics(classes: 5, ignoring: 255)
    for start in [0, 200] {
      let range = start..<(start == 0 ? 200 : 600)
      parts.add(predictions: Tensor(Array(predictions[range])), labels: Tensor(Array(labels[range])))
    }
    #expect(parts == metrics(labels, predictions, classes: 5))
    let agreed = zip(labels, predictions).count { $0 == $1 }
    #expect(parts.pixels == labels.count { $0 != 255 } && parts.pixelAccuracy == Double(agreed) / Double(parts.pixels))
  }

  @Test func aClassOutOfRangeTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var metrics = SegmentationMetrics(classes: 2, ignoring: 255)
      metrics.add(
        predictions: Tensor([0, 0] as [Int32], shape: [1, 2]), labels: Tensor([1, 2] as [Int32], shape: [1, 2]))
    }
    #expect(errorText(result).contains("label 2 and prediction 0 at") && errorText(result).contains("expected 0...1"))
  }
}

@Suite struct ComposedScenesTests {
  private func scenes(_ split: DataSplit = digits.train, seed: UInt64 = 1, series: Int = 0) throws -> ComposedScenes {
    try ComposedScenes(split, height: 48, width: 56, seed: seed, series: series)
  }

  @Test func aSceneIsAFunctionOfSeedSeriesAndIndex() throws {
    let (a, b) = (try scenes(), try scenes())
    let batch = a.batch(5..<8)
    for index in [5, 7] {
      expectSameBits(b.scene(index).image, a.scene(index).image)
      expectSameBits(b.scene(index).labels, a.scene(index).labels)
      expectSameBits(batch.labels[index - 5], a.scene(index).labels)
      expectSameBits(
        batch.images[index - 5], ComposedScenes.normalization(a.scene(index).image.reshaped([1, 48, 56, 1]))[0])
    }
    let image = a.scene(5).image.array(of: UInt8.self)
    for other in [a.scene(6), try scenes(seed: 2).scene(5), try scenes(series: 1).scene(5)] {
      #expect(other.image.array(of: UInt8.self) != image)
    }
  }

  @Test func labelsAreTheInkOfTheSplitsDigits() throws {
    // Of the threes alone there are threes alone.
    let threes = digits.test.indices.filter { digits.test.dataset.labels[Int($0)] == 3 }
    let split = DataSplit(digits.test.dataset, indices: threes, normalization: digits.normalization)
    let only = try scenes(split)
    var counts: [Int32: Int] = [:]
    var (ink, ground) = ((sum: 0, count: 0), (sum: 0, count: 0))
    for index in 0..<40 {
      let scene = only.scene(index)
      for (label, value) in pairs(scene.labels.array(of: Int32.self), scene.image.array(of: UInt8.self)) {
        counts[label, default: 0] += 1
        if label == 4 { ink = (ink.sum + Int(value), ink.count + 1) }
        if label == 0 { ground = (ground.sum + Int(value), ground.count + 1) }
      }
    }
    #expect(Set(counts.keys) == [0, 4, 255])
    let total = Double(40 * 48 * 56)
    #expect((0.6...0.97).contains(Double(counts[0, default: 0]) / total))
    #expect((0.02...0.3).contains(Double(counts[4, default: 0]) / total))
    #expect(ink.sum / max(1, ink.count) > ground.sum / max(1, ground.count) + 50)
  }

  @Test func everyClassOccurs() throws {
    let scenes = try scenes()
    let labels = Set((0..<60).flatMap { scenes.scene($0).labels.array(of: Int32.self) })
    #expect(labels == Set((0...10).map(Int32.init) + [255]))
    #expect(scenes.classNames == ["background"] + (0...9).map(String.init))
  }

  @Test func colorIsRefused() throws {
    let images = Tensor.zeros([2, 8, 8, 3], .uint8)
    let dataset = try ImageDataset(images: images, labels: [0, 0], classNames: ["a"], source: "cats")
    let split = DataSplit(
      dataset, indices: [0, 1], normalization: Normalization(mean: [0, 0, 0], deviation: [1, 1, 1]))
    expectError("cats", "[8, 8, 3]", "gray squares") { _ = try scenes(split) }
  }
}

@Suite struct SegmentationRunTests {
  private func settings(epochs: Int = 1, scenes: Int = 40) -> SegmentationSettings {
    var settings = SegmentationSettings()
    settings.epochs = epochs
    settings.scenes = scenes
    (settings.height, settings.width) = (24, 32)
    return settings
  }

  private let source = try! DataSource("digits")
  private let files = ["classes.csv", "metrics.csv", "model.safetensors", "other-size.png", "scenes.png"]

  /// All but the times of `metrics.csv`.
  @Test func theNumberOfThreadsChangesNoByte() throws {
    let temporary = try TemporaryFolder()
    let before = Runtime.threadCount
    defer { Runtime.threadCount = before }
    for threads in [1, 2] {
      Runtime.threadCount = threads
      _ = try SegmentationRun.start(settings(), data: source, in: temporary.path + "/\(threads)")
    }
    for file in files where file != "metrics.csv" {
      let same = try bytes(of: temporary.path + "/1/" + file) == bytes(of: temporary.path + "/2/" + file)
      #expect(same, "\(file)")
    }
  }

  @Test func theFolderHoldsWhatItSays() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    var rows: [SegmentationEpoch] = []
    let result = try SegmentationRun.start(settings(epochs: 2), data: source, in: run) { rows.append($0) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run).sorted() == files)
    #expect(rows.map(\.epoch) == [1, 2])
    let metrics = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
    #expect(metrics.count == 3 && metrics[0] == "epoch,train_loss,pixel_accuracy,mean_iou,seconds")
    let classes = try String(contentsOfFile: run + "/classes.csv", encoding: .utf8).split(separator: "\n")
    #expect(classes.count == 12 && classes[1].hasPrefix("background,\(result.metrics.pixels(of: 0)),"))
    // 3 panels of 32 · 6 pixels and their margins; the other size is 37×81, twice as large.
    let picture = try Image(contentsOf: run + "/scenes.png")
    #expect(picture.width == 3 * 192 + 4 * 10 && picture.height > 6 * 144)
    #expect(result.otherHeight == 37 && result.otherWidth == 81)
    #expect(try Image(contentsOf: run + "/other-size.png").height > 37 * 2)

    // The model by itself gives what was measured.
    let file = try Safetensors.read(run + "/model.safetensors")
    #expect(file.metadata["apus.segmentation"]?.contains("fcn-small") == true)
    let model = FCN.small(classes: 11)
    try model.load(file.tensors, from: run)
    let trainer = try SegmentationTrainer(data: digits, settings: settings())
    let test = try trainer.testScenes(height: 24, width: 32)
    let again = evaluateSegmentation(
      model, on: test.batches(of: 16, count: SegmentationTrainer.testCount), classes: 11,
      ignoring: ComposedScenes.ignored)
    #expect(again == result.metrics)
    expectError("model.safetensors", "a file that a run would replace") {
      _ = try SegmentationRun.start(settings(), data: source, in: run)
    }
  }

  @Test func itLearns() throws {
    var settings = settings(epochs: 3, scenes: 160)
    settings.batchSize = 8
    let trainer = try SegmentationTrainer(data: digits, settings: settings)
    var losses: [Double] = []
    try trainer.train { losses.append($0.trainLoss) }
    // All classes alike are ln 11 = 2.4, and knowing the background alone leaves about 0.4.
    #expect(losses[0] < 2 && losses[2] < 0.6 * losses[0], "\(losses)")
    let scene = try trainer.testScenes(height: 33, width: 41).scene(0)
    #expect(trainer.prediction(for: scene.image).shape == scene.labels.shape)
  }

  @Test func whatCannotBeDoneIsSaid() throws {
    let temporary = try TemporaryFolder()
    let file = try temporary.file("file", [1])
    expectError(file, "cannot open the folder") { _ = try SegmentationRun.start(settings(), data: source, in: file) }
    let run = temporary.path + "/run"
    expectError("train-images") {
      _ = try SegmentationRun.start(settings(), data: try DataSource("mnist:" + temporary.path), in: run)
    }
    var wrong = settings()
    wrong.height = 8
    expectError("the scenes' height is 8, expected 16 to 1024") {
      _ = try SegmentationRun.start(wrong, data: source, in: run)
    }
    wrong = settings()
    wrong.learningRate = .nan
    expectError("the learning rate is nan") { _ = try SegmentationRun.start(wrong, data: source, in: run) }
    wrong.learningRate = 1e30
    expectError("diverged at step") { _ = try SegmentationRun.start(wrong, data: source, in: run) }
    // Nothing is left of those that had not begun.
    #expect(try temporary.names() == ["file", "run"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["metrics.csv"])
  }

  @Test func captionsHaveTheirLetters() {
    let captions =
      "image truth prediction not counted background 97×161, trained on 64×64: pixel accuracy 12.3%, mean IoU -"
    for letter in Set(captions + "0123456789abcdefghijklmnopqrstuvwxyz") {
      let rows = PixelText.pixels(of: letter)
      #expect(rows != nil && (7...9).contains(rows!.count) && rows!.allSatisfy { $0.count == 5 }, "\(letter)")
    }
    #expect(PixelText.pixels(of: "1")?[6] == [false, true, true, true, false])
    #expect(PixelText.pixels(of: "é") == nil)
  }
}
