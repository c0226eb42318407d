import Apus
import ApusData
import ApusInsight
import ApusNetworks
import Testing

/// Images that make something large: the objective never falls, what it finds is what the network looks for, and what is refused.
struct ActivationAscentTests {
  static func noise(_ shape: Shape, seed: UInt64 = 1) -> Tensor { Tensor.normal(shape, seed: seed, stream: 3) * 0.1 }

  /// LeNet-5 that has seen the digits a few times: a model of one's own for each test, as models belong to one thread.
  static func lenet() -> LeNet5 {
    let model = LeNet5(inputSize: 32)
    for (entry, value) in pairs(model.parameters, learned) { entry.parameter.value = value }
    return model
  }

  private static let learned: [Tensor] = {
    let digits = Digits.load()
    let model = Random.withSeed(1) { LeNet5(inputSize: 32) }
    var optimizer = Adam(model.parameters, learningRate: 0.002)
    for epoch in 0..<4 {
      for batch in digits.train.batches(of: 32, shuffled: 1, epoch: epoch) {
        let (_, gradients) = valueWithGradients(of: model) {
          crossEntropy(logits: model(batch.images), labels: batch.labels)
        }
        optimizer.step(gradients)
      }
    }
    return model.parameters.map(\.parameter.value)
  }()

  @Test(arguments: [ActivationAscent(), ActivationAscent(jitter: 2, smoothness: 0.5, seed: 4)])
  func aClassThatIsSoughtIsSeen(ascent: ActivationAscent) throws {
    let model = ActivationAscentTests.lenet()
    for asked in [0, 3, 8] {
      let (image, objective) = try ascent.image(
        for: .score(class: asked), of: model, from: ActivationAscentTests.noise([1, 32, 32, 1]))
      #expect(image.shape == [1, 32, 32, 1] && objective.count == 1)
      #expect(zip(objective[0], objective[0].dropFirst()).allSatisfy { $0 < $1 })
      let probability = softmax(model(image), axis: 1)[0, asked].item()
      #expect(probability > 0.99, "\(asked): \(probability)")
    }
  }

