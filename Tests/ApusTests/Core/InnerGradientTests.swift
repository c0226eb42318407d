import Apus
import Testing

/// Gradients in any phase, of inputs, parameters and what layers inside a model give.
@Suite struct InnerGradientTests {
  /// A trunk with a batch norm and dropout, and a head.
  private struct Net: Layer {
    var trunk = Sequential {
      Conv2D(3, 6, kernel: 3, padding: 1)
      BatchNorm(6)
      ReLU()
      Dropout(dropProbability: 0.5)
    }
    var pool = GlobalAveragePool2D()
    var head = Linear(6, 4)
    var unused = Linear(6, 2)

    func forward(_ x: Tensor) -> Tensor { end(trunk(x)) }
    func end(_ maps: Tensor) -> Tensor { head(flatten(pool(maps))) }
  }

  private let images = floats([2, 7, 6, 3], seed: 1)

  /// A model whose running statistics are not those of the beginning.
  private func makeNet() -> Net {
    let model = Net()
    for entry in model.buffers {
      let noise = floats(entry.buffer.shape, seed: 9)
      entry.buffer.value = entry.path.hasSuffix("Variance") ? noise.square() + 0.5 : noise
    }
    return model
  }

  private func state(_ model: some Model) -> [[Float]] { model.buffers.map { $0.buffer.value.array(of: Float.self) } }

  @Test func inferenceHasItsBitsAndMovesNothing() throws {
    let model = makeNet()
    let before = state(model)
    let want = model(images)[0, 3]
    let (value, gradient) = valueWithGradient(at: images, in: .inference) { model($0)[0, 3] }
    expectSameBits(value, want)
    #expect(gradient.shape == images.shape && gradient.abs().max().item() > 0)
    // The other image has no part in it.
    #expect(gradient[1].abs().max().item() == 0)
    let (again, gradients) = valueWithGradients(of: model, in: .inference) { model(images)[0, 3] }
    expectSameBits(again, want)
    #expect(gradients[model.head.weight] != nil)
    let inner = try valueWithGradients(of: model, at: [images], places: ["trunk"], parameters: true, in: .inference) {
      model($0[0])[0, 3]
    }
    expectSameBits(inner.value, want)
    #expect(state(model) == before)
    _ = valueWithGradients(of: model, updatesState: false) { model(images).sum() }
    _ = valueWithGradient(at: images) { model($0).sum() }
    #expect(state(model) == before)
    // Training does move it, and has another value.
    let trained = valueWithGradients(of: model) { model(images)[0, 3] }.value
    #expect(state(model) != before && trained.item() != want.item())
  }

  @Test func monteCarloDrawsMasksByTheKey() {
    let model = makeNet()
    let before = state(model)
    func value(_ step: UInt64) -> Float {
      let key = RandomKey(seed: 3, step: step)
      let value = valueWithGradients(of: model, in: .monteCarlo, key: key) { model(images).sum() }.value
      expectSameBits(value, withPhase(.monteCarlo, key: key) { model(images).sum() })
      return Float(value.item())
    }
    #expect(value(1) == value(1) && value(1) != value(2))
    #expect(state(model) == before)
  }

  /// Batch norm by constants is a scale: the gradient in inference is that of differences.
  @Test func gradientsInEveryPhaseAreThoseOfDifferences() {
    let model = makeNet()
    let vector = floats(images.shape, seed: 4).cast(to: .float64)
    for phase in [Phase.inference, .monteCarlo, .training] {
      let key = RandomKey(seed: 5, step: 2)
      func loss(_ x: Tensor) -> Tensor { (model(x) * floats([2, 4], seed: 6)).sum() }
      withPrecision(.float64) {
        let gradient = valueWithGradient(at: images, in: phase, key: key, loss).gradient
        let along = jacobianVectorProduct(at: images, vector, in: phase, key: key, loss)
        let want = (gradient * vector).sum().item()
        #expect(abs(along.item() - want) <= 1e-9 * max(1, abs(want)), "\(phase): \(along.item()) and \(want)")
      }
    }
  }

