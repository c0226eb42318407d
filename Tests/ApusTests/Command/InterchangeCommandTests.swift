import Apus
import Foundation
import Testing

/// `apus forward` and `apus weights`, as users run them.
extension CommandTests {
  /// A port is proven by a line, or fails before anything is written.
  @Test func comparesAnOutputWithTheOriginals() throws {
    let folder = try TemporaryFolder()
    let (weights, x, y) = (folder.path + "/w.safetensors", folder.path + "/x.npy", folder.path + "/y.npy")
    let model = Random.withSeed(2) { LeNet5(classes: 4) }
    let images = Tensor.normal([3, 28, 28, 1], seed: 3)
    try model.save(weights: weights, input: images.shape)
    try Npy.write(images, to: x)
    try Npy.write(model(images), to: y)
    let run = try apus("weights", "lenet5", weights, "--input", x, "--compare", y)
    #expect(run.status == 0 && run.output.contains("equal: all 12 numbers of [3, 4]"), "\(run.errors)")
    try Npy.write(model(images) * 1.001, to: y)
    let to = folder.path + "/out.npz"
    expectRefused(
      "allowed is 1e-05",
      try apus("weights", "lenet5", weights, "--input", x, "--compare", y, "--to", to))
    #expect(!File.exists(to))
    let loose = try apus(
      "weights", "lenet5", weights, "--input", x, "--compare", y, "--tolerance", "0.01", "--json")
    #expect(loose.status == 0 && loose.output.contains("\"largest_error\""), "\(loose.errors)")
    expectRefused("go together", status: 64, try apus("weights", "lenet5", weights, "--compare", y))
    expectRefused(
      "no tensor's name is or begins with \"stem\"",
      try apus("weights", "lenet5", weights, "--rename", "stem=features"))
    expectRefused(
      "one of chw, cwh", status: 64, try apus("weights", "lenet5", weights, "--flattened", "classifier.1=abc"))
  }

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
      "w.safetensors: weights of lenet5 (first filters 5×5×1×6) do not fit resnet20 (3×3×3×16)",
      try apus("forward", "resnet20", "--weights", weights, "--input", input, "--output", output))
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
    expectRefused("weights of resnet20 (first filters 3×3×1×16) do not fit lenet5", try apus("weights", "lenet5", own))
    expectRefused("no.safetensors", try apus("weights", "lenet5", folder.path + "/no.safetensors"))
  }

  /// A checkpoint as people have them: names behind names, tensors beside the weights, two sets of weights.
  @Test func readsWeightsInCheckpoints() throws {
    let folder = try TemporaryFolder()
    let (one, two) = (folder.path + "/one.ckpt", folder.path + "/two")
    let (input, output) = (folder.path + "/x.npy", folder.path + "/y.npy")
    let model = Random.withSeed(2) { LeNet5(classes: 4) }
    let x = Tensor.normal([2, 28, 28, 1], seed: 3)
    try Npy.write(x, to: input)
    let tensors = try model.weights(input: [1, 28, 28, 1]).tensors
    func named(_ prefix: String) -> [(name: String, value: Tensor)] {
      tensors.map { ("\(prefix).\($0.name)", $0.value) }
    }
    try Safetensors.write(named("state_dict.module") + [("optimizer.lr", .ones([1]))], to: one)
    try Safetensors.write(named("model") + named("ema"), to: two)

    let shown = try apus("weights", "lenet5", one)
    #expect(
      shown.output.contains("removed from the names: state_dict.module.\nmatched 10 of 10")
        && shown.output.contains("outside the prefix, not read 1: optimizer.lr"), "\(shown.output)\(shown.errors)")
    let run = try apus("forward", "lenet5", "--weights", one, "--input", input, "--output", output)
    #expect(run.status == 0 && run.output.contains("\nremoved from the names: state_dict.module."), "\(run.errors)")
    expectClose(try Npy.read(output), withPhase(.inference) { model(x) }.array(of: Float.self).map(Double.init))

    let arguments = ["forward", "lenet5", "--weights", two, "--input", input, "--output", output]
    expectRefused("choose with --prefix ema", try apus(words: arguments))
    expectRefused("no tensor below \"x\"", try apus(words: arguments + ["--prefix", "x"]))
    try FileManager.default.removeItem(atPath: output)
    #expect(try apus(words: arguments + ["--prefix", "ema"]).status == 0)
    expectClose(try Npy.read(output), withPhase(.inference) { model(x) }.array(of: Float.self).map(Double.init))
    for command in [
      ["weights", "lenet5", two], ["export", "lenet5", "--weights", two, "--output", folder.path + "/m.onnx"],
      ["features", "lenet5", "--weights", two, "--at", "features.0", "--input", input, "--output", output],
    ] {
      expectRefused("choose with --prefix ema", try apus(words: command))
      let chosen = try apus(words: command + ["--prefix", "ema"])
      #expect(chosen.status == 0 && chosen.output.contains("removed from the names: ema."), "\(chosen.errors)")
    }
    expectRefused(
      "--prefix requires --weights", status: 64,
      try apus("export", "lenet5", "--output", folder.path + "/m.onnx", "--prefix", "ema"))
  }

  @Test func weightsThatAreNoneSayWhatTheyAre() throws {
    let folder = try TemporaryFolder()
    for (content, words) in [("", "an empty file"), ("<!DOCTYPE html><html></html>", "an HTML page")] {
      let path = try folder.file("w.pth", Array(content.utf8))
      expectRefused("w.pth: \(words) (did the download fail?)", try apus("weights", "lenet5", path))
      expectRefused(
        words, try apus("train", "lenet5", "--data", "digits", "--init", path, "--out", folder.path + "/run"))
    }
    #expect(try folder.names() == ["w.pth"])
  }
}
