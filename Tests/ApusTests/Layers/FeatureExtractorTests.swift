import Apus
import Testing

/// A layer of one's own whose first operation belongs to no layer, and one that ends with a reshape.
private struct Head: Layer {
  let pool = MaxPool2D(2)
  let conv = Conv2D(4, 2, kernel: 1)

  func forward(_ x: Tensor) -> Tensor {
    let y = relu(conv(pool(x)))
    return y.reshaped([y.shape[0], y.shape[1] * y.shape[2] * y.shape[3]])
  }
}

private struct Net: Layer {
  let stem = Conv2D(3, 4, kernel: 3, padding: 1)
  let left = Head()
  let right = Head()
  let unused = Conv2D(3, 4, kernel: 1)

  func forward(_ x: Tensor) -> Tensor {
    let h = relu(stem(x))
    return left(h) + right(h)
  }
}

@Suite struct FeatureExtractorTests {
  private func expect(
    _ model: any Layer, at path: String, _ x: Tensor, sourceLocation: SourceLocation = #_sourceLocation,
    _ cut: () -> Tensor
  ) throws {
    let found = try features(of: model, at: path, x)
    expectSameBits(found, withPhase(.inference) { cut() }, sourceLocation: sourceLocation)
  }

  @Test func givesWhatTheModelCutByHandGives() throws {
    let model = Random.withSeed(1) { CIFARResNet(depth: 20) }
    let x = floats([3, 16, 16, 3], seed: 7)
    // Statistics other than 0 and 1, so that norms do something.
    model.recomputeStatistics(over: [x])
    func stage1() -> Tensor { model.stage1(relu(model.bn1(model.conv1(x)))) }
    let block = model.stage2.layers[0] as! ResidualBlock
    try expect(model, at: "", x) { model(x) }
    try expect(model, at: "conv1", x) { model.conv1(x) }
    try expect(model, at: "bn1", x) { model.bn1(model.conv1(x)) }
    try expect(model, at: "stage1", x) { stage1() }
    try expect(model, at: "stage2.0", x) { block(stage1()) }
    try expect(model, at: "stage2.0.conv1", x) { block.conv1(stage1()) }
    try expect(model, at: "stage2.0.downsample", x) { block.downsample!(stage1()) }
    try expect(model, at: "stage3", x) { model.stage3(model.stage2(stage1())) }
    try expect(model, at: "fc", x) { model(x) }
    // Another number of images than it was planned with.
    let extractor = try FeatureExtractor(model, at: "stage3", input: [16, 16, 3])
    #expect(extractor.outputShape == [4, 4, 64] && extractor(floats([5, 16, 16, 3], seed: 1)).shape == [5, 4, 4, 64])
  }

  @Test func findsModulesOfModulesAndLayersWithoutParameters() throws {
    let model = Random.withSeed(1) { GoogLeNet(channels: 3, classes: 5) }
    let x = floats([1, 64, 64, 3], seed: 8)
    func pool(_ x: Tensor) -> Tensor { maxPool2d(x, kernel: 3, stride: 2, ceilMode: true) }
    func first() -> Tensor { pool(model.conv3(model.conv2(pool(model.conv1(x))))) }
    try expect(model, at: "inception3a", x) { model.inception3a(first()) }
    try expect(model, at: "inception3b.branch4", x) { model.inception3b.branch4(model.inception3a(first())) }
    try expect(model, at: "inception3b.branch4.0", x) {
      model.inception3b.branch4.layers[0](model.inception3a(first()))
    }
    let lenet = LeNet5(inputSize: 32)
    let digit = floats([2, 32, 32, 1], seed: 9)
    try expect(lenet, at: "features.1", digit) { relu((lenet.features.layers[0])(digit)) }
    try expect(lenet, at: "features", digit) { lenet.features(digit) }
    try expect(lenet, at: "classifier.0", digit) { flatten(lenet.features(digit)) }
  }

  @Test func findsLayersOfOnesOwn() throws {
    let model = Random.withSeed(2) { Net() }
    let x = floats([2, 8, 8, 3], seed: 4)
    try expect(model, at: "left", x) { model.left(relu(model.stem(x))) }
    try expect(model, at: "right", x) { model.right(relu(model.stem(x))) }
    try expect(model, at: "right.conv", x) { model.right.conv(model.right.pool(relu(model.stem(x)))) }
    expectError("\"unused\"", "does not call") { _ = try features(of: model, at: "unused", x) }
    // Two pools of the same settings, told apart by the layers that call them.
    try expect(model, at: "right.pool", x) { model.right.pool(relu(model.stem(x))) }
    expectError("\"lefd\"", "not one of the model's 8 layers", "left") { _ = try features(of: model, at: "lefd", x) }
    expectError("stem") { _ = try features(of: model, at: "left", floats([1, 8, 8, 4], seed: 1)) }
  }

  /// A linear classifier on features that are computed once learns what the features hold.
  @Test func aLinearProbeLearns() throws {
    let model = Random.withSeed(3) { LeNet5(inputSize: 32) }
    let extractor = try FeatureExtractor(model, at: "features", input: [32, 32, 1])
    let batch = digits.train.batches(of: 256)[0]
    let features = flatten(extractor(batch.images))
    let probe = Random.withSeed(4) { Linear(400, 10) }
    var optimizer = SGD(probe.parameters, learningRate: 0.05, momentum: 0.9)
    var losses: [Double] = []
    for _ in 0..<40 {
      let (loss, gradients) = valueWithGradients(of: probe) {
        crossEntropy(logits: probe(features), labels: batch.labels)
      }
      optimizer.step(gradients)
      losses.append(loss.item())
    }
    #expect(losses.last! < losses[0] / 4, "\(losses[0]) to \(losses.last!)")
  }
}
