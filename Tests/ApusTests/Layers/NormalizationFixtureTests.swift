import Apus
import Testing

/// Group, instance, layer and local response norm against PyTorch, forward and backward, while gradients are taken and in inference.
@Suite struct NormalizationFixtureTests {
  @Test func groupInstanceAndLayerNormAndTheirGradients() throws {
    let fixture = try PyTorchFixture("group-norm")
    for name in fixture.cases {
      let groups = fixture.integers("\(name)/groups")[0]
      check(fixture, name, ["x", "weight", "bias"]) { inputs in
        switch name {
        case "instance": instanceNorm(inputs[0], weight: inputs[1], bias: inputs[2])
        case "layer", "layer-chw":
          layerNorm(inputs[0], over: inputs[1].shape, weight: inputs[1], bias: inputs[2])
        default: groupNorm(inputs[0], groups: groups, weight: inputs[1], bias: inputs[2])
        }
      }
    }
    #expect(fixture.cases.count == 5)
  }

  @Test func localResponseNormAndItsGradient() throws {
    let fixture = try PyTorchFixture("local-response-norm")
    for name in fixture.cases {
      let numbers = fixture["\(name)/numbers"].array(of: Float.self).map(Double.init)
      check(fixture, name, ["x"]) {
        localResponseNorm($0[0], size: Int(numbers[0]), alpha: numbers[1], beta: numbers[2], k: numbers[3])
      }
    }
    #expect(fixture.cases.count == 4)
  }

  private func check(
    _ fixture: PyTorchFixture, _ name: String, _ inputs: [String], _ operation: ([Tensor]) -> Tensor
  ) {
    let values = inputs.map { fixture["\(name)/\($0)"] }
    fixture.expect(withPhase(.inference) { operation(values) }, is: "\(name)/y")
    var inTraining: Tensor?
    let (_, gradients) = valueWithGradients(at: values) { variables in
      let y = operation(variables)
      inTraining = y.detached()
      return (y * fixture["\(name)/dy"]).sum()
    }
    if let inTraining { fixture.expect(inTraining, is: "\(name)/y") }
    for (input, gradient) in pairs(inputs, gradients) {
      guard let gradient else {
        Issue.record("\(name): no gradient of \(input)")
        continue
      }
      fixture.expect(gradient, is: "\(name)/d\(input)")
    }
  }
}
