import Apus
import Foundation
import Testing

/// What Tests/Fixtures/make-interchange-fixtures.py builds in PyTorch.
struct InterchangeNetwork: Layer {
  let features = Sequential {
    Conv2D(3, 3, kernel: 3, padding: 1, bias: false)
    BatchNorm(3)
    ReLU()
    Conv2D(3, 4, kernel: IntOrPair(3, 2))
    ReLU()
    Conv2D(4, 4, kernel: 3, padding: 1, groups: 2)
    PReLU(4)
    ConvTranspose2D(4, 4, kernel: 2, stride: 2, groups: 2)
    GroupNorm(4, groups: 2)
    MaxPool2D(IntOrPair(3, 2))
  }
  let head = Sequential {
    Flatten()
    BatchNorm(24)
    Dropout(dropProbability: 0.5)
    ReLU()
    Linear(24, 24)
    ReLU()
    Linear(24, 5)
  }

  static let input: Shape = [4, 5, 4, 3]

  func forward(_ x: consuming Tensor) -> Tensor { head(features(x)) }
}

/// A network's weights as PyTorch and its companions write them, and what PyTorch computes with them in double precision.
@Suite struct InterchangeFixtureTests {
  static let file = repositoryFile("Tests/Fixtures/interchange.safetensors")
  private static let values = Result {
    try Safetensors.read(repositoryFile("Tests/Fixtures/interchange-values.safetensors")).tensors
  }

