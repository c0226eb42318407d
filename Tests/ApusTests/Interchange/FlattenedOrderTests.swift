import Apus
import Testing

/// The order of features behind a flattened image, as the network's code moves axes, and what the caller says of it.
struct FlattenedOrderTests {
  /// A linear layer and what a model does around it.
  private struct Model: Layer, NamedParts {
    let fc: Linear
    let function: (Tensor, Linear) -> Tensor
    func forward(_ x: consuming Tensor) -> Tensor { function(x, fc) }
    var parts: [(name: String, part: Any)] { [("fc", fc)] }
  }

  private func layout(
    _ inputs: Int, _ input: Shape = [2, 3, 4, 5], order: FlattenedOrder? = nil,
    _ function: @escaping (Tensor, Linear) -> Tensor
  ) throws -> WeightLayout? {
    let model = Model(fc: Linear(inputs, 2), function: function)
    return try model.pyTorchLayouts(input: input, flattened: order.map { ["fc": $0] } ?? [:])["fc.weight"]
  }

  /// Moved to where PyTorch has them, channels are flattened as there; moved away and back, nothing has changed.
  @Test func movedAxesAreFollowed() throws {
    #expect(try layout(60) { x, fc in fc(flatten(x.transposed([0, 3, 1, 2]))) } == .matrix)
    #expect(
      try layout(60) { x, fc in fc(flatten(x.transposed([0, 2, 1, 3]).transposed([0, 2, 1, 3]))) }
        == .matrixOfImage([3, 4, 5]))
    // Windows: height and width are cut, put in another order, and put together again.
    #expect(
      try layout(480, [2, 6, 4, 20]) { x, fc in
        let windows = x.reshaped(2, 3, 2, 2, 2, 20).transposed([0, 1, 3, 2, 4, 5])
        return fc(flatten(relu(windows).transposed([0, 1, 3, 2, 4, 5]).reshaped(2, 6, 4, 20)))
      } == .matrixOfImage([6, 4, 20]))
    // Channels that are shuffled in groups are shuffled there, too.
    #expect(
      try layout(96, [2, 3, 4, 8]) { x, fc in
        fc(flatten(x.reshaped(2, 3, 4, 2, 4).transposed([0, 1, 2, 4, 3]).reshaped(2, 3, 4, 8)))
      } == .matrixOfImage([3, 4, 8]))
    // And what is cut of them, or put beside others, is channels.
    #expect(
      try layout(72, [2, 3, 4, 8]) { x, fc in
        let y = x.reshaped(2, 3, 4, 2, 4).transposed([0, 1, 2, 4, 3]).reshaped(2, 3, 4, 8)
        return fc(flatten(Tensor.concatenated([y.slice(axis: 3, range: 0..<3), x.slice(axis: 3, range: 2..<5)])))
      } == .matrixOfImage([3, 4, 6]))
    // All positions are one axis before the channels follow.
    #expect(try layout(60) { x, fc in fc(flatten(x.reshaped(2, 12, 5))) } == .matrixOfImage([3, 4, 5]))
    // Joined channels are channels.
    #expect(
      try layout(120) { x, fc in fc(flatten(Tensor.concatenated([x, relu(x)]))) } == .matrixOfImage([3, 4, 10]))
    #expect(try layout(12) { x, fc in fc(flatten(x.mean(axes: [3]))) } == .matrix)
    #expect(try layout(15) { x, fc in fc(flatten(x.mean(axes: [2], keepingAxes: true))) } == .matrixOfImage([3, 5]))
  }

  /// Tokens, attention and signals of features: nothing is flattened, or PyTorch flattens it as it is here.
  @Test func whatIsNotFlattenedIsNotRefused() throws {
    func attention(_ x: Tensor, _ heads: Int) -> Tensor {
      let (tokens, width) = (x.shape[1], x.shape[2] / heads)
      let parts = x.reshaped(x.shape[0], tokens, heads, width).transposed([0, 2, 1, 3])
      let values = matmul(softmax(matmul(parts, parts.transposed([0, 1, 3, 2]))), parts)
      return values.transposed([0, 2, 1, 3]).reshaped(x.shape[0], tokens, heads * width)
    }
    #expect(try layout(8, [2, 5, 8]) { x, fc in fc(attention(x, 1)) } == .matrix)
    #expect(try layout(8, [2, 5, 8]) { x, fc in fc(attention(x, 2)) } == .matrix)
    #expect(try layout(8, [2, 3, 4, 8]) { x, fc in fc(attention(x.reshaped(2, 12, 8), 2)) } == .matrix)
    #expect(try layout(40, [2, 5, 8]) { x, fc in fc(flatten(x)) } == .matrix)
    #expect(try layout(40, [2, 5, 8]) { x, fc in fc(flatten(attention(x, 2))) } == .matrix)
    // A linear layer over positions, as mixers have it.
    #expect(try layout(12) { x, fc in fc(x.reshaped(2, 12, 5).transposed([0, 2, 1])) } == .matrix)
    #expect(try layout(5, [7, 2, 3, 5]) { x, fc in fc(x.mean(axes: [1, 2])) } == .matrix)
  }

  @Test func whatDependsOnTheOriginalsCodeIsRefusedUnlessItIsGiven() throws {
    let moved = { (x: Tensor, fc: Linear) in fc(flatten(x.transposed([0, 2, 1, 3]))) }
    expectError(
      "fc: its inputs are a flattened image, width 4 × height 3 × channels 5, behind Transpose",
      "flattened: [\"fc\": .chw]", "--flattened fc=chw"
    ) { _ = try layout(60, [2, 3, 4, 5], moved) }
    // [W, H, C] here: as it is there, and for PyTorch's plain flatten of (C, H, W).
    #expect(try layout(60, [2, 3, 4, 5], order: .whc, moved) == .matrix)
    #expect(try layout(60, [2, 3, 4, 5], order: .chw, moved) == .matrixOfImage([4, 3, 5], inFile: [2, 1, 0]))
    // Only PyTorch's side has permuted.
    #expect(try layout(60, order: .whc) { x, fc in fc(flatten(x)) } == .matrixOfImage([3, 4, 5], inFile: [1, 0, 2]))
    #expect(try layout(60, order: .hwc) { x, fc in fc(flatten(x)) } == .matrix)
    // Positions that a linear layer took one by one had their channels behind them there, and perhaps have.
    let inner = Linear(5, 5)
    expectError("fc: its inputs are a flattened image", "behind Linear") {
      _ = try layout(60) { x, fc in fc(flatten(inner(x))) }
    }
    #expect(try layout(60, order: .hwc) { x, fc in fc(flatten(inner(x))) } == .matrix)
    // A batch norm takes tokens and signals, which PyTorch has as [N, C, L].
    let norm = BatchNorm(8)
    expectError("fc: its inputs are a flattened image") {
      _ = try layout(40, [2, 5, 8]) { x, fc in fc(flatten(norm(x))) }
    }
    expectError("fc: its inputs are not a flattened image") { _ = try layout(5, order: .whc) { x, fc in fc(x) } }
    expectError("fc: the order of its inputs", "followed through Concatenate") {
      _ = try layout(120, order: .whc) { x, fc in fc(Tensor.concatenated([flatten(x), flatten(x)])) }
    }
    expectError("head: the forward pass does not come to it") {
      _ = try Model(fc: Linear(60, 2)) { x, fc in fc(flatten(x)) }
        .pyTorchLayouts(input: [2, 3, 4, 5], flattened: ["head": .whc])
    }
  }

  /// The same numbers, listed by hand.
  @Test(arguments: FlattenedOrder.allCases) func givenOrdersMoveTheRightNumbers(order: FlattenedOrder) throws {
    let model = Model(fc: Linear(24, 1, bias: false)) { x, fc in fc(flatten(x)) }
    let x = Tensor.normal([1, 2, 3, 4], seed: 3)
    let axes = ["h": 1, "w": 2, "c": 3]
    let there = x.transposed([0] + order.rawValue.map { axes[String($0)]! })
    let weight = Tensor.normal([1, 24], seed: 4)
    let file = WeightsFile(source: "f", tensors: [("fc.weight", weight)])
    let receipt = try model.load(file, input: x.shape, flattened: ["fc": order])
    #expect(receipt.isComplete)
    let want = (there.reshaped([24]) * weight.reshaped([24])).sum().item()
    #expect(abs(model(x).item() - want) < 1e-5)
    let back = try model.weights(input: x.shape, flattened: ["fc": order])
    expectSameBits(back.tensors[0].value, weight)
  }

  /// Code of others is not run on a shape that was made up, where reading an axis could stop the program.
  @Test func ownCodeIsNotProbed() throws {
    struct Pooled: Layer {
      let conv = Conv2D(3, 8, kernel: 3)
      let fc = Linear(8, 2)
      func forward(_ x: consuming Tensor) -> Tensor {
        if x.shape != [1, 9, 9, 3] { fatalError("a shape that was made up") }
        let y = conv(x)
        return fc(y.reshaped(y.shape[0], y.shape[1] * y.shape[2], 8).mean(axes: [1]))
      }
    }
    let model = Pooled()
    expectError("fc: ", "say the shape of an input, [N, H, W, C]") { _ = try model.weights() }
    let file = try model.weights(input: [1, 9, 9, 3])
    #expect(try model.load(file, input: [1, 9, 9, 3]).isComplete)
    // Tokens are taken as they are, though the code reads an axis that features alone lack.
    struct Tokens: Layer {
      let fc = Linear(8, 8)
      func forward(_ x: consuming Tensor) -> Tensor { fc(x.reshaped(x.shape[0] * x.shape[1], x.shape[2])) }
    }
    #expect(try Tokens().load(Tokens().weights()).isComplete)
    // Where no order can matter, none is asked for.
    struct Filters: Layer {
      let conv = Conv2D(3, 8, kernel: 3)
      func forward(_ x: consuming Tensor) -> Tensor { fatalError("not to be run") }
    }
    #expect(try Filters().weights().tensors.count == 2)
  }

  @Test func namesAreChangedAsAsked() throws {
    let model = Sequential { Linear(2, 3, bias: false) }
    let weight = Tensor.normal([3, 2], seed: 1)
    func load(_ name: String, _ renaming: [String: String], prefix: String? = nil) throws -> LoadReceipt {
      var file = WeightsFile(source: "w.pth", tensors: [(name, weight)])
      (file.renaming, file.prefix) = (renaming, prefix)
      return try model.load(file)
    }
    for (name, rules) in [
      ("stem.fc.weight", ["stem.fc": "0"]), ("stem.fc.w", ["stem.fc.w": "0.weight"]), ("weight", ["": "0"]),
      ("net.0.weight", ["net": ""]), ("a.b.weight", ["a": "wrong", "a.b": "0"]),
    ] {
      let known = rules.count == 1 || name == "a.b.weight"
      #expect(known)
      if rules["a"] != nil {
        expectError("w.pth: no tensor's name is or begins with \"a\"") { _ = try load(name, rules) }
        continue
      }
      let receipt = try load(name, rules)
      #expect(receipt.renamed.map(\.from) == [name] && receipt.renamed.map(\.to) == ["0.weight"])
      #expect("\(receipt)".contains("renamed 1: \(name) → 0.weight"))
      expectSameBits(model.parameters["0.weight"]!.value, weight.transposed())
    }
    #expect(try load("ema.fc.weight", ["fc": "0"], prefix: "ema").prefix == "ema")
    var two = WeightsFile(source: "w.pth", tensors: [("a.weight", weight), ("0.weight", weight)])
    two.renaming = ["a": "0"]
    expectError("w.pth: two tensors would be called \"0.weight\"") { try model.load(two) }
  }

  @Test func outputsAreCompared() throws {
    let model = Linear(3, 2, bias: false)
    let x = Tensor.normal([4, 3], seed: 2)
    let y = model(x)
    #expect(try model.compare(x, with: y).largestError == 0)
    let largest = y.array(of: Float.self).map(abs).max()!
    var wrong = y.array(of: Float.self)
    wrong[5] += largest * 2e-5
    let expected = Tensor(wrong, shape: y.shape)
    expectError("not equal: the largest error is", "at [2, 1] of [4, 2]; allowed is 1e-05") {
      try model.compare(x, with: expected)
    }
    let found = try model.compare(x, with: expected, tolerance: 1e-4)
    #expect(found.holds && abs(found.largestError - 2e-5) < 2e-6)
    expectError("the model's output is [4, 2], expected [2, 4]") { try model.compare(x, with: y.transposed()) }
    wrong[0] = .nan
    expectError("the largest error is inf") { try model.compare(x, with: Tensor(wrong, shape: y.shape), tolerance: 1) }
    expectError("expects 3 features") { try model.compare(Tensor.zeros([4, 5]), with: y) }
    let images = Conv2D(3, 2, kernel: 1)
    expectError("channels first") {
      try images.compare(Tensor.zeros([1, 4, 5, 3]), with: Tensor.zeros([1, 2, 4, 5]))
    }
  }
}
