import Apus
import Testing

/// Apus against PyTorch, within (4 + √K) · ε · Σ|terms| of what PyTorch computes in double precision; see make-fixtures.py.
@Suite struct PyTorchFixtureTests {
  @Test func conv2dAndItsGradients() throws {
    let fixture = try PyTorchFixture("conv2d")
    for name in fixture.cases {
      let geometry = fixture.integers("\(name)/geometry")
      check(fixture, name, ["x", "weight", "bias"]) { inputs in
        conv2d(
          inputs[0], weight: inputs[1], bias: inputs[2], stride: IntOrPair(geometry[0], geometry[1]),
          padding: .explicit(top: geometry[2], left: geometry[3], bottom: geometry[2], right: geometry[3]),
          dilation: IntOrPair(geometry[4], geometry[5]), groups: geometry[6])
      }
    }
  }

  @Test func poolingAndItsGradients() throws {
    let fixture = try PyTorchFixture("pool2d")
    for name in fixture.cases {
      let geometry = fixture.integers("\(name)/geometry")
      let (kernel, stride) = (IntOrPair(geometry[0], geometry[1]), IntOrPair(geometry[2], geometry[3]))
      let padding = Padding.explicit(top: geometry[4], left: geometry[5], bottom: geometry[4], right: geometry[5])
      check(fixture, name, ["x"]) { inputs in
        name.hasPrefix("max")
          ? maxPool2d(inputs[0], kernel: kernel, stride: stride, padding: padding)
          : averagePool2d(inputs[0], kernel: kernel, stride: stride, padding: padding)
      }
    }
  }

  @Test func convTranspose2dAndItsGradients() throws {
    let fixture = try PyTorchFixture("transposed-conv2d")
    for name in fixture.cases {
      let geometry = fixture.integers("\(name)/geometry")
      check(fixture, name, ["x", "weight", "bias"]) { inputs in
        convTranspose2d(
          inputs[0], weight: inputs[1], bias: inputs[2], stride: IntOrPair(geometry[0], geometry[1]),
          padding: .explicit(top: geometry[2], left: geometry[3], bottom: geometry[2], right: geometry[3]),
          outputPadding: IntOrPair(geometry[4], geometry[5]), dilation: IntOrPair(geometry[6], geometry[7]),
          groups: geometry[8])
      }
    }
  }

  @Test func ceilModePoolingAndItsGradients() throws {
    let fixture = try PyTorchFixture("pool2d-ceil")
    for name in fixture.cases {
      let geometry = fixture.integers("\(name)/geometry")
      let (kernel, stride) = (IntOrPair(geometry[0], geometry[1]), IntOrPair(geometry[2], geometry[3]))
      let padding = Padding.explicit(top: geometry[4], left: geometry[5], bottom: geometry[4], right: geometry[5])
      check(fixture, name, ["x"]) { inputs in
        name.hasPrefix("max")
          ? maxPool2d(inputs[0], kernel: kernel, stride: stride, padding: padding, ceilMode: true)
          : averagePool2d(inputs[0], kernel: kernel, stride: stride, padding: padding, ceilMode: true)
      }
    }
  }

  @Test func adaptivePoolingAndItsGradients() throws {
    let fixture = try PyTorchFixture("adaptive-pool2d")
    for name in fixture.cases {
      let size = fixture["\(name)/y"].shape
      check(fixture, name, ["x"]) { adaptiveAveragePool2d($0[0], size: IntOrPair(size[1], size[2])) }
    }
  }

  @Test func resizingAndItsGradients() throws {
    let fixture = try PyTorchFixture("resize2d")
    for name in fixture.cases {
      let options = fixture.integers("\(name)/options")
      let size = fixture["\(name)/y"].shape
      check(fixture, name, ["x"]) { inputs in
        resize2d(
          inputs[0], height: size[1], width: size[2], filter: [.nearest, .bilinear, .bicubic][options[0]],
          antialias: options[1] == 1, alignCorners: options[2] == 1)
      }
    }
  }

  @Test func linearAndItsGradients() throws {
    let fixture = try PyTorchFixture("linear")
    for name in fixture.cases {
      check(fixture, name, ["x", "weight", "bias"]) { linear($0[0], weight: $0[1], bias: $0[2]) }
    }
  }

  @Test func activationsAndTheirGradients() throws {
    let fixture = try PyTorchFixture("activations")
    let functions: [String: (Tensor, Double) -> Tensor] = [
      "sigmoid": { x, _ in sigmoid(x) }, "tanh": { x, _ in tanh(x) }, "relu": { x, _ in relu(x) },
      "leaky-relu": { leakyReLU($0, slope: $1) }, "elu": { elu($0, alpha: $1) }, "elu-half": { elu($0, alpha: $1) },
      "swish": { swish($0, beta: $1) }, "swish-beta": { swish($0, beta: $1) }, "gelu": { x, _ in gelu(x) },
      "gelu-tanh": { x, _ in gelu(x, .tanh) }, "softplus": { x, _ in softplus(x) },
      "hard-sigmoid": { x, _ in hardSigmoid(x) }, "hard-swish": { x, _ in hardSwish(x) },
      "hardtanh": { x, low in hardtanh(x, min: low, max: 1.5) }, "relu6": { x, _ in relu6(x) },
    ]
    for (name, function) in functions {
      let parameter = Double(fixture["\(name)/parameters"].array(of: Float.self)[0])
      check(fixture, name, ["x"]) { function($0[0], parameter) }
    }
    for name in ["prelu-one", "prelu-channels"] {
      check(fixture, name, ["x", "slope"]) { prelu($0[0], slope: $0[1]) }
    }
    let pieces = fixture.integers("maxout/pieces")[0]
    check(fixture, "maxout", ["x"]) { maxout($0[0], pieces: pieces) }
    #expect(Set(fixture.cases) == Set(functions.keys).union(["prelu-one", "prelu-channels", "maxout", "gain"]))
    for (name, gain) in fixture.group("gain/") {
      #expect(abs(try #require(ActivationFacts.named(name)?.gain) - gain.item()) < 1e-6, "\(name)")
    }
  }