  /// Within `tolerance` of the largest element, `or` more where what is left is small beside what canceled.
  private func expectNear(
    _ a: Tensor, _ name: String, tolerance: Float = 1e-5, or more: Float = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let b = try #require(try Self.values.get()[name], sourceLocation: sourceLocation)
    #expect(a.shape == b.shape, "\(name)", sourceLocation: sourceLocation)
    let (x, y) = (a.array(of: Float.self), b.array(of: Float.self))
    let largest = y.map { abs($0) }.max()!
    let error = pairs(x, y).map { abs($0 - $1) }.max()!
    #expect(error <= max(tolerance * largest, more), "\(name): \(error) of \(largest)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [".safetensors", ".npz", ".pth", "-legacy.pth"])
  func logitsAndGradientsArePyTorchs(format: String) throws {
    let model = Random.withSeed(1) { InterchangeNetwork() }
    let file = try WeightsFile.read(repositoryFile("Tests/Fixtures/interchange\(format)"))
    let receipt = try model.load(file, input: InterchangeNetwork.input)
    #expect(receipt.isComplete && receipt.matched.count == 22 && receipt.counters.count == 2)
    #expect(receipt.layout == .pytorch && receipt.isLayoutRecorded == format.hasSuffix(".pth"))

    let values = try Self.values.get()
    let (x, labels) = (try #require(values["x"]), try #require(values["labels"]))
    try expectNear(withPhase(.inference) { model(x) }, "inference")
    let phase = Phase(dropout: false, batchStatistics: true, updatesState: false)
    try expectNear(withPhase(phase) { model(x) }, "training")
    let taken = valueWithGradients(of: model, in: phase) { crossEntropy(logits: model(x), labels: labels) }.gradients
    let gradients = try model.exported(taken, input: InterchangeNetwork.input)
    #expect(gradients.count == model.parameters.count)
    // What a group norm adds to a channel, the batch norm behind it takes away: gradients of exactly 0 there, and small ones before.
    let largest = gradients.map { $0.value.square().max().item().squareRoot() }.max()!
    for (name, gradient) in gradients {
      try expectNear(gradient, "gradient/\(name)", tolerance: 1e-4, or: 1e-5 * Float(largest))
    }
  }

  @Test func theReceiptTellsWhatWasMoved() throws {
    let receipt = try Random.withSeed(1) { InterchangeNetwork() }
      .load(try WeightsFile.read(Self.file), input: InterchangeNetwork.input)
    let changes = Dictionary(uniqueKeysWithValues: receipt.transposed.map { ($0.name, $0.change) })
    #expect(
      changes == [
        "features.0.weight": .filters, "features.3.weight": .filters, "features.5.weight": .filters,
        "features.7.weight": .filters, "head.1.weight": .vectorOfImage([2, 3, 4]),
        "head.1.bias": .vectorOfImage([2, 3, 4]),
        "head.1.running_mean": .vectorOfImage([2, 3, 4]), "head.1.running_var": .vectorOfImage([2, 3, 4]),
        "head.4.weight": .matrixOfImage([2, 3, 4]), "head.6.weight": .matrix,
      ])
    let text = "\(receipt)"
    for words in [
      "PyTorch's layout, assumed, since the file does not say", "matched 22 of 22",
      "4 filters (K, C, KH, KW) → [KH, KW, C, K]: features.0.weight, features.3.weight, features.5.weight and 1 more",
      "inputs from (C, H, W) to [H, W, C] = [2, 3, 4]: head.4.weight",
      "counters, not used 2: features.1.num_batches_tracked",
    ] { #expect(text.contains(words), "\(words) is missing in:\n\(text)") }
  }

  /// Every tensor of PyTorch's file comes back with its bits, counters with their type.
  @Test func writesWhatItRead() throws {
    let folder = try TemporaryFolder()
    let model = Random.withSeed(1) { InterchangeNetwork() }
    try model.load(try WeightsFile.read(Self.file), input: InterchangeNetwork.input)
    let original = try Safetensors.read(Self.file)
    for name in ["m.safetensors", "m.npz"] {
      let path = folder.path + "/" + name
      try model.save(weights: path, input: InterchangeNetwork.input)
      let written = try WeightsFile.read(path)
      #expect(Set(written.tensors.map(\.name)) == Set(original.order))
      for (name, value) in every(written.tensors.filter { !$0.name.hasSuffix("num_batches_tracked") }) {
        expectSameBits(value, try #require(original.tensors[name]))
      }
    }
    let file = try Safetensors.read(folder.path + "/m.safetensors")
    #expect(file.metadata == ["format": "pt", "apus.layout": "pytorch"])
    #expect(file.convertedTypes["head.1.num_batches_tracked"] == "I64")
    #expect(file.tensors["head.1.num_batches_tracked"]?.shape == [])

    // Apus' own layout is recorded, and read without an input's shape.
    try model.save(weights: folder.path + "/own.safetensors", layout: .apus)
    let own = try WeightsFile.read(folder.path + "/own.safetensors")
    #expect(own.recordedLayout == .apus)
    let other = Random.withSeed(2) { InterchangeNetwork() }
    let receipt = try other.load(own)
    #expect(receipt.transposed.isEmpty && receipt.isComplete && receipt.isLayoutRecorded)
    for ((name, a), (_, b)) in pairs(model.state(), other.state()) {
      #expect(a.withUnsafeBytes { x in b.withUnsafeBytes { x.elementsEqual($0) } }, "\(name)")
    }
    expectError("own layout", ".safetensors") {
      try model.save(weights: folder.path + "/own.npz", layout: .apus)
    }
    expectError("read here but not written") {
      try model.save(weights: folder.path + "/own.pth", input: InterchangeNetwork.input)
    }
  }

  /// Names and shapes of all of torchvision's twins, by a hash of the sorted lines "name 64x3x7x7".
  @Test func namesAndShapesAreTorchvisions() throws {
    struct Known: Codable {
      var tensors: Int
      var hash: String
    }
    let json = try File.contents(of: repositoryFile("Tests/Fixtures/torchvision-names.json"))
    let known = try JSONDecoder().decode([String: Known].self, from: Data(json))
    #expect(known.count == 37)
    for (name, network) in known {
      let model = try NetworkCatalogue.outline(name, input: [224, 224, 3], classes: 1000)
      let lines = model.pyTorchShapes().map { name, shape in
        Array("\(name) \(shape.map { String($0) }.joined(separator: "x"))\n".utf8)
      }.sorted { $0.lexicographicallyPrecedes($1) }
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in lines.joined() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      #expect(lines.count == network.tensors, "\(name)")
      let text = String(hash, radix: 16)
      #expect(String(repeating: "0", count: 16 - text.count) + text == network.hash, "\(name)")
    }
  }
}