  @Test func placesHaveTheGradientsOfWhatFollows() throws {
    let model = makeNet()
    func loss(_ logits: Tensor) -> Tensor { logits[0, 2] + 2 * logits[1, 1] }
    // Alone, with the input, and with the parameters: the tape begins elsewhere.
    for (inputs, parameters) in [([], false), ([images], false), ([images], true)] {
      let taken = try valueWithGradients(
        of: model, at: inputs, places: ["trunk", "trunk.1"], parameters: parameters, in: .inference
      ) { loss(model($0.first ?? images)) }
      let maps = try #require(taken.places["trunk"])
      expectSameBits(maps.value, model.trunk(images))
      let want = valueWithGradient(at: maps.value, in: .inference) { loss(model.end($0)) }
      expectSameBits(taken.value, want.value)
      expectSameBits(maps.gradient, want.gradient)
      // Where ReLU lets it through.
      let norm = try #require(taken.places["trunk.1"])
      let passed = maps.gradient * (norm.value .> 0).cast(to: .float32)
      #expect((norm.gradient - passed).abs().max().item() == 0)
      #expect(taken.inputs.count == inputs.count)
      if !inputs.isEmpty {
        expectSameBits(taken.inputs[0], valueWithGradient(at: images, in: .inference) { loss(model($0)) }.gradient)
      }
      #expect((taken.parameters[model.head.weight] != nil) == parameters)
      let all = valueWithGradients(of: model, in: .inference) { loss(model(images)) }.gradients
      if parameters {
        for (path, parameter) in model.parameters where !path.hasPrefix("unused") {
          expectSameBits(try #require(taken.parameters[parameter]), try #require(all[parameter]))
        }
      }
    }
  }

  @Test func placesWithoutGradientSayWhy() {
    let model = makeNet()
    func error(_ place: String, _ body: ([Tensor]) -> Tensor) -> String {
      do {
        _ = try valueWithGradients(of: model, places: [place], in: .inference, body)
        return ""
      } catch { return "\(error)" }
    }
    #expect(error("trunk.4") { _ in model(images).sum() }.contains("the nearest are trunk"))
    #expect(
      error("unused") { _ in model(images).sum() } == "\"unused\" is a layer that the computation does not call")
    #expect(
      error("head") { _ in
        _ = model(images)
        return model.trunk(images).sum()
      } == "\"head\" has no gradient: the value does not depend on what the layer gives")
  }

  @Test func whatTheValueDoesNotDependOnHasZeros() throws {
    let (value, gradient) = valueWithGradient(at: images, in: .inference) { _ in Tensor.ones([]) }
    #expect(value.item() == 1 && gradient.shape == images.shape && gradient.abs().max().item() == 0)
  }

  // MARK: Products

  @Test func jacobiansOfALinearLayerAreItsWeights() {
    let layer = Linear(5, 3)
    let x = floats([1, 5], seed: 1)
    let v = floats([1, 3], seed: 2)
    let u = floats([1, 5], seed: 3)
    let weight = layer.weight.value  // [5, 3]
    expectSameBits(jacobian(at: x) { layer($0) }.reshaped([3, 5]), weight.transposed())
    let (value, product) = vectorJacobianProduct(at: x, v) { layer($0) }
    expectSameBits(value, layer(x))
    expectClose(product, matmul(v, weight.transposed()).array(of: Float.self).map(Double.init), tolerance: 1e-6)
    let along = jacobianVectorProduct(at: x, u) { layer($0) }
    #expect(along.scalarType == .float64)
    let want = withPrecision(.float64) { matmul(u.cast(to: .float64), weight.cast(to: .float64)) }
    expectClose(along, want.array(of: Double.self), tolerance: 1e-10)
  }

  @Test func jacobiansAreThoseOfDifferences() {
    let model = makeNet()
    withPrecision(.float64) {
      let x = floats([1, 4, 4, 3], seed: 7).cast(to: .float64)
      let v = floats([1, 4, 4, 3], seed: 8).cast(to: .float64)
      let all = jacobian(at: x, in: .inference) { model($0) }
      #expect(all.shape == [1, 4, 1, 4, 4, 3])
      let want = (all.reshaped([4, 48]) * v.reshaped([1, 48])).sum(axes: [1])
      let along = jacobianVectorProduct(at: x, v, in: .inference) { model($0) }
      expectClose(along.reshaped([4]), want.array(of: Double.self), tolerance: 1e-9)
    }
  }

  @Test func hessiansOfQuadraticsAreTheirMatrices() {
    // f = ½·xᵀAx + x₀³: H = A + diag(6x₀, 0, …)
    let a = Tensor([[2, 1, 0], [1, 3, -1], [0, -1, 4]] as [[Double]])
    let x = Tensor([0.5, -1, 2] as [Double])
    let v = Tensor([1, -2, 0.5] as [Double])
    withPrecision(.float64) {
      let product = hessianVectorProduct(at: x, v) { x in
        let row = x.reshaped([1, 3])
        return (matmul(row, a) * row).sum() * 0.5 + x[0] * x[0] * x[0]
      }
      expectClose(product, [2 - 2 + 3, 1 - 6 - 0.5, 2 + 2], tolerance: 1e-10)
    }
    // Along nothing there is no change.
    #expect(hessianVectorProduct(at: x, Tensor.zeros([3], .float64)) { $0.square().sum() }.abs().max().item() == 0)
  }

  /// Within a step's length of a kink: what lies beyond it counts for nothing.
  @Test func kinksAreNotCrossed() {
    let x = Tensor([1e-7, 1, -1e-7] as [Double])
    let v = Tensor([1, 1, 1] as [Double])
    let product = hessianVectorProduct(at: x, v) { relu($0).square().sum() }
    expectClose(product, [2, 2, 0], tolerance: 1e-9)
    expectClose(jacobianVectorProduct(at: x, v) { relu($0) * 3 }, [3, 3, 0], tolerance: 1e-9)
  }

  /// Mean squared error of a linear layer: H = 2·XᵀX / n for each output.
  @Test func hessiansOfParameters() {
    let layer = Linear(3, 1, bias: false)
    let x = floats([8, 3], seed: 1)
    let y = floats([8, 1], seed: 2)
    func loss() -> Tensor { mseLoss(layer(x), y) }
    let gradients = valueWithGradients(of: layer, loss).gradients
    let product = hessianVectorProduct(of: layer, along: gradients) { loss() }[layer.weight]
    let want = withPrecision(.float64) {
      let wide = x.cast(to: .float64)
      return matmul(matmul(wide.transposed(), wide), gradients[layer.weight]!.cast(to: .float64)) * 0.25
    }
    expectClose(product!, want.array(of: Double.self), tolerance: 1e-9)
  }

  @Test func directionsOfAnotherShapeAreRefused() async {
    await #expect(processExitsWith: .failure) {
      _ = hessianVectorProduct(at: Tensor.ones([3]), Tensor.ones([2])) { $0.sum() }
    }
  }
}
