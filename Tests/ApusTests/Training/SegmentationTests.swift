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

  @Test func everyEpochHasNewScenes() throws {
    let samples = SceneSamples(try scenes(), count: 5)
    for epoch in 1...2 {
      let batches = Array(samples.batches(of: 2, shuffled: 9, epoch: epoch, from: 1))
      #expect(batches.map(\.count) == [2, 1])
      let first = samples.scenes.batch((epoch - 1) * 5 + 2..<(epoch - 1) * 5 + 4)
      expectSameBits(batches[0].images, first.images)
      expectSameBits(batches[0].labels, first.labels)
    }
    expectSameBits(samples.sample(3).batches(of: 8)[0].labels, samples.scenes.batch(0..<3).labels)
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
  private func files(_ format: PictureFormat) -> [String] {
    [
      "classes.csv", "last.safetensors", "metrics.csv", "model.safetensors", "other-size.\(format.fileExtension)",
      "report.html", "run.json", "scenes.\(format.fileExtension)",
    ]
  }
  /// Of these a time or a number of threads is a part.
  private let timed = ["last.safetensors", "metrics.csv", "report.html", "run.json"]

  @Test func theNumberOfThreadsChangesNoByte() throws {
    let temporary = try TemporaryFolder()
    let before = Runtime.threadCount
    defer { Runtime.threadCount = before }
    for threads in [1, 2] {
      Runtime.threadCount = threads
      _ = try TrainingRun.start(sceneRequest(), in: temporary.path + "/\(threads)", pictures: .png)
    }
    for file in files(.png) where !timed.contains(file) {
      let same = try bytes(of: temporary.path + "/1/" + file) == bytes(of: temporary.path + "/2/" + file)
      #expect(same, "\(file)")
    }
  }

  /// In mid-epoch and at its end.
  @Test(arguments: [2, 3, 4]) func interruptedAndResumedItHasTheBitsOfAWholeRun(steps: Int) throws {
    let temporary = try TemporaryFolder()
    let (whole, parts) = (temporary.path + "/whole", temporary.path + "/parts")
    _ = try TrainingRun.start(sceneRequest(epochs: 2), in: whole, pictures: .png)
    guard
      case .interrupted(steps) = try TrainingRun.start(
        sceneRequest(epochs: 2), in: parts, observer: StopAfter(steps: steps))
    else {
      Issue.record("the run was not interrupted after \(steps) steps")
      return
    }
    #expect(try RunRecord.read(parts + "/run.json").status == .interrupted)
    guard case .finished(let result) = try TrainingRun.resume(parts, pictures: .png) else {
      Issue.record("the resumed run did not finish")
      return
    }
    for file in files(.png) where !timed.contains(file) {
      let same = try bytes(of: whole + "/" + file) == bytes(of: parts + "/" + file)
      #expect(same, "\(file)")
    }
    let records = try [whole, parts].map { try #require(RunRecord.read($0 + "/run.json").result) }
    #expect(records[0].test == records[1].test && records[0].classes == records[1].classes)
    guard case .wasFinished(let again) = try TrainingRun.resume(parts) else {
      Issue.record("a finished run went on")
      return
    }
    #expect(again.test == result.test && again.otherSize == result.otherSize && again.classes == result.classes)
  }

  @Test func theFolderHoldsWhatItSays() throws {
    let temporary = try TemporaryFolder()
    let run = temporary.path + "/run"
    let observer = StopAfter(steps: .max)
    guard case .finished(let result) = try TrainingRun.start(sceneRequest(epochs: 2), in: run, observer: observer)
    else {
      Issue.record("the run did not finish")
      return
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run).sorted() == files(.bmp))
    #expect(observer.rows.map(\.epoch) == [1, 2] && result.keptEpoch == 2)
    let metrics = try String(contentsOfFile: run + "/metrics.csv", encoding: .utf8).split(separator: "\n")
    #expect(
      metrics.count == 3
        && metrics[0].hasPrefix(
          "epoch,learning_rate,train_loss,evaluated_train_loss,train_mean_iou,train_pixel_accuracy,")
    )
    let classes = try String(contentsOfFile: run + "/classes.csv", encoding: .utf8).split(separator: "\n")
    let pixels = try #require(result.classes).map(\.pixels)
    #expect(classes.count == 12 && pixels.count == 11 && classes[1].hasPrefix("background,\(pixels[0]),"))
    #expect(classes[0] == "class,pixels,accuracy,iou,color" && classes[1].hasSuffix(","))
    #expect(classes[2].hasSuffix(",#e6194b") && Set(classes.map { $0.split(separator: ",").last! }).count == 12)
    // 3 panels of 32 · 6 pixels and their margins; the other size is 37×81, twice as large.
    let picture = try Image(contentsOf: run + "/scenes.bmp")
    #expect(picture.width == 3 * 192 + 4 * 10 && picture.height == 6 * 144 + 7 * 10)
    #expect(result.otherSize?.height == 37 && result.otherSize?.width == 81)
    #expect(try Image(contentsOf: run + "/other-size.bmp").height == 37 * 2 + 2 * 10)
    let page = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
    for text in [
      "Small FCN on UCI handwritten digits", "mean IoU", "Classes of pixels", "background", "not counted", "#e6194b",
    ] {
      #expect(page.contains(text), "\(text)")
    }

    // The model by itself gives what was measured.
    let file = try Safetensors.read(run + "/model.safetensors")
    #expect(file.metadata["apus.segmentation"]?.contains("fcn-small") == true)
    let model = FCN.small(classes: 11)
    try model.load(run)
    let test = try ComposedScenes(digits.test, height: 24, width: 32, seed: DataSplits.splitSeed, series: 2)
    let again = evaluate(
      model, on: SceneSamples(test, count: SceneSettings.testCount).batches(of: 16), loss: .crossEntropy(ignoring: 255),
      metrics: SegmentationMetrics(classes: 11, ignoring: ComposedScenes.ignored))
    #expect(again.loss == result.test.loss && again.values == again.metrics.metrics.map { result.test[$0.name] })
    #expect(again.confusion.map { $0.reduce(0, +) } == pixels)
    let read = try SegmentationModel.read(run + "/model.safetensors")
    #expect(read.classNames == test.classNames)
    let scene = test.scene(3)
    let own = withPhase(.inference, of: model) { model(test.batch(3..<4).images) }.argmax()[0]
    expectSameBits(try read.prediction(for: scene.image), own)
    expectError("metadata", "apus.segmentation") {
      _ = try SegmentationModel.read(run + "/last.safetensors")
    }
    // So does what the command calls.
    let measured = try TrainingRun.evaluate(run)
    #expect(measured.scores == result.test && measured.count == 256 && measured.classification == nil)
    expectError("run", "holds a run already") { _ = try TrainingRun.start(sceneRequest(), in: run) }
  }

  @Test func itLearns() throws {
    let scenes = try SceneSettings(count: 160, height: 24, width: 32).data(of: digits, name: "digits", seed: 1)
    var settings = try sceneRequest(epochs: 3).settings
    settings.batchSize = 8
    let model = Random.withSeed(1) { FCN.small(classes: 11) }
    let trainer = try Trainer(model: model, scenes: scenes, classes: 11, settings: settings)
    try trainer.train()
    let losses = trainer.rows.map(\.trainLoss)
    // All classes alike are ln 11 = 2.4, and knowing the background alone leaves about 0.4.
    #expect(losses[0] < 2 && losses[2] < 0.6 * losses[0], "\(losses)")
    // Scenes of another size than trained on.
    let other = try SceneSettings(count: 1, height: 33, width: 41).data(of: digits, name: "digits", seed: 1)
    #expect(trainer.evaluate(other.train)["pixel_accuracy"] > 0.5)
  }

  @Test func whatCannotBeDoneIsSaid() throws {
    let temporary = try TemporaryFolder()
    let file = try temporary.file("file", [1])
    expectError(file, "cannot open the folder") { _ = try TrainingRun.start(sceneRequest(), in: file) }
    let run = temporary.path + "/run"
    func expectRefused(_ words: String..., change: (inout TrainingRun.Request) throws -> Void) throws {
      var request = try sceneRequest()
      try change(&request)
      for word in words { expectError(word) { _ = try TrainingRun.start(request, in: run) } }
    }
    try expectRefused("train-images") { $0.data = try DataSource("mnist:" + temporary.path) }
    try expectRefused("the scenes' height is 8, expected 16 to 1024") { $0.scenes?.height = 8 }
    try expectRefused("the number of scenes is 0") { $0.scenes?.count = 0 }
    try expectRefused("the learning rate is nan") { $0.settings.learningRate = .nan }
    try expectRefused("no augmentation") { $0.settings.flips = true }
    try expectRefused("class weights are balanced") { $0.settings.classWeights = .balanced }
    try expectRefused("scores for every pixel") { $0.network = "resnet20" }
    // Nothing is left of those that had not begun.
    #expect(try temporary.names() == ["file"])
    var wrong = try sceneRequest()
    wrong.settings.learningRate = 1e30
    expectError("diverged at step") { _ = try TrainingRun.start(wrong, in: run) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: run) == ["run.json"])
    #expect(try RunRecord.read(run + "/run.json").status == .failed)
  }
}
