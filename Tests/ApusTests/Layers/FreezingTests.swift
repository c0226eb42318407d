import Apus
import Foundation
import Testing

private let images = floats([4, 8, 8, 3], seed: 3)
private let labels = Tensor([Int32(0), 1, 2, 0], shape: [4])

private func network() -> CIFARResNet { Random.withSeed(5) { CIFARResNet(depth: 8, classes: 3) } }

@Suite struct FreezingTests {
  @Test func keepsParametersAndStatisticsAndTrainsTheRest() throws {
    let model = network()
    let parts = try model.freeze("conv1*", "bn1*", "stage1*", "stage2*")
    #expect(parts.parameters.contains("stage1.0.bn2.bias") && !parts.parameters.contains { $0.hasPrefix("stage3") })
    #expect(parts.buffers.count == 12 && parts.buffers.contains("stage2.0.downsample.1.runningMean"))
    #expect(parts.scalarCount == 432 + 32 + 4672 + 14_528 && model.frozenParts == parts)

    let before = model.state().map { (name: $0.name, value: $0.value.copy()) }
    var optimizer = SGD(model.parameters, learningRate: 0.1, momentum: 0.9, weightDecay: 0.1)
    for _ in 0..<2 {
      let gradients = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }.gradients
      let block = model.stage2.layers[0] as! ResidualBlock
      #expect(gradients[block.conv1.weight] == nil && gradients[model.fc.weight] != nil)
      optimizer.step(gradients)
    }
    for (old, new) in pairs(before, model.state()) {
      let isFrozen = !old.name.hasPrefix("stage3") && !old.name.hasPrefix("fc")
      let isSame = old.value.array(of: Float.self) == new.value.array(of: Float.self)
      #expect(isSame == isFrozen, "\(old.name)")
    }
  }

  /// A frozen network computes in training what it computes in use, and keeps nothing for a backward pass but the classifier's input.
  @Test func runsWithoutTapeBelowWhatIsTrained() throws {
    let model = network()
    let batch = Shape([4, 8, 8, 3])
    let all = try model.plan(input: batch, phase: .training).bytesKeptForBackward
    try model.freeze("*")
    try model.unfreeze("fc.*")
    let kept = try model.plan(input: batch, phase: .training).bytesKeptForBackward
    #expect(all > 100_000 && kept <= 4 * 64 * 4, "\(all) and \(kept) bytes")
    let inUse = withPhase(.inference) { crossEntropy(logits: model(images), labels: labels) }
    let (loss, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
    expectSameBits(loss, inUse)
    #expect(gradients.count == 2 && gradients[model.fc.weight] != nil)
  }

  @Test func statisticsFollowTheParametersOfTheirLayer() throws {
    let model = network()
    // Both parameters of one norm by their names: its statistics stay, though no pattern matches them.
    var parts = try model.freeze("bn1.weight", "bn1.bias", "stage1.0.bn1.weight")
    #expect(parts.buffers == ["bn1.runningMean", "bn1.runningVariance"])
    parts = try model.unfreeze("bn1.bias")
    #expect(parts.parameters == ["bn1.bias"] && parts.buffers == ["bn1.runningMean", "bn1.runningVariance"])
    #expect(model.frozenParts.parameters == ["bn1.weight", "stage1.0.bn1.weight"])
    #expect(model.frozenParts.buffers.isEmpty)
    // Norms without parameters, by their own paths.
    let plain = Sequential {
      Conv2D(3, 4, kernel: 3)
      BatchNorm(4, affine: false)
    }
    #expect(try plain.freeze("*").buffers == ["1.runningMean", "1.runningVariance"])
  }

  @Test func namesTheNearestPathsOfAPatternWithoutAMatch() {
    let model = network()
    expectError("\"stagee1*\"", "none of the", "stage1.*") { try model.freeze("fc.*", "stagee1*") }
    expectError("\"fc\"", "the nearest are fc.*") { try model.freeze("fc") }
    #expect(model.frozenParts.parameters.isEmpty)
    expectError("stage3.0.conv1.weight") { try model.unfreeze("stage3.0.conv1.wieght") }
  }

  @Test func settingsFreezeAndGroup() throws {
    var settings = shortSettings(epochs: 1)
    settings.freeze = ["features.*"]
    settings.groups = [ParameterGroup("classifier.1.*", learningRate: 0), ParameterGroup("*.bias", weightDecay: 0.5)]
    let trainer = try lenetTrainer(settings)
    let before = trainer.model.state().map { (name: $0.name, value: $0.value.copy()) }
    for batch in digits.train.batches(of: 64).prefix(2) { try trainer.step(batch) }
    for (old, new) in pairs(before, trainer.model.state()) {
      let stays = old.name.hasPrefix("features") || old.name.hasPrefix("classifier.1.")
      #expect((old.value.array(of: Float.self) == new.value.array(of: Float.self)) == stays, "\(old.name)")
    }
    let bias = try #require(trainer.optimizer.parameterSettings.first { $0.path == "classifier.3.bias" })
    #expect(bias.weightDecay == 0.5 && bias.learningRate == 1)

    settings.groups = [ParameterGroup("clasifier.*", learningRate: 0)]
    expectError("\"clasifier.*\"", "classifier.*") { _ = try lenetTrainer(settings) }
    settings.groups = []
    settings.freeze = ["*"]
    expectError("all of the 10 parameters are frozen") { _ = try lenetTrainer(settings) }
    settings.unfreeze = ["classifier.5.weight"]
    #expect(try lenetTrainer(settings).model.frozenParts.parameters.count == 9)
  }

  @Test func groupsAreText() throws {
    for text in ["layer4.*:lr=0.1", "*.bias:lr=2.0,wd=0.0", "a?:wd=0.01,train=false"] {
      #expect(ParameterGroup(text: text)?.description == text)
    }
    #expect(ParameterGroup(text: "x:wd=0,lr=3") == ParameterGroup("x", learningRate: 3, weightDecay: 0))
    for text in [
      "x", "x:", ":lr=1", "x:lr", "x:lr=-1", "x:lr=nan", "x:lr=1,lr=2", "x:train=maybe", "x:rate=1", "x:lr=1:2",
    ] {
      #expect(ParameterGroup(text: text) == nil, "\(text)")
    }
  }

  /// Whatever a program can make must come back from run.json, or its run cannot be resumed.
  @Test func everyGroupComesBackFromJSON() throws {
    let groups = [
      ParameterGroup("x"), ParameterGroup("a:b", learningRate: 2),
      ParameterGroup("*", weightDecay: 0, isTrainable: false),
    ]
    let json = try JSONEncoder().encode(groups)
    #expect(try JSONDecoder().decode([ParameterGroup].self, from: json) == groups)
  }
}

extension Tensor {
  /// With memory of its own: later steps in place do not change it.
  fileprivate func copy() -> Tensor { Tensor(array(of: Float.self), shape: shape) }
}
