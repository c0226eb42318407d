import Apus
import Testing

/// Where Grad-CAM is brightest in scenes of two digits, of a network that is told which digits a scene has and not where.
@Suite struct GradCAMSceneTests {
  /// Side of a scene; a digit has a quarter of it.
  private static let side = 64

  /// Two digits of different classes in two of the four quarters, on black.
  private struct Scene {
    var pixels = [UInt8](repeating: 0, count: side * side)
    /// The class whose digit a pixel belongs to, −1 for none: its ink and what lies between its ink in the same row.
    var owners = [Int](repeating: -1, count: side * side)
    private(set) var classes: [Int] = []

    init(of split: DataSplit, _ number: Int) {
      let half = side / 2
      var draws = Random.uniform(seed: 5, stream: UInt64(number), count: 64)[...]
      func draw(below count: Int) -> Int { min(Int(draws.removeFirst() * Float(count)), count - 1) }
      let quarters = [0, 1, 2, 3].map { ($0, draws.removeFirst()) }.sorted { $0.1 < $1.1 }.map(\.0)
      for quarter in quarters.prefix(2) {
        var digit = draw(below: split.count)
        while classes.contains(Int(split.labels[digit])) { digit = draw(below: split.count) }
        classes.append(Int(split.labels[digit]))
        let ink = split.image(at: digit).array(of: UInt8.self)
        for row in 0..<half {
          let first = (quarter / 2 * half + row) * side + quarter % 2 * half
          pixels.replaceSubrange(first..<first + half, with: ink[row * half..<(row + 1) * half])
          let inked = (0..<half).filter { ink[row * half + $0] > 64 }
          guard let from = inked.first, let to = inked.last else { continue }
          for column in from...to { owners[first + column] = classes.last! }
        }
      }
    }
  }

  private func scenes(_ split: DataSplit, _ numbers: Range<Int>) -> (scenes: [Scene], images: Tensor) {
    let scenes = numbers.map { Scene(of: split, $0) }
    let bytes = Tensor(scenes.flatMap(\.pixels), shape: [scenes.count, Self.side, Self.side, 1])
    return (scenes, split.normalization(bytes))
  }

  /// First on single digits, five epochs; then on scenes, half of the probability for each of a scene's digits.
  private func trained() -> Sequential {
    let model = Random.withSeed(1) {
      Sequential {
        Conv2D(1, 16, kernel: 5, stride: 2, padding: 2, bias: false)
        BatchNorm(16)
        ReLU()
        Conv2D(16, 32, kernel: 3, padding: 1, bias: false)
        BatchNorm(32)
        ReLU()
        MaxPool2D(2)
        Conv2D(32, 64, kernel: 3, padding: 1, bias: false)
        BatchNorm(64)
        ReLU()
        Conv2D(64, 64, kernel: 3, padding: 1, bias: false)
        BatchNorm(64)
        ReLU()
        GlobalAveragePool2D()
        Flatten()
        Linear(64, 10)
      }
    }
    var optimizer = AdamW(model.parameters, learningRate: 0.004)
    for epoch in 0..<5 {
      optimizer.learningRate = 0.006 * (1 - Double(epoch) / 5)
      for batch in digits.train.batches(of: 64, shuffled: 1, epoch: epoch) {
        let (_, gradients) = valueWithGradients(of: model) {
          crossEntropy(logits: model(batch.images), labels: batch.labels)
        }
        optimizer.step(gradients)
      }
    }
    let steps = 80
    for step in 0..<steps {
      optimizer.learningRate = 0.002 * (1 - Double(step) / Double(steps))
      let (scenes, images) = scenes(digits.train, step * 32..<(step + 1) * 32)
      let targets = Tensor(scenes.map { scene in (0..<10).map { scene.classes.contains($0) ? 0.5 : 0 } as [Float] })
      let (_, gradients) = valueWithGradients(of: model) { -(logSoftmax(model(images)) * targets).sum() / 32 }
      optimizer.step(gradients)
    }
    return model
  }

  @Test func theBrightestCellIsOnTheAskedDigit() throws {
    let model = trained()
    let (scenes, images) = scenes(digits.test, 10_000..<10_150)
    let cell = 4
    var hits = 0
    for asked in 0..<2 {
      let maps = try Attribution.gradCAM(of: model, at: images, classes: scenes.map { $0.classes[asked] })
      let columns = Self.side / cell
      #expect(maps.shape == [scenes.count, columns, columns])
      let brightest = maps.reshaped([scenes.count, columns * columns]).argmax(axis: 1).array(of: Int.self)
      for (scene, place) in pairs(scenes, brightest) {
        let (top, left) = (place / columns * cell, place % columns * cell)
        let pixels = (0..<cell * cell).map { (top + $0 / cell) * Self.side + left + $0 % cell }
        if pixels.contains(where: { scene.owners[$0] == scene.classes[asked] }) { hits += 1 }
      }
    }
    let share = Double(hits) / Double(2 * scenes.count)
    #expect(share >= 0.95, "\(share) of the brightest cells")
  }
}
