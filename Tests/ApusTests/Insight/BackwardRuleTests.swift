import Apus
import Testing

/// Ways back by rules of one's own, against the same reckoned otherwise.
@Suite struct BackwardRuleTests {
  /// A network whose ReLUs are functions with pullbacks of one's own: what rules are held against.
  private struct Twin: Layer, NamedParts {
    let first = Conv2D(2, 5, kernel: 3, padding: 1), second = Conv2D(5, 6, kernel: 3)
    let head = Linear(24, 3)
    var pullback: ((_ x: Tensor, _ gradient: Tensor) -> Tensor)?

    var parts: [(name: String, part: Any)] { [("first", first), ("second", second), ("head", head)] }

    func forward(_ x: Tensor) -> Tensor {
      let maps = maxPool2d(rectified(first(x)), kernel: 2)
      return head(flatten(rectified(second(maps))))
    }

    private func rectified(_ x: Tensor) -> Tensor {
      guard let pullback else { return relu(x) }
      return differentiable(
        x, "Twin", value: { relu($0) }, pullback: { x, _, gradient in pullback(x, gradient) })
    }
  }

  private let x = floats([2, 8, 8, 2], seed: 1)

  @Test func guidedAndDeconvolutionChangeWhatPassesAReLU() throws {
    var twin = Random.withSeed(3) { Twin() }
    let plain = twin
    func active(_ x: Tensor) -> Tensor { (x .> 0).cast(to: .float32) }
    twin.pullback = { active($0) * relu($1) }
    expectClose(
      try Attribution.guidedBackpropagation(of: plain, at: x, classes: [2, 0]),
      try Attribution.gradient(of: twin, at: x, classes: [2, 0]).gradient.array(of: Float.self).map(Double.init))
    twin.pullback = { relu($1) }
    expectClose(
      try Attribution.deconvolution(of: plain, at: x, classes: [2, 0]),
      try Attribution.gradient(of: twin, at: x, classes: [2, 0]).gradient.array(of: Float.self).map(Double.init))
    let gradient = try Attribution.gradient(of: plain, at: x, classes: [2, 0]).gradient
    let guided = try Attribution.guidedBackpropagation(of: plain, at: x, classes: [2, 0])
    #expect((gradient - guided).abs().max().item() > 1e-3)
  }

