import Apus
import ApusVision
import Foundation
import Testing

/// A small network with dropout.
private let dropNet: String = {
  NetworkCatalogue.register("test.dropnet", title: "DropNet", input: [32, 32, 1], classes: 10) { input, classes in
    Sequential {
      MaxPool2D(4)
      Flatten()
      Linear(input[0] / 4 * (input[1] / 4) * input[2], 24)
      ReLU()
      Dropout(dropProbability: 0.3)
      Linear(24, classes)
    }
  }
  return "test.dropnet"
}()

/// Ensembles, bags, ten crops and Monte-Carlo passes of runs, held to the library's own.
@Suite struct AveragingTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  private func request(seed: UInt64 = 1, shift: Int = 2, epochs: Int = 1) throws -> TrainingRun.Request {
    var settings = shortSettings(epochs: epochs, seed: seed)
    settings.shift = shift
    return TrainingRun.Request(network: dropNet, data: try DataSource("digits"), settings: settings)
  }

  private func run(_ name: String, seed: UInt64 = 1, shift: Int = 2) throws -> String {
    let path = temporary.path + "/" + name
    _ = try TrainingRun.start(try request(seed: seed, shift: shift), in: path, observer: SilentObserver())
    return path
  }

  private func model(_ run: String) throws -> TrainedModel { try TrainedModel.read(RunFiles(run).model) }

  /// −log p of each label, a mean, and the share of right ones.
  private func scores(_ probabilities: Tensor) -> (loss: Double, accuracy: Double) {
    let labels = digits.test.labels.map { Int($0) }
    let rows = probabilities.array(of: Float.self).map(Double.init)
    let classes = probabilities.shape[1]
    let right = pairs(probabilities.argmax(axis: 1).array(of: Int32.self), digits.test.labels).count { $0 == $1 }
    return (
      labels.enumerated().reduce(0) { $0 - log(rows[$1.offset * classes + $1.element]) } / Double(labels.count),
      Double(right) / Double(labels.count)
    )
  }

  @Test func anEnsembleIsTheLibrarysAndNoWorseThanItsMembers() throws {
    let paths = [try run("a"), try run("b", seed: 2), try run("c", seed: 3)]
    let measured = try TrainingRun.evaluate(paths)
    let ensemble = Ensemble(try paths.map { try model($0).model })
    let batches = digits.test.batches(of: 100)
    let expected = ensemble.accuracy(on: batches)
    #expect(measured.classification?.accuracy == expected.ensemble)
    #expect(measured.members.map(\.accuracy) == expected.members && measured.members.map(\.path) == paths)
    let images = Tensor.concatenated(batches.map(\.images), axis: 0)
    let (loss, _) = scores(ensemble.probabilities(images))
    #expect(abs(measured.scores.loss - loss) < 1e-6)
    // Jensen: the logarithm of a mean is at least the mean of the logarithms.
    let mean = measured.members.reduce(0) { $0 + $1.loss } / 3
    #expect(measured.scores.loss <= mean + 1e-12 && measured.scores.loss < mean - 1e-4)
    for (member, path) in pairs(measured.members, paths) {
      let own = try TrainingRun.evaluate(path)
      #expect(abs(member.loss - own.scores.loss) < 1e-6 && member.accuracy == own.classification?.accuracy)
    }
    #expect(measured.count == digits.test.count && measured.loss == "cross-entropy" && measured.network == dropNet)
    // Given other data, they are measured on those.
    #expect(try TrainingRun.evaluate(paths, on: DataSource("digits")).scores == measured.scores)
  }

  @Test func oneModelThatLooksOnceIsMeasuredAsByItself() throws {
    let path = try run("a")
    let (one, alone) = (try TrainingRun.evaluate([path]), try TrainingRun.evaluate(path))
    #expect(one.scores == alone.scores && one.members.isEmpty && one.spread == nil)
    // Twice the same model is the same prediction, without a spread.
    let twice = try TrainingRun.evaluate([path, path])
    #expect(abs(twice.scores.loss - alone.scores.loss) < 1e-6 && twice.scores["accuracy"] == alone.scores["accuracy"])
    #expect(try #require(twice.spread).deviation < 1e-7)
  }

  @Test func tenCropsAreTheLibrarys() throws {
    let path = try run("a", shift: 3)
    let measured = try TrainingRun.evaluate([path], views: .tenCrop)
    let model = try model(path)
    // As many black pixels around the image as it was shifted by.
    let bytes = digits.test.indices.map { digits.test.dataset.image(Int($0)).cast(to: .float32) }
    let padded = Tensor.stacked(bytes).padded([(0, 0), (3, 3), (3, 3), (0, 0)], mode: .constant(0)).cast(to: .uint8)
    let expected = TenCrop.probabilities(model.model, model.normalization(padded), height: 32, width: 32)
    let (loss, accuracy) = scores(expected)
    #expect(abs(measured.scores.loss - loss) < 1e-6 && measured.scores["accuracy"] == accuracy)
    let unshifted = try run("b", shift: 0)
    expectError("ten crops of images of [32, 32, 1]", "shifted none in training") {
      _ = try TrainingRun.evaluate([unshifted], views: .tenCrop)
    }
  }

  /// Of image files the crops are those of the whole scaled image, of which the run took the center.
  @Test func tenCropsOfFilesLieInTheWholeImage() throws {
    #expect(TrainingRun.Views.tenCrop.options(.init(input: [224, 192, 3], crop: 0.875)).input == [256, 219, 3])
    #expect(TrainingRun.Views.one.options(.init(input: [224, 192, 3], crop: 0.875)).crop == 0.875)
    let folder = try pictureFolder(
      temporary, "pictures", ["a": (0..<30).map { 4 * $0 }, "b": (0..<30).map { 121 + 4 * $0 }], size: 12)
    var request = try request()
    request.imageFolder = ImageFolder.Options(input: [8, 8, 1], crop: 0.8)
    let path = temporary.path + "/files"
    let files = TrainingRun.Request(
      network: dropNet, data: try DataSource("folder:" + folder), settings: request.settings)
    var own = files
    own.imageFolder = request.imageFolder
    _ = try TrainingRun.start(own, in: path, reader: Image.reader, observer: SilentObserver())
    let measured = try TrainingRun.evaluate([path], views: .tenCrop, reader: Image.reader)
    // Images of one gray value: every crop is the same.
    let alone = try TrainingRun.evaluate(path, reader: Image.reader)
    #expect(abs(measured.scores.loss - alone.scores.loss) < 1e-6 && measured.count == alone.count)
    #expect(try #require(measured.spread).deviation < 1e-6)
  }

  @Test func monteCarloPassesAreThoseOfTheirKeys() throws {
    let path = try run("a", seed: 4)
    let model = try model(path)
    let measured = try TrainingRun.evaluate([path], views: .monteCarlo(20))
    let images = digits.test.batches(of: digits.test.count)[0].images
    let passes = (0..<20).map { pass in
      softmax(withPhase(.monteCarlo, key: RandomKey(seed: 4, step: UInt64(pass))) { model.model(images) })
    }
    let mean = passes.dropFirst().reduce(passes[0], +) / 20
    let (loss, accuracy) = scores(mean)
    #expect(abs(measured.scores.loss - loss) < 1e-6 && measured.scores["accuracy"] == accuracy)
    let spread = try #require(measured.spread)
    let entropy = -(mean * Tensor.maximum(mean, 1e-30).log()).sum(axes: [1]).mean().item()
    #expect(abs(spread.entropy - entropy) < 1e-5 && spread.entropy > 0)
    let best = mean.argmax(axis: 1).reshaped([mean.shape[0], 1])
    let chosen = Tensor.concatenated(passes.map { $0.gather(best, axis: 1) }, axis: 1)
    let deviation = (chosen - chosen.mean(axes: [1], keepingAxes: true)).square().mean(axes: [1]).sqrt().mean().item()
    #expect(abs(spread.deviation - deviation) < 1e-5 && deviation > 0.01)
    #expect(try TrainingRun.evaluate([path], views: .monteCarlo(20)).scores == measured.scores)
  }

  @Test func withoutDropoutMonteCarloIsRefused() throws {
    let path = temporary.path + "/lenet"
    _ = try TrainingRun.start(
      .init(network: "lenet5", data: try DataSource("digits"), settings: shortSettings(epochs: 1)), in: path,
      observer: SilentObserver())
    expectError("Monte-Carlo passes of lenet5, expected a network with dropout") {
      _ = try TrainingRun.evaluate([path], views: .monteCarlo(3))
    }
  }

  @Test func membersOfOtherDataAreRefusedWithBothNames() throws {
    let (first, second) = (try run("first"), try run("second", seed: 2))
    let text = try String(contentsOfFile: RunFiles(second).record, encoding: .utf8)
    func changed(_ name: String, _ change: (String) -> String) throws -> String {
      let path = temporary.path + "/" + name
      try FileManager.default.copyItem(atPath: second, toPath: path)
      try change(text).write(toFile: RunFiles(path).record, atomically: true, encoding: .utf8)
      return path
    }
    let print = try #require(text.firstMatch(of: /"fingerprint" : "([0-9a-f]+)"/))
    let other = try changed("other") { $0.replacingOccurrences(of: print.output.1, with: "0123") }
    expectError(other, "0123", "\(print.output.1), as \(first) has") { _ = try TrainingRun.evaluate([first, other]) }
    let source = try changed("source") {
      $0.replacingOccurrences(of: "\"source\" : \"digits\"", with: "\"source\" : \"mnist:/m\"").replacingOccurrences(
        of: "\"data_source\" : \"digits\"", with: "\"data_source\" : \"mnist:/m\"")
    }
    expectError("a run on mnist:/m", "a run on digits, as \(first) has") {
      _ = try TrainingRun.evaluate([first, source])
    }
    let file = try Safetensors.read(RunFiles(second).model)
    var metadata = file.metadata
    metadata["apus.model"] = metadata["apus.model"]?.replacingOccurrences(of: "\"9\"", with: "\"nine\"")
    let model = temporary.path + "/classes.safetensors"
    try Safetensors.write(file.order.map { ($0, file.tensors[$0]!) }, metadata: metadata, to: model)
    expectError(model, "nine", "as \(first) has") { _ = try TrainingRun.evaluate([first, model]) }
    let scenes = temporary.path + "/scenes"
    _ = try TrainingRun.start(try sceneRequest(), in: scenes, observer: SilentObserver())
    expectError(scenes, "a run of scenes") { _ = try TrainingRun.evaluate([first, scenes]) }
  }

  // MARK: Bags

  private func train(_ bag: RunBag, steps: Int = .max) throws -> [TrainingRun.Outcome] {
    var bag = bag
    return try bag.paths.indices.map { try bag.run($0, observer: StopAfter(steps: steps)) }
  }

  @Test func aBagsMembersAreRunsOnDrawsOfTheirOwn() throws {
    let path = temporary.path + "/bag"
    let bag = try RunBag.create(try request(seed: 7), members: 3, at: path)
    #expect(bag.paths == (1...3).map { "\(path)/\($0)" })
    _ = try train(bag)
    for (index, member) in every(bag.paths).enumerated() {
      let record = try RunRecord.read(RunFiles(member).record)
      let seed = UInt64(7 + index)
      let draw = try #require(record.bootstrap)
      #expect(draw.member == index + 1 && draw.members == 3 && draw.seed == seed)
      #expect(record.settings.seed == seed)
      guard case .finished = record.status else {
        Issue.record("\(member) has not finished")
        continue
      }
    }
    // The second by hand: the same bits.
    let drawn = digits.train.bootstrap(seed: 8)
    var settings = try request(seed: 8).settings
    settings.shift = 2
    let model = try NetworkCatalogue.make(dropNet, input: [32, 32, 1], classes: 10, seed: 8)
    let trainer = try Trainer(
      model: model, data: DataSplits(train: drawn, validation: digits.validation, test: digits.test),
      settings: settings)
    try trainer.train()
    expectSameState(try self.model(bag.paths[1]).model.state(), model.state())

    let opened = try #require(try RunBag.open(path))
    #expect(opened.paths == bag.paths)
    let measured = try TrainingRun.evaluate(opened.paths)
    #expect(measured.scores.loss <= measured.members.reduce(0) { $0 + $1.loss } / 3 + 1e-12)
    try FileManager.default.removeItem(atPath: bag.paths[1])
    expectError(bag.paths[1], "no run there", "one of the 3 members") { _ = try RunBag.open(path) }
    #expect(try RunBag.open(bag.paths[0]) == nil && RunBag.open(temporary.path) == nil)
  }

  @Test func anInterruptedBagGoesOnToTheSameBits() throws {
    let (whole, parts) = (temporary.path + "/whole", temporary.path + "/parts")
    _ = try train(try RunBag.create(try request(), members: 2, at: whole))
    do {
      // It holds the folders of the members that have not begun.
      var bag = try RunBag.create(try request(), members: 2, at: parts)
      guard case .interrupted(9) = try bag.run(0, observer: StopAfter(steps: 9)) else {
        Issue.record("the first run was not interrupted")
        return
      }
      var other = try #require(try RunBag.open(parts))
      expectError("\(parts)/2", "another process is at work") { _ = try other.run(1) }
    }
    let outcomes = try train(try #require(try RunBag.open(parts)))
    for case .wasFinished in outcomes { Issue.record("a run that was not finished") }
    for member in ["1", "2"] {
      let (one, other) = (RunFiles(whole + "/" + member), RunFiles(parts + "/" + member))
      #expect(try bytes(of: one.model) == bytes(of: other.model))
    }
    for outcome in try train(try #require(try RunBag.open(parts))) {
      guard case .wasFinished = outcome else {
        Issue.record("a finished run was trained again")
        return
      }
    }
  }

  @Test func aBagThatCannotBeginIsTakenBack() throws {
    let path = temporary.path + "/new/bag"
    var request = try request()
    request.classes = 7
    var bag = try RunBag.create(request, members: 3, at: path)
    #expect(FileManager.default.fileExists(atPath: path + "/3/run.json"))
    expectError("10 classes", "expected 7") { _ = try bag.run(0) }
    #expect(!FileManager.default.fileExists(atPath: temporary.path + "/new"))
    let run = try run("run")
    expectError(run, "holds a run already") { _ = try RunBag.create(try self.request(), members: 2, at: run) }
    #expect(!FileManager.default.fileExists(atPath: run + "/1"))
    try FileManager.default.createDirectory(atPath: path + "/2", withIntermediateDirectories: true)
    try "x".write(toFile: path + "/2/run.json", atomically: true, encoding: .utf8)
    expectError("\(path)/2", "holds a run already") { _ = try RunBag.create(try self.request(), members: 3, at: path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["2"])
    expectError("a bag of 0 runs") { _ = try RunBag.create(try self.request(), members: 0, at: path) }
    expectError("scenes are new in every epoch") { _ = try RunBag.create(try sceneRequest(), members: 2, at: path) }
  }
}
