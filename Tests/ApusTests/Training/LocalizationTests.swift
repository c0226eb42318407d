import Apus
import ApusVision
import Foundation
import Testing

/// A class and a box for each scene: boxes, loss, measures, and runs.
@Suite struct LocalizationTests {
  private func scenes(_ size: Int = 48) throws -> ComposedScenes {
    try ComposedScenes(digits.test, height: size, width: size + 8, seed: 3, series: 5, isOfOne: true)
  }

  // MARK: Boxes

  @Test func aBoxSurroundsWhatShowsOfTheImage() throws {
    let scenes = try scenes()
    for index in 0..<40 {
      let (image, label, box) = scenes.locatedScene(index)
      let (plain, labels) = scenes.scene(index)
      expectSameBits(image, plain)
      let values = labels.array(of: Int32.self).map { Int($0) }
      let inside = values.indices.filter { values[$0] != 0 }
      let (rows, columns) = (inside.map { $0 / 56 }, inside.map { $0 % 56 })
      let around = BoxShares(
        rows: rows.min()!..<rows.max()! + 1, columns: columns.min()!..<columns.max()! + 1, ofHeight: 48, width: 56)
      #expect(box == around)
      #expect(Set(values).subtracting([0, 255]) == [label + 1])
      let sides = box.sides
      #expect(sides.left >= -1e-6 && sides.top >= -1e-6 && sides.right <= 1 + 1e-6 && sides.bottom <= 1 + 1e-6)
    }
    let batch = scenes.batch(2..<5)
    #expect(batch.labels.shape == [3, 5] && batch.images.shape == [3, 48, 56, 1])
    let (_, label, box) = scenes.locatedScene(3)
    #expect(batch.labels[1].array(of: Float.self) == [Float(label)] + box.numbers)
  }

  /// Scenes of several images are as they were, and those of one have no other's layout.
  @Test func scenesOfSeveralImagesHaveLabelsAsBefore() throws {
    let several = try ComposedScenes(digits.test, height: 64, width: 64, seed: 3)
    #expect(several.batch(0..<2).labels.shape == [2, 64, 64])
    let counts = (0..<20).map { index in
      Set(several.scene(index).labels.array(of: Int32.self)).subtracting([0, 255]).count
    }
    #expect(counts.max()! > 1)
  }

  /// An image without ink: there is a box all the same.
  @Test func anEmptyImageHasTheBoxOfItsSquare() throws {
    let black = try ImageDataset(images: .zeros([1, 8, 8, 1], .uint8), labels: [0], classNames: ["a"], source: "black")
    let split = DataSplit(black, indices: [0], normalization: Normalization(mean: [0], deviation: [1]))
    let (_, _, box) = try ComposedScenes(split, height: 32, width: 32, seed: 1, series: 0, isOfOne: true).locatedScene(
      0)
    #expect(box.width >= 0.5 && box.width == box.height && box.width <= 1)
  }

  @Test func intersectionOverUnionByHand() {
    func box(_ numbers: Float...) -> BoxShares { BoxShares(numbers) }
    let one = box(0.5, 0.5, 0.5, 0.5)
    #expect(one.intersectionOverUnion(with: one) == 1)
    // Shifted by half of its width: 1/2 of 3/2.
    #expect(abs(one.intersectionOverUnion(with: box(0.75, 0.5, 0.5, 0.5)) - 1.0 / 3) < 1e-12)
    // A quarter of it inside.
    #expect(abs(one.intersectionOverUnion(with: box(0.5, 0.5, 0.25, 0.25)) - 0.25) < 1e-12)
    #expect(one.intersectionOverUnion(with: box(2, 2, 1, 1)) == 0)
    #expect(box(0, 0, 0, 0).intersectionOverUnion(with: box(0, 0, 0, 0)) == 0)
    // A network may give a width below 0.
    #expect(box(0.5, 0.5, -1, 0.5).width == 0 && one.intersectionOverUnion(with: box(0.5, 0.5, -1, 0.5)) == 0)
  }

  // MARK: Loss and measures

  private let targets = Tensor([[2, 0.5, 0.5, 0.25, 0.25], [0, 0.25, 0.5, 0.5, 0.75]] as [[Float]])

  @Test func theLossIsThatOfTheClassAndOfTheBox() {
    let outputs = floats([2, 7], seed: 3)
    let loss = Loss.localization(classes: 3, ofClass: .crossEntropy())
    #expect(loss.name == "cross-entropy")
    let ofClass = crossEntropy(logits: outputs.slice(axis: 1, range: 0..<3), labels: Tensor([2, 0] as [Int32]))
    let (given, wanted) = (outputs.array(of: Float.self), targets.array(of: Float.self))
    var sum = 0.0
    for sample in 0..<2 {
      for number in 0..<4 {
        let difference = abs(Double(given[sample * 7 + 3 + number]) - Double(wanted[sample * 5 + 1 + number]))
        sum += difference < 0.05 ? difference * difference / 0.1 : difference - 0.025
      }
    }
    #expect(abs(loss(outputs, targets).item() - (ofClass.item() + 5 * sum / 2)) < 1e-5)
    let focal = Loss.localization(classes: 3, ofClass: .focal())
    #expect(focal.name == "focal" && focal(outputs, targets).item() < loss(outputs, targets).item())
  }

