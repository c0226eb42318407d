import Apus
import Testing

@Suite struct AugmentationTests {
  private func split(_ augmentation: Augmentation, channels: Int = 3) throws -> DataSplit {
    let bytes = (0..<480 * channels).map { (index: Int) -> UInt8 in UInt8((index * 37 + index / 11) % 256) }
    let data = try ImageDataset(
      images: Tensor(bytes, shape: [6, 8, 10, channels]), labels: [0, 1, 0, 1, 0, 1], classNames: ["a", "b"],
      source: "test")
    return DataSplit(
      data, indices: [0, 1, 2, 3, 4, 5],
      normalization: Normalization(
        mean: Array(repeating: 0, count: channels), deviation: Array(repeating: 1, count: channels)),
      augmentation: augmentation)
  }

  /// Every sample's image of an epoch by the order that batches of any size share.
  private func images(_ split: DataSplit, size: Int, seed: UInt64 = 3, epoch: Int = 2) -> [[Float]] {
    split.batches(of: size, shuffled: seed, epoch: epoch).flatMap { batch in
      (0..<batch.count).map { batch.images[$0].array(of: Float.self) }
    }
  }

  @Test func itIsAFunctionOfSeedEpochAndSample() throws {
    let all = Augmentation(
      maximumShift: 2, flipsHorizontally: true,
      colorJitter: .init(brightness: 0.3, contrast: 0.3, saturation: 0.3), cutout: 3)
    let split = try split(all)
    #expect(images(split, size: 2) == images(split, size: 4))
    #expect(images(split, size: 2) != images(split, size: 2, epoch: 3))
    // Batches in order, of evaluation, are as stored.
    let stored = split.batches(of: 6).map(\.images)[0].array(of: Float.self)
    #expect(stored == split.dataset.images.array(of: UInt8.self).map { Float($0) * (1 / 255) })
  }

  @Test func flipsMirrorAboutHalfOfTheImages() throws {
    let augmentation = Augmentation(flipsHorizontally: true)
    let flipped = (0..<1000).filter { augmentation.choice(sample: $0, seed: 1, epoch: 0).isFlipped }.count
    #expect(abs(flipped - 500) < 64)  // four deviations
    let split = try split(augmentation)
    let plain = images(try self.split(Augmentation()), size: 6)
    for (changed, original) in pairs(images(split, size: 6), plain) {
      let mirrored = TenCrop.mirrored(Tensor(original, shape: [1, 8, 10, 3])).array(of: Float.self)
      #expect(changed == original || changed == mirrored)
    }
  }

  @Test func cutoutIsOneSquareOfTheMeanColor() throws {
    let plain = images(try split(Augmentation()), size: 6)
    for (changed, original) in pairs(images(try split(Augmentation(cutout: 4)), size: 6), plain) {
      let cut = (0..<80).filter { pixel in (0..<3).allSatisfy { changed[pixel * 3 + $0] == 0 } }
      #expect(cut.count >= 4 && cut.count <= 18)  // at the corner a quarter is left; some pixels are black anyway
      for pixel in 0..<80 where !cut.contains(pixel) {
        #expect(Array(changed[pixel * 3..<pixel * 3 + 3]) == Array(original[pixel * 3..<pixel * 3 + 3]))
      }
    }
  }

  private func split(_ pixels: [UInt8], height: Int, width: Int, _ augmentation: Augmentation) throws -> DataSplit {
    let data = try ImageDataset(
      images: Tensor(pixels, shape: [1, height, width, 3]), labels: [0], classNames: ["a"], source: "test")
    return DataSplit(
      data, indices: [0], normalization: Normalization(mean: [0, 0, 0], deviation: [1, 1, 1]),
      augmentation: augmentation)
  }

  @Test func aCutoutInsideTheImageIsAWholeSquare() throws {
    let split = try split(Array(repeating: 255, count: 8 * 10 * 3), height: 8, width: 10, Augmentation(cutout: 4))
    let areas = (0..<40).map { epoch in images(split, size: 1, epoch: epoch)[0].count { $0 == 0 } / 3 }
    #expect(areas.max() == 16 && areas.min()! >= 4)
  }

