import Apus
import Testing

/// Whole training steps, planned.
@Suite struct StepPlanTests {
  private func outline(_ name: String) throws -> (model: any Layer, input: Shape) {
    let entry = try NetworkCatalogue.entry(name)
    return (
      try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses), entry.usualInput
    )
  }

  @Test func partsAddUp() throws {
    let (model, input) = try outline("vgg16")
    let plan = try model.planStep(input: Shape([4] + input))
    let parameters = 138_357_544 * 4
    #expect(plan.parameters * 4 == parameters && plan.gradientBytes == parameters)
    // Momentum lies in blocks of whole pages, small ones in size classes.
    #expect((parameters..<parameters + 200_000).contains(plan.optimizerBytes))
    #expect(plan.residentBytes >= parameters + 4 * 224 * 224 * 3 * 4)
    #expect(plan.peakBytes >= plan.mostLiveBytes && plan.growthBytes < plan.peakBytes)
    // At the least, everything that is kept and the momentum are there at one time; little beside the gradients is added.
    #expect(plan.growthBytes > plan.optimizerBytes + plan.bytesKeptForBackward)
    #expect(Double(plan.peakBytes) < 1.2 * Double(plan.mostLiveBytes))
  }

  /// VGG-16 keeps what the lecture lists: the convolutions' and pools' outputs, each once, and masks of a byte.
  @Test func keptBytesAreThoseOfTheActivations() throws {
    let (model, input) = try outline("vgg16")
    let plan = try model.planStep(input: Shape([1] + input))
    let activations = plan.rows.filter { ["ReLU", "MaxPool2D"].contains($0.operation) }
    let outputs = activations.reduce(0) { $0 + $1.activationBytes }
    let masks = plan.rows.filter { $0.operation == "MaxPool2D" }.reduce(0) { $0 + $1.activationBytes / 4 }
    let kept = activations.reduce(0) { $0 + $1.keptBytes }
    #expect(kept == outputs + masks)
    #expect(plan.bytesKeptForBackward - kept < 200_000)
    // What runs as one kernel is booked on its last operation: the convolution itself where fusion is off.
    for (convolution, relu) in zip(plan.rows, plan.rows.dropFirst()) where convolution.operation == "Conv2D" {
      #expect(convolution.keptBytes == 0 && relu.operation == "ReLU", "\(convolution.path)")
      #expect((convolution.scratchBytes > 0) != (relu.scratchBytes > 0), "\(convolution.path)")
    }
  }

  /// The pool does what its plan says: bytes held after some steps are those predicted, with the same blocks taken before.
  @Test func thePlanIsWhatThePoolDoes() async throws {
    await #expect(processExitsWith: .success) {
      let model = CIFARResNet(depth: 20)
      let input: Shape = [64, 32, 32, 3]
      let plan = try model.planStep(input: input)
      let images = Tensor.uniform(input, seed: 1)
      let labels = Tensor((0..<64).map { Int32($0 % 10) })
      var optimizer = SGD(model.parameters, learningRate: 0.01, momentum: 0.9)
      let before = MemoryPool.heldBytes
      for _ in 0..<5 {
        let (_, gradients) = valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }
        optimizer.step(gradients)
      }
      let grown = MemoryPool.heldBytes - before
      let error = abs(Double(grown) / Double(plan.poolGrowthBytes) - 1)
      if error > 0.03 { fatalError("grown by \(grown), predicted \(plan.poolGrowthBytes)") }
    }
  }

  /// Nothing of a model changes, and a plan of the model is the plan of its outline.
  @Test func aPlanChangesNothing() throws {
    let model = Random.withSeed(4) { CIFARResNet(depth: 8) }
    let before = model.state().map { ($0.name, $0.value.array(of: Float.self)) }
    let plan = try model.planStep(input: [8, 32, 32, 3]) { Adam($0) }
    for (old, new) in pairs(before, model.state()) { #expect(old.1 == new.value.array(of: Float.self), "\(old.0)") }
    #expect(plan.optimizerBytes > 2 * plan.gradientBytes - 1)
    let plain = try model.planStep(input: [8, 32, 32, 3]) { SGD($0, learningRate: 0.1) }
    #expect(plain.optimizerBytes == 0 && plain.peakBytes < plan.peakBytes)
  }

  @Test func everyNetworkCanBePlanned() throws {
    for name in [
      "lenet5", "lenet5.paper", "alexnet.paper", "googlenet.torchvision.aux", "nfresnet26", "resnet50.paper",
    ] {
      let (model, input) = try outline(name)
      let plan = try model.planStep(input: Shape([2] + input))
      #expect(plan.growthBytes > plan.bytesKeptForBackward && plan.bytesKeptForBackward > 0, "\(name)")
      #expect(plan.parameters == model.parameters.scalarCount, "\(name)")
    }
  }

  @Test func errorsNameTheirLayer() throws {
    let model = try NetworkCatalogue.outline("alexnet", input: [32, 32, 3], classes: 10)
    expectError("features.12", "MaxPool2D") { _ = try model.planStep(input: [1, 32, 32, 3]) }
  }

  /// How near to the truth is measured by hand: a test asserts no times.
  @Test func timesArePredicted() throws {
    let model = LeNet5()
    for seconds in [
      try model.predictedStepSeconds(input: [16, 28, 28, 1]),
      try model.predictedInferenceSeconds(input: [16, 28, 28, 1]),
    ] {
      #expect(seconds.isFinite && seconds > 0)
    }
  }

  /// A kernel that a plan skips is the kernel that the clock runs, on samples: masks and all.
  @Test func everyKernelOfAStepCanBeTimed() throws {
    let model = Sequential {
      Conv2D(3, 8, kernel: 3, padding: 1)
      BatchNorm(8)
      ReLU()
      MaxPool2D(2)
      Conv2D(8, 8, kernel: 3, padding: 1, groups: 4)
      GroupNorm(8, groups: 2)
      PReLU(8)
      LocalResponseNorm(3)
      AveragePool2D(2)
      ConvTranspose2D(8, 4, kernel: 2, stride: 2)
      Swish()
      Maxout(2)
      Upsample2D(2, filter: .bilinear)
      Dropout(dropProbability: 0.5)
      Flatten()
      Linear(16 * 16 * 2, 10)
      LayerNorm(10)
    }
    var works: [PlannedWork] = []
    _ = try model.planOnce(input: [4, 16, 16, 3], phase: .training) { works = $0 }
    #expect(works.count > 16)
    // The work of a convolution is a part of the batch's.
    for work in works { work.prepare(min(2, work.images))() }
    let seconds = try model.predictedStepSeconds(input: [4, 16, 16, 3]) { Adam($0) }
    #expect(seconds.isFinite && seconds > 0)
  }
}