  @Test func itsGradientIsThatOfFiniteDifferences() {
    let targets = targets
    expectGradients(at: [doubles([2, 7], seed: 4) * 0.3]) {
      Loss.localization(classes: 3, ofClass: .crossEntropy())($0[0], targets.cast(to: .float64))
    }
  }

  @Test func measuresByHand() {
    var metrics = LocalizationMetrics(classes: 3)
    // The first box is the true one, the second the true one shifted by its whole width; the classes are right and wrong.
    let outputs = Tensor(
      [[0, 1, 2, 0.5, 0.5, 0.25, 0.25], [0, 3, 0, 0.75, 0.5, 0.5, 0.75]] as [[Float]])
    metrics.add(outputs: outputs, labels: targets)
    #expect(metrics.metrics.map(\.name) == ["mean_iou", "boxes_found", "accuracy"])
    #expect(metrics.values == [0.5, 0.5, 0.5])
    metrics.add(outputs: outputs.slice(axis: 0, range: 0..<1), labels: targets.slice(axis: 0, range: 0..<1))
    #expect(metrics.rows.count == 3 && abs(metrics.values[0] - 2.0 / 3) < 1e-12)
    #expect(LocalizationMetrics(classes: 3).values.allSatisfy { $0.isNaN })
  }

  @Test func oneBoxForAllIsNoLearning() throws {
    let batch = try scenes().batch(0..<30)
    var constant = LocalizationMetrics(classes: 10)
    let mean = batch.labels.mean(axes: [0]).array(of: Float.self).dropFirst()
    let row = Tensor([Float](repeating: 0, count: 10) + mean, shape: [1, 14])
    constant.add(outputs: row.tiled([30, 1]), labels: batch.labels)
    #expect(try #require(constant.didNotLearn).contains("with one box for all"))
    var exact = LocalizationMetrics(classes: 10)
    let boxes = batch.labels.slice(axis: 1, range: 1..<5)
    exact.add(outputs: Tensor.concatenated([.zeros([30, 10]), boxes], axis: 1), labels: batch.labels)
    #expect(exact.didNotLearn == nil && abs(exact.values[0] - 1) < 1e-6)
  }

  // MARK: Runs

  private func request(
    _ network: String = "lenet5", epochs: Int = 1, scenes: Int = 64
  ) throws -> TrainingRun.Request {
    var request = TrainingRun.Request(
      network: network, data: try DataSource("digits"),
      settings: TrainingSettings(
        epochs: epochs, batchSize: 32, learningRate: 0.004, optimizer: "adamw", shift: 0, keeping: .last))
    request.localizes = true
    request.scenes = SceneSettings(count: scenes, height: 32, width: 32)
    return request
  }

  /// Half a minute's training finds nine of ten boxes, and the mean IoU is above 0.7.
  @Test func aShortTrainingFindsTheBoxes() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    let outcome = try TrainingRun.start(
      try request(epochs: 3, scenes: 4096), in: run.folder, pictures: .png, observer: SilentObserver())
    guard case .finished(let result) = outcome else { throw CancellationError() }
    #expect(result.test["mean_iou"] >= 0.7 && result.test["boxes_found"] >= 0.9, "\(result.test)")
    #expect(result.test["accuracy"] > 0.2 && result.didNotLearn == nil)
    let measured = try TrainingRun.evaluate(run.folder)
    #expect(measured.scores == result.test && measured.count == 256 && measured.classification == nil)
    #expect(measured.images == "256 scenes of the test images, the same for every run")

    let lines = try String(contentsOfFile: run.folder + "/boxes.csv", encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 257 && lines[0].hasPrefix("scene,class,predicted,iou,left,top,right,bottom,predicted_left,"))
    let unions = lines.dropFirst().compactMap { Double($0.split(separator: ",")[3]) }
    #expect(abs(unions.reduce(0, +) / 256 - result.test["mean_iou"]) < 1e-5)
    let page = try String(contentsOfFile: run.report, encoding: .utf8)
    #expect(page.matches(of: /<rect class="truth"/).count == 24 && page.contains("test mean IoU"))