  /// Each channel moves to or from the pixel's luma, 0.299 R + 0.587 G + 0.114 B.
  @Test func saturationIsDistanceFromLuma() throws {
    let colors: [UInt8] = [200, 30, 10, 20, 180, 40, 15, 25, 210, 90, 90, 90]
    let augmentation = Augmentation(colorJitter: .init(saturation: 0.5))
    let changed = images(try split(colors, height: 2, width: 2, augmentation), size: 1)[0]
    let factor = Double(augmentation.choice(sample: 0, seed: 3, epoch: 2).saturation)
    #expect(abs(factor - 1) > 0.05)
    for pixel in stride(from: 0, to: 12, by: 3) {
      let (r, g, b) = (Double(colors[pixel]), Double(colors[pixel + 1]), Double(colors[pixel + 2]))
      let luma = 0.299 * r + 0.587 * g + 0.114 * b
      for (channel, value) in [r, g, b].enumerated() {
        let want = min(255, max(0, luma + factor * (value - luma)))
        #expect(abs(Double(changed[pixel + channel]) * 255 - want) <= 0.51)
      }
    }
  }

  @Test func jitterChangesWhatItsNameSays() throws {
    // Gray pixels have no saturation to change.
    let gray = try split(Augmentation(colorJitter: .init(saturation: 1)), channels: 1)
    #expect(images(gray, size: 6) == images(try split(Augmentation(), channels: 1), size: 6))
    let bright = Augmentation(colorJitter: .init(brightness: 0.5))
    let choices = (0..<500).map { bright.choice(sample: $0, seed: 1, epoch: 0) }
    #expect(choices.allSatisfy { (0.5...1.5).contains($0.brightness) && $0.contrast == 1 && $0.saturation == 1 })
    #expect(abs(choices.reduce(0) { $0 + $1.brightness } / 500 - 1) < 0.06)
    let plain = images(try split(Augmentation()), size: 6)
    for (changed, original) in pairs(images(try split(bright), size: 6), plain) {
      // One factor for all pixels, but for rounding to bytes and what is cut off at 255.
      let factors = zip(changed, original).filter { $0.1 > 0.2 && $0.0 < 0.99 }.map { $0.0 / $0.1 }
      #expect(factors.max()! - factors.min()! < 0.03)
    }
  }

  @Test func foldsCoverEverySampleOnceWithTheClassesShares() throws {
    let digits = Digits.load()
    let folds = digits.train.folds(5)
    #expect(folds.flatMap(\.validation.indices).sorted() == digits.train.indices.sorted())
    for fold in folds {
      #expect(Set(fold.train.indices).isDisjoint(with: fold.validation.indices))
      #expect(fold.train.count + fold.validation.count == digits.train.count)
      // Of its training images alone.
      let normalization = Normalization(of: digits.train.dataset, at: fold.train.indices)
      #expect(fold.train.normalization == normalization && fold.validation.normalization == normalization)
      #expect(abs(fold.validation.count - digits.train.count / 5) <= 1)
      for label in Int32(0)..<10 {
        let share = Double(fold.validation.labels.count { $0 == label }) / Double(fold.validation.count)
        #expect(abs(share - 0.1) < 0.02)
      }
    }
    let drawn = digits.train.bootstrap(seed: 1)
    #expect(drawn.count == digits.train.count)
    let different = Double(Set(drawn.indices).count) / Double(drawn.count)
    #expect(abs(different - 0.632) < 0.04)  // 1 − 1/e
  }