  /// The operation's value is the case's `y`, and its gradients under the cotangent `dy` are `dx`, `dweight`, …
  private func check(
    _ fixture: PyTorchFixture, _ name: String, _ inputs: [String], _ operation: ([Tensor]) -> Tensor
  ) {
    let values = inputs.map { fixture["\(name)/\($0)"] }
    fixture.expect(operation(values), is: "\(name)/y")
    let (_, gradients) = valueWithGradients(at: values) { (operation($0) * fixture["\(name)/dy"]).sum() }
    for (input, gradient) in pairs(inputs, gradients) {
      guard let gradient else {
        Issue.record("\(name): no gradient of \(input)")
        continue
      }
      fixture.expect(gradient, is: "\(name)/d\(input)")
    }
  }

  /// Two training steps move the running statistics, which then serve inference.
  @Test func batchNormInTrainingAndInference() throws {
    let fixture = try PyTorchFixture("batch-norm")
    let layer = BatchNorm(5)
    let (gamma, beta) = (try #require(layer.weight), try #require(layer.bias))
    gamma.value = fixture["gamma"]
    beta.value = fixture["beta"]
    for step in ["step0", "step1"] {
      let x = Parameter(fixture["\(step)/x"])
      let (_, y, gradients) = valueWithGradients(of: layer) {
        let y = layer(x.value)
        return ((y * fixture["\(step)/dy"]).sum(), y)
      }
      fixture.expect(y, is: "\(step)/y")
      fixture.expect(try #require(gradients[x]), is: "\(step)/dx")
      fixture.expect(try #require(gradients[gamma]), is: "\(step)/dgamma")
      fixture.expect(try #require(gradients[beta]), is: "\(step)/dbeta")
      fixture.expect(layer.runningMean.value, is: "\(step)/running_mean")
      fixture.expect(layer.runningVariance.value, is: "\(step)/running_var")
    }
    fixture.expect(layer(fixture["inference/x"]), is: "inference/y")

    // Frozen statistics give the gradients of inference.
    layer.runningMean.isFrozen = true
    layer.runningVariance.isFrozen = true
    let x = Parameter(fixture["inference/x"])
    let (_, gradients) = valueWithGradients(of: layer) { (layer(x.value) * fixture["inference/dy"]).sum() }
    fixture.expect(try #require(gradients[x]), is: "inference/dx")
    fixture.expect(try #require(gradients[gamma]), is: "inference/dgamma")
    fixture.expect(try #require(gradients[beta]), is: "inference/dbeta")
  }

  @Test func crossEntropyAndItsGradient() throws {
    let fixture = try PyTorchFixture("cross-entropy")
    for name in fixture.cases {
      let labels = fixture["\(name)/labels"]
      let (loss, gradients) = valueWithGradients(at: [fixture["\(name)/logits"]]) {
        crossEntropy(logits: $0[0], labels: labels)
      }
      fixture.expect(loss, is: "\(name)/loss")
      fixture.expect(try #require(gradients[0]), is: "\(name)/dlogits")
    }
  }

  @Test func sgdOverSeveralSteps() throws {
    let fixture = try PyTorchFixture("sgd")
    for name in fixture.cases {
      let options = fixture["\(name)/options"].array(of: Float.self).map(Double.init)
      let model = FixedGradient(fixture["\(name)/value"])
      var optimizer = SGD(
        model.parameters, learningRate: options[0], momentum: options[1], weightDecay: options[2],
        nesterov: options[3] != 0, decaying: .all)
      let given = fixture["\(name)/gradients"]
      var values: [Tensor] = []
      for step in 0..<given.shape[0] {
        optimizer.step(model.gradients(given[step]))
        values.append(model.value.value.reshaped([1, given.shape[1]]))
      }
      fixture.expect(Tensor.concatenated(values, axis: 0), is: "\(name)/values")
    }
  }

  /// Forward, backward and three optimizer steps of a whole network.
  @Test func lenet5OverThreeSteps() throws {
    let fixture = try PyTorchFixture("lenet5")
    let model = LeNet5(inputSize: 28)
    try model.load(fixture.group("initial/"), from: "the fixture")
    var optimizer = SGD(model.parameters, learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4, decaying: .all)
    for step in 0..<3 {
      let labels = fixture["step\(step)/labels"]
      let (loss, logits, gradients) = valueWithGradients(of: model) {
        let logits = model(fixture["step\(step)/x"])
        return (crossEntropy(logits: logits, labels: labels), logits)
      }
      fixture.expect(logits, is: "step\(step)/logits")
      fixture.expect(loss, is: "step\(step)/loss")
      if step == 0 {
        let names = fixture.group("gradient/").keys
        for (path, parameter) in every(model.parameters.filter { names.contains($0.path) }) {
          fixture.expect(try #require(gradients[parameter]), is: "gradient/\(path)")
        }
      }
      optimizer.step(gradients)
    }
    for (path, parameter) in model.parameters { fixture.expect(parameter.value, is: "final/\(path)") }
  }
}