    let model = try #require(try LocalizationModel.readIfLocalization(run.model))
    let test = try ComposedScenes(
      digits.test, height: 32, width: 32, seed: DataSplits.splitSeed, series: 2, isOfOne: true)
    let (image, _, truth) = test.locatedScene(1)
    let found = try model.predict(image.reshaped([1, 32, 32, 1]), from: "a scene")
    #expect(abs(found.classes.reduce(0) { $0 + $1.probability } - 1) < 1e-5 && found.classes.count == 10)
    let union = truth.intersectionOverUnion(with: found.box)
    #expect(abs(union - unions[1]) < 1e-5)
    expectError("a scene", "[1, 8, 8, 1]", "[1, 32, 32, 1]") {
      _ = try model.predict(.zeros([1, 8, 8, 1], .uint8), from: "a scene")
    }
    #expect(try LocalizationModel.readIfLocalization(run.report) == nil)
  }

  @Test func interruptedAndResumedItHasTheBitsOfAWholeRun() throws {
    let folder = try TemporaryFolder()
    let (whole, parts) = (RunFiles(folder.path + "/whole"), RunFiles(folder.path + "/parts"))
    _ = try TrainingRun.start(try request(epochs: 2), in: whole.folder, observer: SilentObserver())
    guard
      case .interrupted(3) = try TrainingRun.start(
        try request(epochs: 2), in: parts.folder, observer: StopAfter(steps: 3))
    else {
      Issue.record("the run was not interrupted")
      return
    }
    _ = try TrainingRun.resume(parts.folder, observer: SilentObserver())
    #expect(try bytes(of: whole.model) == bytes(of: parts.model))
    #expect(try bytes(of: whole.folder + "/boxes.csv") == bytes(of: parts.folder + "/boxes.csv"))
    let record = try RunRecord.read(parts.record)
    #expect(record.task == .localization && record.data?.classNames == digits.classNames)
  }

  @Test func bothHeadsAreOneLayerOfAClassifier() throws {
    for name in ["lenet5", "resnet20", "resnet18", "plain20"] {
      let model = try NetworkCatalogue.localizer(name, input: [32, 32, 1], classes: 10, seed: 1)
      #expect(try model.plan(input: [2, 32, 32, 1]).outputShape == [2, 14], "\(name)")
    }
  }

  @Test func networksWithoutALinearEndAreRefused() throws {
    for (name, input, words) in [
      ("fcn.small", [64, 64, 1] as Shape, "gives scores for every pixel"),
      ("googlenet.torchvision.aux", [96, 96, 3], "has auxiliary heads"),
      ("squeezenet1_1", [64, 64, 3], "ends in another way"),
    ] {
      expectError(name, words, "as lenet5 and resnet20 do") {
        _ = try NetworkCatalogue.localizer(name, input: input, classes: 10, seed: 1)
      }
    }
    let folder = try TemporaryFolder()
    func expectRefused(_ words: String..., change: (inout TrainingRun.Request) throws -> Void) throws {
      var request = try request()
      try change(&request)
      let error = try #require(throws: (any Error).self) { try TrainingRun.start(request, in: folder.path + "/no") }
      for word in words { #expect("\(error)".contains(word), "\(error)") }
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/no"))
    }
    try expectRefused("lenet5 takes images of 28×28 or 32×32", "[64, 64, 1]") {
      $0.scenes = SceneSettings(count: 8, height: 64, width: 64)
    }
    try expectRefused("class weights are balanced") { $0.settings.classWeights = .balanced }
    try expectRefused("scenes are new in every epoch") { $0.settings.shift = 2 }
    try expectRefused("scenes have one channel and a normalization") { $0.normalization = .imagenet }
  }

  @Test func aDamagedModelIsRefused() throws {
    let folder = try TemporaryFolder()
    let run = RunFiles(folder.path + "/run")
    _ = try TrainingRun.start(try request(scenes: 8), in: run.folder, observer: SilentObserver())
    let file = try Safetensors.read(run.model)
    func expectRefused(_ words: String..., change: (String) -> String) throws {
      var metadata = file.metadata
      metadata["apus.localization"] = metadata["apus.localization"].map(change)
      let path = folder.path + "/changed.safetensors"
      try Safetensors.write(file.order.map { ($0, file.tensors[$0]!) }, metadata: metadata, to: path)
      let error = try #require(throws: (any Error).self) { _ = try LocalizationModel.readIfLocalization(path) }
      for word in words { #expect("\(error)".contains(word), "\(error)") }
    }
    try expectRefused("no description of a model") { _ in "{" }
    try expectRefused("input [32,32]".replacingOccurrences(of: ",", with: ", "), "expected a size") {
      $0.replacingOccurrences(of: "[32,32,1]", with: "[32,32]")
    }
    try expectRefused("lenet6") { $0.replacingOccurrences(of: "lenet5", with: "lenet6") }
    try expectRefused("gives scores for every pixel") { $0.replacingOccurrences(of: "lenet5", with: "fcn.small") }
  }
}