  @Test func earlyStoppingRestoresTheBestEpoch() throws {
    let model = Linear(2, 1)
    var stopping = EarlyStopping(patience: 2)
    var kept: Tensor?
    var stopped: Int?
    for (epoch, loss) in [3.0, 2, .nan, 2.5, 2.4, 1].enumerated() {
      model.weight.value = .full([2, 1], Double(epoch))
      if loss == 2 { kept = model.weight.value }
      if stopping.shouldStop(after: loss, of: model) {
        stopped = epoch
        break
      }
    }
    #expect(stopped == 4 && stopping.best?.epoch == 1)
    try stopping.restoreBest(into: model)
    expectSameBits(model.weight.value, try #require(kept))
  }

  @Test func earlyStoppingCountsWhatIsLargeEnoughInItsDirection() {
    /// The place of the value after which it stops.
    func stop(_ stopping: EarlyStopping, _ values: [Double]) -> Int? {
      var stopping = stopping
      let model = Linear(1, 1)
      return values.firstIndex { stopping.shouldStop(after: $0, of: model) }
    }
    let falling = [3, 2.75, 2.5, 2.25, 2, 1.75]
    #expect(stop(EarlyStopping(patience: 0), falling) == nil)
    // Quarters are no gain; three of them together are one.
    #expect(stop(EarlyStopping(patience: 1, minimumChange: 0.6), falling) == 2)
    #expect(stop(EarlyStopping(patience: 2, minimumChange: 0.6), falling) == nil)
    #expect(stop(EarlyStopping(patience: 2, minimumChange: 1), falling) == 3)
    #expect(stop(EarlyStopping(patience: 0, goal: .rising), falling) == 1)
    #expect(stop(EarlyStopping(patience: 1, goal: .rising), falling.reversed()) == nil)
  }

  @Test func searchingStopsBadRunsAndSortsTheOthers() throws {
    let grid = SearchSpace.grid(["rate": [0.1, 1], "decay": [0, 0.5, 0.9]])
    #expect(grid.count == 6 && grid[1] == ["rate": 0.1, "decay": 0.5])
    let random = SearchSpace.random(["rate": .logarithmic(1e-4...1), "width": .choice([8, 16])], count: 300, seed: 2)
    #expect(
      random == SearchSpace.random(["rate": .logarithmic(1e-4...1), "width": .choice([8, 16])], count: 300, seed: 2))
    #expect(abs(random.count { $0["rate"]! < 1e-2 } - 150) < 40)
    #expect(random.allSatisfy { (1e-4...1).contains($0["rate"]!) && [8, 16].contains($0["width"]!) })

    var epochs = 0
    let results = try search([["x": 3], ["x": 5], ["x": 1], ["x": 4], ["x": .nan]], epochs: 10, grace: 2) { candidate in
      { epoch in
        epochs += 1
        return candidate["x"]! * Double(epoch + 1)
      }
    }
    #expect(results.map { $0.candidate["x"]! }.prefix(2) == [5, 4])
    #expect(results.first { $0.candidate["x"] == 1 }!.scores.count == 2)
    #expect(results.first { $0.candidate["x"]!.isNaN }!.scores.count == 1)
    #expect(results.filter(\.isStopped).count == 2 && epochs == 33)
    // Better than the worst and below the median, 7.5: stopped.
    let middling = try search([["x": 3], ["x": 5], ["x": 6], ["x": 3.2]], epochs: 10, grace: 2) { candidate in
      { candidate["x"]! * Double($0 + 1) }
    }
    #expect(middling.filter(\.isStopped).map { $0.candidate["x"]! } == [3.2])
    // Of two earlier runs the median is between them: 8 is below the better one's 9 after two epochs, and above 6.75.
    let between = try search([["x": 3], ["x": 6], ["x": 4]], epochs: 10, grace: 2) { candidate in
      { candidate["x"]! * Double($0 + 1) }
    }
    #expect(between.allSatisfy { !$0.isStopped })
  }

  @Test func nonsenseIsRefusedWithItsValues() async {
    let jitter = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Augmentation.ColorJitter(contrast: 1.5)
    }
    #expect(errorText(jitter).contains("contrast 1.5 is not in 0...1"))
    let cutout = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Augmentation(cutout: -1)
    }
    #expect(errorText(cutout).contains("a cutout of -1 pixels"))
    let crop = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TenCrop.views(of: .zeros([1, 4, 4, 1]), height: 5, width: 4)
    }
    #expect(errorText(crop).contains("crops of 5×4 do not fit into images [1, 4, 4, 1]"))
    let folds = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Digits.load().train.folds(1)
    }
    #expect(errorText(folds).contains("1 folds"))
  }
}
