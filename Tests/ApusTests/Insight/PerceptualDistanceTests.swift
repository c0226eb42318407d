import Apus
import ApusData
import ApusInsight
import ApusNetworks
import Testing

/// Perceptual distance: the formula, and digits that are moved stay nearer than other digits.
struct PerceptualDistanceTests {
  @Test func isTheFormula() throws {
    let model = Random.withSeed(2) {
      Sequential {
        Conv2D(2, 3, kernel: 3)
        ReLU()
        Conv2D(3, 4, kernel: 2)
      }
    }
    let (a, b) = (floats([2, 6, 6, 2], seed: 1), floats([2, 6, 6, 2], seed: 2))
    let weights = [Tensor([1, 0.5, 2]), Tensor([0, 1, 2, 3])]
    let found = try PerceptualDistance(model, at: ["0", "2"], weights: weights, input: [6, 6, 2])(a, b)
    var wanted = [0.0, 0]
    for (path, weight) in pairs(["0", "2"], weights) {
      let sides = try [a, b].map { try features(of: model, at: path, $0).cast(to: .float64) }
      let w = weight.cast(to: .float64).array(of: Double.self)
      let (places, channels) = (sides[0].shape[1] * sides[0].shape[2], w.count)
      let values = sides.map { $0.array(of: Double.self) }
      for image in 0..<2 {
        for place in 0..<places {
          let rows = values.map { side in
            let row = Array(side[(image * places + place) * channels..<(image * places + place + 1) * channels])
            let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return row.map { $0 / length }
          }
          for c in 0..<channels {
            let difference = rows[0][c] - rows[1][c]
            wanted[image] += w[c] * difference * difference / Double(places)
          }
        }
      }
    }
    expectClose(found, wanted)
    let even = try PerceptualDistance(model, at: ["0"], input: [6, 6, 2])
    expectSameBits(even(a, a), .zeros([2]))
    expectSameBits(even(a, b), even(b, a))
  }

  @Test func aDigitMovedByAPixelIsNearerThanAnother() throws {
    let model = ActivationAscentTests.lenet()
    let distance = try PerceptualDistance(model, at: ["features.0", "features.3", "classifier.1"], input: [32, 32, 1])
    let batch = try #require(Digits.load().test.batches(of: 200).first { _ in true })
    let images = batch.images
    let moved = Tensor.concatenated(
      [images.slice(axis: 2, range: 1..<32), images.slice(axis: 2, range: 0..<1)], axis: 2)
    let others = Tensor.concatenated(
      [images.slice(axis: 0, range: 1..<200), images.slice(axis: 0, range: 0..<1)], axis: 0)
    let labels = batch.labels.array(of: Int32.self)
    let (near, far) = (distance(images, moved).array(of: Float.self), distance(images, others).array(of: Float.self))
    let compared = (0..<200).filter { labels[$0] != labels[($0 + 1) % 200] }
    #expect(compared.count > 100)
    let right = compared.count { near[$0] < far[$0] }
    #expect(Double(right) >= 0.95 * Double(compared.count), "\(right) of \(compared.count)")
    expectSameBits(distance(images, images), .zeros([200]))
  }

  @Test func refusesLayersAndWeightsThatAreNotThere() async throws {
    let model = ActivationAscentTests.lenet()
    let path = #expect(throws: PathError.self) {
      try PerceptualDistance(model, at: ["features.11"], input: [32, 32, 1])
    }
    #expect("\(try #require(path))".contains("the nearest are features.1"))
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try PerceptualDistance(LeNet5(inputSize: 32), at: ["features.0"], weights: [.ones([5])], input: [32, 32, 1])
    }
    #expect(errorText(result).contains("with weights [[5]]: the layers have [6] channels"))
  }
}