  @Test func withoutReLUAndPoolingDeconvolutionIsTheGradient() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(2, 5, kernel: 3, stride: 2)
        BatchNorm(5)
        Conv2D(5, 4, kernel: 3, padding: 1, groups: 1)
        Flatten()
        Linear(36, 3)
      }
    }
    expectClose(
      try Attribution.deconvolution(of: model, at: x, classes: [2, 0]),
      try Attribution.gradient(of: model, at: x, classes: [2, 0]).gradient.array(of: Float.self).map(Double.init))
  }

  /// The strongest unit of a channel, and what it gives, is where the projection begins.
  @Test func projectionsBeginAtTheStrongestUnit() throws {
    let model = AttributionTests.network()
    let (path, channel) = ("4", 5)
    let maps = try features(of: model, at: path, x)[.all, .all, .all, channel].reshaped([2, 4])
    let places = maps.argmax(axis: 1).array(of: Int32.self).map(Int.init)
    let want = valueWithGradient(at: x, in: .inference) { x in
      let inner = Sequential(Array(model.layers[0..<5]))(x)[.all, .all, .all, channel].reshaped([2, 4])
      return (0..<2).map { inner[$0, places[$0]].square() / 2 }.reduce(Tensor.zeros([])) { $0 + $1 }
    }.gradient
    expectClose(
      try Attribution.projection(of: model, at: x, path: path, channel: channel, by: .gradient),
      want.array(of: Float.self).map(Double.init))
    #expect(throws: AttributionError.self) {
      try Attribution.projection(of: model, at: x, path: path, channel: 8)
    }
    #expect(throws: PathError.self) { try Attribution.projection(of: model, at: x, path: "44", channel: 0) }
  }

  // MARK: Excitation

  /// Two layers of positive units, reckoned by hand.
  @Test func excitationIsSharedByWhatExcites() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Flatten()
        Linear(3, 2)
        ReLU()
        Linear(2, 2)
      }
    }
    model.parameters[0].parameter.value = Tensor([1, -1, 2, 1, -3, 1], shape: [3, 2])
    model.parameters[1].parameter.value = Tensor([0.5, 5])
    model.parameters[2].parameter.value = Tensor([1, -2, 3, 1], shape: [2, 2])
    // Units: max(1·1 + 2·2 − 3·1 + 0.5, 0) = 2.5, max(−1 + 2 + 1 + 5, 0) = 7.
    let x = Tensor([1, 2, 1], shape: [1, 1, 1, 3])
    // Class 0: by 1 · 2.5 and 3 · 7. Then 1·1 and 2·2 of the first unit; 1·2 and 1·1 of the second.
    let (first, second) = (2.5 / 23.5, 21 / 23.5)
    let want = [first / 5, first * 4 / 5 + second * 2 / 3, second / 3]
    expectClose(try Attribution.excitation(of: model, at: x, classes: [0]), want, tolerance: 1e-6)
    expectClose(
      try Attribution.excitation(of: model, at: x, classes: [0], path: "2"), [first, second], tolerance: 1e-6)
    // Class 1 has the second unit alone for it, the first one against it; class 0 nothing against it.
    expectClose(
      try Attribution.excitation(of: model, at: x, classes: [1], path: "2", contrastive: true), [-1, 1],
      tolerance: 1e-6)
    // Below the classifier both go by the same weights.
    expectClose(
      try Attribution.excitation(of: model, at: x, classes: [1], contrastive: true),
      [-1.0 / 5, 2.0 / 3 - 4.0 / 5, 1.0 / 3], tolerance: 1e-6)
  }

  @Test(
    arguments: [
      ("lenet5", [28, 28, 1], ["features.0", "features.4", "classifier.1"]),
      ("resnet20", [16, 16, 3], ["conv1", "stage1", "stage2.0", "stage3"]),
      ("resnet20.paper", [16, 16, 3], ["stage2.0", "stage3"]),
      ("densenet121", [32, 32, 3], ["features"]), ("squeezenet1_1", [48, 48, 3], ["features"]),
      ("mobilenet_v3_small", [32, 32, 3], ["features"]), ("googlenet", [48, 48, 3], ["inception3a"]),
    ] as [(String, [Int], [String])]) func massIsOneAtEveryLayer(name: String, input: [Int], places: [String]) throws
  {
    let model = try NetworkCatalogue.make(name, input: Shape(input), classes: 5, seed: 3)
    let x = floats(Shape([2] + input), seed: 8)
    for path in [nil] + places.map(Optional.some) {
      let mass = try Attribution.excitation(of: model, at: x, classes: [1, 4], path: path)
      #expect(mass.min().item() >= 0, "\(path ?? "image")")
      expectClose(mass.sum(axes: Array(1..<mass.rank)), [1, 1], tolerance: 1e-5)
    }
    let contrast = try Attribution.excitation(of: model, at: x, classes: [1, 4], path: places[0], contrastive: true)
    expectClose(contrast.sum(axes: Array(1..<contrast.rank)), [0, 0], tolerance: 1e-5)
    #expect(contrast.min().item() < 0 && contrast.max().item() > 0)
  }

  @Test func anOperationWithoutARuleIsNamed() throws {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(2, 4, kernel: 3)
        LayerNorm(4)
        GlobalAveragePool2D()
        Flatten()
        Linear(4, 3)
      }
    }
    let error = #expect(throws: AttributionError.self) {
      try Attribution.excitation(of: model, at: x, classes: [0, 1])
    }
    #expect(error?.description.contains("no rule for LayerNorm of 1") == true)
  }

  // MARK: A rule of one's own

  /// What a page of one's own sees: operations, inputs, results; and whom it leaves alone.
  @Test func aRuleSeesEachStep() throws {
    final class Seen { var steps: [String] = [] }
    let seen = Seen()
    let model = AttributionTests.network()
    let rule = BackwardRule { operation in
      guard case .linear = operation else { return nil }
      return { step, gradient in
        seen.steps.append("\(step.path) \(step.inputs.map(\.shape)) \(step.output.shape) \(step.isWanted)")
        return step.gradients(of: gradient * 2, at: step.inputs)
      }
    }
    let pass = try RuledPass(model, input: x.shape)
    let seed = Tensor.oneHot(Tensor([3, 1]), classes: 4)
    let (own, doubled) = (try pass(x, seed: seed, by: .gradient), try pass(x, seed: seed, places: ["5"], by: rule))
    #expect(seen.steps == ["8 [[2, 8], [8, 4], [4]] [2, 4] [true, false, false]"])
    expectClose(doubled.inputs[0], (own.inputs[0] * 2).array(of: Float.self).map(Double.init))
    expectClose(doubled.places["5"]!.value, try features(of: model, at: "5", x).array(of: Float.self).map(Double.init))
    let error = #expect(throws: PathError.self) { try pass(x, seed: seed, places: ["55"], by: .gradient) }
    #expect(error?.description.contains("nearest are 5") == true)
  }
}
