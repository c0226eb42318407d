import Apus
import Foundation
import Testing

/// Weights inside checkpoints, under other names than the model's.
@Suite struct NamedWeightsTests {
  private static let input: Shape = [1, 28, 28, 1]

  private func model(_ seed: UInt64) -> LeNet5 { Random.withSeed(seed) { LeNet5(classes: 10) } }

  private func weights(_ rename: (String) -> String = { $0 }) throws -> WeightsFile {
    var file = try model(2).weights(input: Self.input, source: "w.pth")
    file.tensors = file.tensors.map { (rename($0.name), $0.value) }
    return file
  }

  private func expectLoaded(
    _ file: WeightsFile, prefix: String?, unwrapped: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let model = model(1)
    let receipt = try model.load(file, input: Self.input)
    #expect(receipt.prefix == prefix && receipt.unwrapped.count == unwrapped, sourceLocation: sourceLocation)
    #expect(receipt.matched.count == 10 && receipt.isComplete, sourceLocation: sourceLocation)
    #expect(receipt.matched[0].name == "features.0.weight", sourceLocation: sourceLocation)
    for ((path, a), (_, b)) in pairs(model.state(), self.model(2).state()) {
      #expect(
        a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }, "\(path)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [
    "module", "model", "_orig_mod", "state_dict", "model_state_dict", "ema", "net", "module._orig_mod",
    "state_dict.model.module", "0", "a b.c",
  ]) func prefixesAreFound(prefix: String) throws {
    let file = try weights { "\(prefix).\($0)" }
    try expectLoaded(file, prefix: prefix)
    let text = "\(try model(1).load(file, input: Self.input))"
    #expect(text.split(separator: "\n").contains("removed from the names: \(prefix)."))
  }

  /// Files of 2017, which torchvision still downloads, have a point in some modules' names.
  @Test func oldNamesOfDenseNetsAreKnown() throws {
    func made(_ seed: UInt64) -> DenseFeatures {
      Random.withSeed(seed) { DenseFeatures(3, growth: 4, blocks: [2, 1]) }
    }
    let (model, other) = (made(1), made(2))
    var file = try other.weights(input: [1, 32, 32, 3], source: "densenet.pth")
    let today = file
    for (new, old) in [("norm1", "norm.1"), ("norm2", "norm.2"), ("conv1", "conv.1"), ("conv2", "conv.2")] {
      file.tensors = file.tensors.map { name, value in
        let parts = name.components(separatedBy: "." + new + ".")
        return (
          parts.count == 2 && name.contains("denselayer") ? parts.joined(separator: "." + old + ".") : name, value
        )
      }
    }
    file.tensors = file.tensors.map { ("features." + $0.name, $0.value) }
    #expect(file.tensors.contains { $0.name == "features.denseblock1.denselayer2.conv.2.weight" })
    let receipt = try model.load(file, input: [1, 32, 32, 3])
    // Two norms of five tensors and two convolutions in each of three layers.
    #expect(receipt.isComplete && receipt.prefix == "features" && receipt.renamed.count == 36)
    for ((path, a), (_, b)) in pairs(model.state(), other.state()) {
      #expect(a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }, "\(path)")
    }
    // Both names at once are two tensors.
    file.tensors = today.tensors + [("denseblock1.denselayer1.norm.1.weight", Tensor.zeros([8]))]
    expectError("44 of 44 matched; 1 unexpected: denseblock1.denselayer1.norm.1.weight [8]") {
      try model.load(file, input: [1, 32, 32, 3])
    }
  }

  /// A set without batch norms' counters, which are not read, is as good as one with them.
  @Test func countersDoNotChooseBetweenSets() throws {
    let model = Sequential {
      Linear(2, 3)
      BatchNorm(3)
    }
    var file = try model.weights(input: [2, 2], source: "w.pth")
    let own = file.tensors.filter { !$0.name.hasSuffix("num_batches_tracked") }
    file.tensors = ["model", "ema"].flatMap { set in own.map { ("\(set).\($0.name)", $0.value) } }
    file.tensors.append(("model.1.num_batches_tracked", Tensor([Int32(3)], shape: [])))
    expectError("6 of the model's names each below \"ema\", \"model\"") { try model.load(file, input: [2, 2]) }
    file.prefix = "model"
    #expect(try model.load(file, input: [2, 2]).isComplete)
  }

  @Test func namesFromAFileDoNotSpeakToTheTerminal() throws {
    let file = try weights { "a\u{9B}2J.\($0)" }
    var twice = file
    twice.tensors += try weights { "b.\($0)" }.tensors
    #expect(throws: WeightsError.self) { try model(1).load(twice, input: Self.input) }
    do {
      _ = try model(1).load(twice, input: Self.input)
    } catch {
      #expect(!"\(error)".unicodeScalars.contains("\u{9B}") && "\(error)".contains("\\u009b"))
    }
  }

  /// PyTorch's own example wraps a part of AlexNet and VGG.
  @Test func wrappersInsideAreTakenOut() throws {
    let inside = { (name: String) in name.hasPrefix("features.") ? "features.module." + name.dropFirst(9) : name }
    try expectLoaded(try weights(inside), prefix: nil, unwrapped: 4)
    try expectLoaded(try weights { "state_dict._orig_mod." + inside($0) }, prefix: "state_dict._orig_mod", unwrapped: 4)
    let receipt = try model(1).load(try weights(inside), input: Self.input)
    #expect("\(receipt)".contains("wrappers removed inside 4 names: features.module.0.weight, "))
    // A name that is there already is not made a second time.
    var file = try weights()
    file.tensors.append(("features.module.0.weight", .ones([1])))
    expectError("1 unexpected: features.module.0.weight [1]") { try model(1).load(file, input: Self.input) }
  }

  /// An optimizer's tensors and the like stay outside; what is below the prefix and not expected is an error.
  @Test func whatIsOutsideIsTold() throws {
    var file = try weights { "model.\($0)" }
    file.tensors.append(("optimizer.state.0.momentum_buffer", .ones([1])))
    file.skipped = ["epoch (numpy.core.multiarray.scalar)", "args\u{1B}[2J"]
    let receipt = try model(1).load(file, input: Self.input)
    #expect(receipt.outside == ["optimizer.state.0.momentum_buffer"] && receipt.isComplete)
    let notes = [
      "removed from the names: model.", "outside the prefix, not read 1: optimizer.state.0.momentum_buffer",
      #"no tensors, skipped 2: epoch (numpy.core.multiarray.scalar), "args\u001b[2J""#,
    ]
    #expect(receipt.notes == notes)
    for note in notes { #expect("\(receipt)".contains(note)) }
    file.tensors.append(("model.extra", .ones([1])))
    expectError("w.pth below model does not fit", "1 unexpected: extra [1]") {
      try model(1).load(file, input: Self.input)
    }
  }

  @Test func severalSetsAreChosenFrom() throws {
    var file = try weights { "model.\($0)" }
    file.tensors += try weights { "ema.module.\($0)" }.tensors
    expectError("w.pth: weights for 10", "below \"ema.module\", \"model\"; choose with --prefix ema.module") {
      try model(1).load(file, input: Self.input)
    }
    for (given, found) in [("model", "model"), ("ema", "ema.module"), ("ema.module.", "ema.module")] {
      file.prefix = given
      try expectLoaded(file, prefix: found)
    }
    file.prefix = "emma"
    expectError("w.pth: no tensor below \"emma\", expected one that is there, such as --prefix ema.module") {
      try model(1).load(file, input: Self.input)
    }
    // The names as they are come first.
    var plain = try weights()
    plain.tensors += try weights { "ema.\($0)" }.tensors
    expectError("10 of 10 matched; 10 unexpected: ema.") { try model(1).load(plain, input: Self.input) }
    plain.prefix = "ema"
    try expectLoaded(plain, prefix: "ema")
    plain = try weights()
    plain.prefix = "x"
    expectError("no tensor below \"x\", expected no prefix: the names already match the model's") {
      try model(1).load(plain, input: Self.input)
    }
  }

  /// Less than half of the names is not a set of weights.
  @Test func aFewNamesAreNoSet() throws {
    var file = try weights { "a.\($0)" }
    file.tensors.removeAll { !$0.name.hasPrefix("a.features") }
    expectError("w.pth does not fit", "0 of 10 matched") { try model(1).load(file, input: Self.input) }
  }

  @Test func networksFindClassesAndChannelsBelowThePrefix() throws {
    var file = try Random.withSeed(1) { CIFARResNet(depth: 20, channels: 4, classes: 7) }.weights(source: "w.pth")
    file.tensors = file.tensors.map { ("state_dict.\($0.name)", $0.value) }
    file.convertedTypes = [
      "state_dict.conv1.weight": "F16", "state_dict.bn1.bias": "F64", "state_dict.fc.bias": "BF16",
    ]
    #expect(try NetworkCatalogue.classes(of: "resnet20", in: file) == 7)
    #expect(try NetworkCatalogue.channels(of: "resnet20", in: file) == 4)
    let receipt = try NetworkCatalogue.make("resnet20", weights: file, input: [1, 32, 32, 4]).receipt
    #expect(receipt.matched.count == 107)
    for words in [
      "widened from F16 to float32 1: conv1.weight", "rounded from F64 to float32 1: bn1.bias",
      "widened from BF16 to float32 1: fc.bias",
    ] { #expect("\(receipt)".contains(words) && receipt.notes.contains(words)) }
    expectError("w.pth: weights of resnet20 (first filters 3×3×4×16) do not fit lenet5 (5×5×1×6)") {
      _ = try NetworkCatalogue.make("lenet5", weights: file, input: [1, 28, 28, 1])
    }
    let deeper = try Random.withSeed(1) { CIFARResNet(depth: 32) }.weights(source: "w.pth")
    expectError("w.pth: weights of resnet32 do not fit resnet20") {
      _ = try NetworkCatalogue.make("resnet20", weights: deeper, input: [1, 32, 32, 3])
    }
    // Of the right network, and yet wrong: the receipt says more.
    file.tensors.removeFirst()
    expectError("w.pth below state_dict does not fit the model") {
      _ = try NetworkCatalogue.make("resnet20", weights: file, input: [1, 32, 32, 4])
    }
  }
}