  @Test(arguments: [
    ActivationTarget.channel(2, at: "features.3"), .unit([3, 4, 5], at: "features.3"), .layer("features.0"),
    .channel(7, at: "classifier.1"),
  ])
  func theActivationBecomesFiveTimesItsStart(target: ActivationTarget) throws {
    let model = ActivationAscentTests.lenet()
    let start = ActivationAscentTests.noise([1, 32, 32, 1], seed: 2)
    let (image, objective) = try ActivationAscent().image(for: target, of: model, from: start)
    let (first, last) = (objective[0][0], objective[0][objective[0].count - 1])
    #expect(last >= 5 * abs(first), "\(first) to \(last)")
    // What is told is what the layer gives for the image.
    let values = try features(of: model, at: try #require(target.path), image)
    let value =
      switch target {
      case .channel(2, at: "features.3"): values[0, .all, .all, 2].mean().item()
      case .unit([3, 4, 5], at: "features.3"): values[0, 3, 4, 5].item()
      case .layer("features.0"): 0.5 * values.square().mean().item()
      default: values[0, 7].item()
      }
    #expect(abs(value - last) <= 1e-5 * abs(last), "\(value), \(last)")
    // Again, the same bits.
    expectSameBits(image, try ActivationAscent().image(for: target, of: model, from: start).image)
  }

  @Test func underANormALinearLayersImageIsItsWeights() throws {
    let model = Random.withSeed(5) {
      Sequential {
        Flatten()
        Linear(6 * 6 * 2, 4)
      }
    }
    let (image, objective) = try ActivationAscent(norm: 3).image(
      for: .score(class: 1), of: model, from: ActivationAscentTests.noise([1, 6, 6, 2]))
    let weight = try #require(model.parameters.first { $0.path == "1.weight" }).parameter.value
    let column = weight.slice(axis: 1, range: 1..<2).reshaped([72])
    let row = image.reshaped([72])
    let length = row.square().sum().item().squareRoot()
    let cosine = (row * column).sum().item() / length / column.square().sum().item().squareRoot()
    #expect(cosine > 0.99 && abs(length - 3) < 1e-4, "\(cosine), \(length)")
    #expect(zip(objective[0], objective[0].dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func smoothnessTakesRoughnessOff() throws {
    let model = ActivationAscentTests.lenet()
    func roughness(_ image: Tensor) -> Double {
      (image.slice(axis: 2, range: 1..<32) - image.slice(axis: 2, range: 0..<31)).square().mean().item()
        / image.square().mean().item()
    }
    let images = try [0.0, 20].map { smoothness in
      try ActivationAscent(smoothness: smoothness).image(
        for: .score(class: 5), of: model, from: ActivationAscentTests.noise([1, 32, 32, 1])
      ).image
    }
    #expect(roughness(images[1]) < 0.5 * roughness(images[0]), "\(images.map(roughness))")
  }

  @Test func octavesEndWithTheImagesOwnSize() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(3, 8, kernel: 3, padding: 1)
        ReLU()
        Conv2D(8, 8, kernel: 3, padding: 1)
      }
    }
    let start = ActivationAscentTests.noise([1, 21, 30, 3])
    let ascent = ActivationAscent(steps: 8, octaves: 3)
    let (image, objective) = try ascent.image(for: .layer("2"), of: model, from: start)
    #expect(image.shape == start.shape && objective.count == 3)
    for values in objective {
      #expect(values.count == 9 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "\(values)")
    }
    // A larger size begins with what the smaller one has found.
    #expect(objective[2][0] > 2 * objective[0][0], "\(objective)")
    let other = try ActivationAscent(steps: 24).image(for: .layer("2"), of: model, from: start)
    #expect(other.image.array(of: Float.self) != image.array(of: Float.self))
  }

  /// Moved around its edges an image of a network of convolutions has nearly the gradient of the image itself, moved.
  @Test func jitterMovesTheGradientBack() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(1, 8, kernel: 3)
        ReLU()
        Conv2D(8, 8, kernel: 3)
      }
    }
    let start = ActivationAscentTests.noise([1, 24, 24, 1])
    let values = try [0, 4].map { jitter in
      let ascent = ActivationAscent(steps: 10, jitter: jitter, seed: 1)
      return try #require(ascent.image(for: .layer("2"), of: model, from: start).objective[0].last)
    }
    #expect(values[1] > 0.8 * values[0] && values[1] != values[0], "\(values)")
  }

  @Test func refusesWhatIsNotThere() throws {
    let model = ActivationAscentTests.lenet()
    let start = ActivationAscentTests.noise([1, 32, 32, 1])
    let image: (ActivationTarget) throws -> Tensor = {
      try ActivationAscent().image(for: $0, of: model, from: start).image
    }
    let path = #expect(throws: PathError.self) { try image(.layer("features.3x")) }
    #expect("\(try #require(path))".contains("the nearest are features.3"))
    let channel = #expect(throws: AttributionError.self) { try image(.channel(16, at: "features.3")) }
    #expect("\(try #require(channel))".hasPrefix("channel 16 of features.3, which gives [10, 10, 16]: expected 0...15"))
    let score = #expect(throws: AttributionError.self) { try image(.score(class: -1)) }
    #expect("\(try #require(score))" == "channel -1 of the model, which gives [10]: expected 0...9")
    let unit = #expect(throws: AttributionError.self) { try image(.unit([0, 10, 0], at: "features.3")) }
    #expect("\(try #require(unit))".contains("unit [0, 10, 0] of features.3"))
    // LeNet-5 takes one size.
    #expect(throws: PlanError.self) {
      try ActivationAscent(octaves: 2).image(for: .score(class: 1), of: model, from: start)
    }
    let dead = Sequential {
      ReLU()
      Flatten()
      Linear(1, 1)
    }
    let still = #expect(throws: AttributionError.self) {
      try ActivationAscent().image(for: .channel(0, at: "0"), of: dead, from: .full([1, 1, 1, 1], -1))
    }
    #expect("\(try #require(still))".hasPrefix("the image does not move the target: its gradient is 0"))
  }

  @Test func settingsWithoutMeaningStop() async {
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ActivationAscent(steps: 0)
    }
    #expect(errorText(steps).contains("ActivationAscent of 0 steps, 1 octaves and jitter 0: at least 1, 1 and 0"))
    let norm = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ActivationAscent(norm: 0)
    }
    #expect(errorText(norm).contains("ActivationAscent with norm 0.0: above 0"))
  }
}
