import Apus
import Testing

/// Maps of what a class's score depends on, against what they are by definition.
@Suite struct AttributionTests {
  /// A network of all that is between an image and its scores.
  static func network(seed: UInt64 = 3) -> Sequential {
    let model = Random.withSeed(seed) {
      Sequential {
        Conv2D(2, 6, kernel: 3, padding: 1)
        BatchNorm(6)
        ReLU()
        MaxPool2D(2)
        Conv2D(6, 8, kernel: 3)
        ReLU()
        GlobalAveragePool2D()
        Flatten()
        Linear(8, 4)
      }
    }
    for (place, entry) in model.buffers.enumerated() {
      let noise = floats(entry.buffer.shape, seed: seed + UInt64(place))
      entry.buffer.value = entry.path.hasSuffix("Variance") ? noise.square() + 0.5 : noise
    }
    return model
  }

  private let x = floats([2, 8, 8, 2], seed: 1)
  private let classes = [3, 1]

  /// Σ of the asked scores, in float64.
  private func score(_ model: some Layer, _ x: Tensor) -> Double {
    let all = model(x).array(of: Double.self)
    return all[classes[0]] + all[4 + classes[1]]
  }

  /// ∂ Σ scores / ∂ each element of some places, by central differences in float64.
  private func differences(_ model: some Layer, _ x: Tensor, _ places: [Int]) -> [Double] {
    let values = x.cast(to: .float64).array(of: Double.self)
    return places.map { place in
      let step = 1e-5
      let scores = [step, -step].map { move in
        var moved = values
        moved[place] += move
        return score(model, Tensor(moved, shape: x.shape))
      }
      return (scores[0] - scores[1]) / (2 * step)
    }
  }

  private func elements(_ x: Tensor, _ places: [Int]) -> Tensor {
    let all = x.cast(to: .float64).array(of: Double.self)
    return Tensor(places.map { all[$0] })
  }

  /// A few places of both images, of both channels.
  private let some = [0, 17, 60, 101, 127, 128, 150, 201, 255]

  @Test func gradientsAreFiniteDifferences() throws {
    let model = AttributionTests.network()
    try withPrecision(.float64) {
      let wide = x.cast(to: .float64)
      let want = differences(model, wide, some)
      let (scores, gradient) = try Attribution.gradient(of: model, at: wide, classes: classes)
      expectClose(elements(gradient, some), want, tolerance: 1e-6)
      expectClose(scores.sum(), [score(model, wide)], tolerance: 1e-12)
      let times = try Attribution.gradientTimesInput(of: model, at: wide, classes: classes)
      let inputs = elements(wide, some).array(of: Double.self)
      expectClose(elements(times, some), pairs(want, inputs).map { $0 * $1 }, tolerance: 1e-6)

      let steps = 3
      let integrated = try Attribution.integratedGradients(of: model, at: wide, classes: classes, steps: steps)
      let means = (0..<steps).map { differences(model, wide * ((Double($0) + 0.5) / Double(steps)), some) }
      let parts = some.indices.map { place in
        inputs[place] * means.reduce(0) { $0 + $1[place] } / Double(steps)
      }
      expectClose(elements(integrated, some), parts, tolerance: 1e-6)
    }
  }

  @Test func smoothedGradientsAreTheMeanOverTheirNoise() throws {
    let model = AttributionTests.network()
    let image = x[0..<1]
    let range = image.max() - image.min()
    let smooth = try Attribution.smoothGradient(
      of: model, at: image, classes: [2], samples: 5, noise: 0.2, seed: 7, batchSize: 2)
    var sum = Tensor.zeros(image.shape)
    for sample in 0..<5 {
      let noise = Tensor.normal([8, 8, 2], seed: 7, stream: RandomDomain.attribution + UInt64(sample))
      sum = sum + (try Attribution.gradient(of: model, at: image + noise * range * 0.2, classes: [2]).gradient)
    }
    expectClose(smooth, (sum / 5).array(of: Float.self).map(Double.init))
    // Without noise it is the gradient, and another seed is another mean.
    expectSameBits(
      try Attribution.smoothGradient(of: model, at: x, classes: classes, samples: 4, noise: 0),
      try Attribution.gradient(of: model, at: x, classes: classes).gradient)
    let other = try Attribution.smoothGradient(of: model, at: image, classes: [2], samples: 5, noise: 0.2, seed: 8)
    #expect((other - smooth).abs().max().item() > 0)
  }

