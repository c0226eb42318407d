import Apus
import Testing

/// `apus forward` and `apus weights`, as users run them.
extension CommandTests {
  @Test func computesAnOutputWithWeightsFromAFile() throws {
    let folder = try TemporaryFolder()
    let (weights, input) = (folder.path + "/w.safetensors", folder.path + "/x.npy")
    let (output, gradients) = (folder.path + "/y.npy", folder.path + "/g.safetensors")
    let shape: Shape = [3, 28, 28, 1]
    let model = Random.withSeed(2) { LeNet5(classes: 4) }
    let x = Tensor.normal(shape, seed: 3)
    try model.save(weights: weights, input: shape)
    try Npy.write(x, to: input)

    // The number of classes is the file's.
    let run = try apus("forward", "lenet5", "--weights", weights, "--input", input, "--output", output)
    #expect(run.status == 0 && run.output.contains("[3, 4]"), "\(run.errors)")
    let expectedLogits = withPhase(.inference) { model(x) }.array(of: Float.self)
    expectClose(try Npy.read(output), expectedLogits.map(Double.init))

    let labels = try folder.file("labels.npy")
    try Npy.write(Tensor([0 as Int32, 3, 1]), to: labels)
    let trained = try apus(
      "forward", "lenet5", "--weights", weights, "--input", input, "--output", output, "--training", "--labels", labels,
      "--gradients", gradients)
    #expect(trained.status == 0, "\(trained.errors)")
    let (_, expected) = valueWithGradients(of: model) {
      crossEntropy(logits: model(x), labels: Tensor([0 as Int32, 3, 1]))
    }
    let written = try Safetensors.read(gradients)
    #expect(written.tensors.count == 10 && written.metadata["apus.layout"] == "pytorch")
    expectSameBits(
      try #require(written.tensors["features.3.weight"]),
      expected[model.features.parameters["3.weight"]!]!.transposed([3, 2, 0, 1]))

    let rounding = folder.path + "/r.csv"
    let compared = try apus(
      "forward", "lenet5", "--weights", weights, "--input", input, "--output", output, "--training", "--labels", labels,
      "--rounding", rounding)
    #expect(compared.status == 0 && compared.output.contains("ReLUs and maxima otherwise"), "\(compared.errors)")
    let lines = String(decoding: try File.contents(of: rounding), as: UTF8.self).split(separator: "\n")
    #expect(lines.first == "what,name,own_decisions,same_decisions")
    #expect(lines.contains { $0.hasPrefix("Conv2D,features.0,,") })
    #expect(lines.filter { $0.hasPrefix("gradient,") }.count == 10)

    try Npy.write(Tensor([0 as Int32, 4, 1]), to: labels)
    expectRefused(
      "labels.npy: label 4, expected 0 to 3",
      try apus(
        "forward", "lenet5", "--weights", weights, "--input", input, "--output", output, "--training", "--labels",
        labels,
        "--gradients", gradients))
    expectRefused(
      "0 of 107 matched", try apus("forward", "resnet20", "--weights", weights, "--input", input, "--output", output))
    try Npy.write(.normal([1, 30, 30, 1], seed: 1), to: input)
    expectRefused(
      "takes images of 28×28 or 32×32, not of shape [30, 30, 1]",
      try apus("forward", "lenet5", "--weights", weights, "--input", input, "--output", output))
    try Npy.write(Tensor([1 as Float, 2]), to: input)
    expectRefused(
      "x.npy: shape [2], expected a batch of images, [N, H, W, C]",
      try apus("forward", "lenet5", "--weights", weights, "--input", input, "--output", output))
    expectRefused(
      "go together", status: 64,
      try apus("forward", "lenet5", "--weights", weights, "--input", input, "--output", output, "--labels", labels))
  }

  @Test func showsAndConvertsWeights() throws {
    let folder = try TemporaryFolder()
    let (own, converted) = (folder.path + "/own.safetensors", folder.path + "/converted.npz")
    let model = Random.withSeed(2) { CIFARResNet(depth: 20, channels: 1, classes: 4) }
    try model.save(weights: own, layout: .apus)
    let run = try apus("weights", "resnet20", own, "--to", converted)
    #expect(run.status == 0 && run.output.contains("matched 107 of 107"), "\(run.output)\(run.errors)")
    #expect(run.output.contains("Apus' layout, as the file says"))
    let read = try WeightsFile.read(converted)
    let filters = try #require(read.tensors.first { $0.name == "conv1.weight" }?.value)
    expectSameBits(filters, model.conv1.weight.value.transposed([3, 2, 0, 1]))
    expectRefused("0 of 10 matched", try apus("weights", "lenet5", own))
    expectRefused("no.safetensors", try apus("weights", "lenet5", folder.path + "/no.safetensors"))
  }
}