  /// The gradient of w·x is w, to the bit; x ⊙ w sums to the score.
  @Test func aLinearClassifierIsItsWeights() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Flatten()
        Linear(24, 3, bias: false)
      }
    }
    let x = floats([2, 4, 3, 2], seed: 2)
    let weight = model.parameters[0].parameter.value
    let (scores, gradient) = try Attribution.gradient(of: model, at: x, classes: [2, 0])
    let columns = weight.transposed()
    expectSameBits(gradient[0].reshaped([24]), columns[2])
    expectSameBits(gradient[1].reshaped([24]), columns[0])
    let parts = try Attribution.gradientTimesInput(of: model, at: x, classes: [2, 0])
    expectClose(parts.sum(axes: [1, 2, 3]), scores.array(of: Float.self).map(Double.init))
    let saliency = try Attribution.saliency(of: model, at: x, classes: [2, 0])
    expectSameBits(saliency, gradient.abs().max(axes: [3]))
    #expect(saliency.shape == [2, 4, 3])
    expectSameBits(try Seeing.templates(of: model, input: [4, 3, 2])[2].reshaped([24]), columns[2])
  }

  @Test func integratedGradientsAddUpToTheRise() throws {
    let model = try NetworkCatalogue.make("lenet5", input: [28, 28, 1], classes: 10, seed: 5)
    let x = Tensor.uniform([2, 28, 28, 1], seed: 4)
    let parts = try Attribution.integratedGradients(of: model, at: x, classes: [3, 7], steps: 256)
    let (ends, starts) = (model(x), model(Tensor.zeros(x.shape)))
    let rises = [(0, 3), (1, 7)].map { ends[$0.0, $0.1].item() - starts[$0.0, $0.1].item() }
    for (sum, rise) in pairs(parts.sum(axes: [1, 2, 3]).array(of: Float.self).map(Double.init), rises) {
      #expect(abs(sum - rise) < 1e-3, "\(sum) of \(rise)")
    }
    // From another baseline the rise is another one.
    let half = try Attribution.integratedGradients(
      of: model, at: x, classes: [3, 7], baseline: .full([28, 28, 1], 0.5), steps: 256)
    let middle = model(Tensor.full(x.shape, 0.5))
    let rise = ends[0, 3].item() - middle[0, 3].item()
    #expect(abs(half[0].sum().item() - rise) < 1e-3)
  }

  @Test func callsRepeatTheirBitsAndScoresHaveInferences() throws {
    let model = AttributionTests.network()
    expectSameBits(
      try Attribution.gradient(of: model, at: x, classes: classes).scores,
      Tensor.stacked([model(x)[0, 3], model(x)[1, 1]]))
    let before = model.buffers.map { $0.buffer.value.array(of: Float.self) }
    for map: () throws -> Tensor in [
      { try Attribution.saliency(of: model, at: self.x, classes: self.classes) },
      { try Attribution.smoothGradient(of: model, at: self.x, classes: self.classes, samples: 3) },
      { try Attribution.integratedGradients(of: model, at: self.x, classes: self.classes, steps: 3) },
      { try Attribution.occlusion(of: model, at: self.x, classes: self.classes, size: 3, stride: 2) },
      { try Attribution.gradCAM(of: model, at: self.x, classes: self.classes) },
      { try Attribution.guidedBackpropagation(of: model, at: self.x, classes: self.classes) },
      { try Attribution.excitation(of: model, at: self.x, classes: self.classes) },
    ] { expectSameBits(try map(), try map()) }
    #expect(model.buffers.map { $0.buffer.value.array(of: Float.self) } == before)
  }

  /// Σ w x of whole numbers loses exactly what is covered.
  @Test func occlusionIsExactOfSums() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Flatten()
        Linear(30, 2)
      }
    }
    let weight = Tensor((0..<60).map { Float($0 % 7 - 3) }, shape: [30, 2])
    model.parameters[0].parameter.value = weight
    let x = Tensor((0..<60).map { Float($0 % 11 - 4) }, shape: [2, 5, 6, 1])
    let fill = 2.0
    let falls = try Attribution.occlusion(
      of: model, at: x, classes: [1, 0], size: [2, 3], stride: [2, 2], fill: fill, batchSize: 4)
    // Rows begin at 0, 2 and 3, the last at the edge; columns at 0, 2 and 3.
    #expect(falls.shape == [2, 3, 3])
    for (image, asked) in [(0, 1), (1, 0)] {
      for (i, row) in [0, 2, 3].enumerated() {
        for (j, column) in [0, 2, 3].enumerated() {
          var want = 0.0
          for y in row..<row + 2 {
            for z in column..<column + 3 {
              want += weight[y * 6 + z, asked].item() * (x[image, y, z, 0].item() - fill)
            }
          }
          #expect(falls[image, i, j].item() == want, "image \(image), square \(i), \(j)")
        }
      }
    }
  }

  /// With a mean over positions and one linear layer α_k is w_kc / (h · w).
  @Test func gradCAMIsTheClassActivationMap() throws {
    let model = AttributionTests.network()
    let maps = try Attribution.classActivation(of: model, at: x, classes: classes)
    let weighed = try Attribution.gradCAM(of: model, at: x, classes: classes)
    #expect(maps.shape == [2, 2, 2] && weighed.shape == maps.shape)
    let want = (relu(maps) / 4).array(of: Float.self).map(Double.init)
    #expect(want.contains { $0 > 0 })
    expectClose(weighed, want, tolerance: 1e-5)
    // Its mean is the score without the bias.
    let bias = try #require(model.parameters.last).parameter.value
    let scores = model(x)
    for (image, asked) in pairs([0, 1], classes) {
      let (mean, score) = (maps[image].mean().item(), scores[image, asked].item() - bias[asked].item())
      #expect(abs(mean - score) < 1e-4)
    }
    // By default at the activation behind the last convolution.
    expectSameBits(weighed, try Attribution.gradCAM(of: model, at: x, classes: classes, path: "5"))
    let earlier = try Attribution.gradCAM(of: model, at: x, classes: classes, path: "2")
    #expect(earlier.shape == [2, 8, 8])
  }

  /// ReLU(Σ_k α_k A_k), α_k the mean gradient, of a network whose gradients differ between positions.
  @Test func gradCAMWeighsMapsByTheirMeanGradient() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(2, 3, kernel: 3)
        ReLU()
        Flatten()
        Linear(108, 4)
      }
    }
    let maps = Sequential(Array(model.layers[0..<2]))(x)
    let rest = Sequential(Array(model.layers[2...]))
    let slopes = try Attribution.gradient(of: rest, at: maps, classes: classes).gradient
    let (values, means) = (maps.array(of: Float.self), slopes.mean(axes: [1, 2]).array(of: Float.self))
    let want = (0..<72).map { place -> Double in
      var sum: Float = 0
      for channel in 0..<3 { sum += values[place * 3 + channel] * means[place / 36 * 3 + channel] }
      return Double(max(sum, 0))
    }
    #expect(want.contains { $0 > 0 })
    expectClose(try Attribution.gradCAM(of: model, at: x, classes: classes, path: "1"), want)
  }

  /// The end of the last block of a residual network, and not the convolution inside of it.
  @Test func theLastConvolutionCountsWithWhatIsBehindIt() throws {
    for (name, want) in [("resnet20", "stage3"), ("lenet5", "features.4"), ("vgg11", "features.19")] {
      let entry = try NetworkCatalogue.entry(name)
      let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: 10)
      #expect(try ImageLayers(model, input: Shape([1] + entry.usualInput)).last() == want, "\(name)")
    }
    #expect(throws: AttributionError.self) { try ImageLayers(Linear(3, 2), input: [1, 3]).last() }
  }

  @Test func whatCannotBeExplainedSaysWhy() throws {
    let model = AttributionTests.network()
    func text(_ body: () throws -> Tensor) -> String {
      do {
        _ = try body()
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(text { try Attribution.saliency(of: model, at: x, classes: [1, 4]) }.contains("class 4, expected 0...3"))
    #expect(text { try Attribution.saliency(of: model, at: x, classes: [1]) }.contains("1 classes for 2 images"))
    #expect(
      text { try Attribution.saliency(of: Sequential(Array(model.layers[0..<3])), at: x, classes: classes) }.contains(
        "[2, 8, 8, 6]"))
    let gray = x.slice(axis: 3, range: 0..<1)
    #expect(text { try Attribution.saliency(of: model, at: gray, classes: classes) }.contains("Conv2D"))
    #expect(text { try Attribution.gradCAM(of: model, at: x, classes: classes, path: "55") }.contains("nearest are 5"))
    #expect(text { try Attribution.gradCAM(of: model, at: x, classes: classes, path: "8") }.contains("8 gives [2, 4]"))
    #expect(
      text { try Attribution.occlusion(of: model, at: x, classes: classes, size: 9, stride: 1) }.contains("1×1...8×8"))
    #expect(
      text { try Attribution.integratedGradients(of: model, at: x, classes: classes, baseline: .zeros([2])) }
        .contains("a baseline [2], expected an image's shape, [8, 8, 2]"))
    let flat = Random.withSeed(3) {
      Sequential {
        Flatten()
        Linear(128, 4)
      }
    }
    #expect(text { try Attribution.classActivation(of: flat, at: x, classes: classes) }.contains("Grad-CAM takes any"))
    #expect(text { try Attribution.gradCAM(of: flat, at: x, classes: classes) }.contains("has no convolution"))
    #expect(text { try Seeing.templates(of: model, input: [8, 8, 2]) }.contains("saliency"))
  }
}
