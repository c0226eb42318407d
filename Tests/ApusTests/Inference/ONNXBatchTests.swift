import Apus
import ApusONNX
import Testing

/// Files for any number of samples: what the batch's size decides is computed where the file runs, or refused; never the number that it
/// had in a trace. onnxruntime's values are compared for two batches by Tests/Interchange/compare-onnxruntime.
extension ONNXTests {
  /// What a file's operand of integers is where it runs on `count` samples.
  private func integers(_ name: String, _ file: ONNXFile, batch count: Int) -> [Int] {
    if let known = file.initializers.first(where: { $0.name == name }), case .integers(let values) = known.content {
      return values
    }
    guard let node = file.nodes.first(where: { $0.output == name }) else { return [] }
    let operands = node.inputs.map { integers($0, file, batch: count) }
    switch node.operation {
    case "Shape" where node.inputs == ["input"]: return [count]
    case "Mul": return zip(operands[0], operands[1]).map { $0 * $1 }
    case "Concat": return operands.flatMap { $0 }
    default: return []
    }
  }

  /// The shapes that Reshape and Expand take, in the file's order.
  private func shapes(_ file: ONNXFile, batch count: Int) -> [[Int]] {
    file.nodes.filter { ["Reshape", "Expand"].contains($0.operation) }
      .map { integers($0.inputs[1], file, batch: count) }
  }

  private typealias Case = (model: any Layer, input: Shape, shapes: (Int) -> [[Int]], output: [ONNXFile.Dimension])

  private var derivable: [Case] {
    func n(_ x: Tensor) -> Int { x.shape[0] }
    return [
      // The pairs of a batch: n on two axes.
      (
        function { $0.reshaped([n($0), 1, 5]).broadcast(to: [n($0), n($0), 5]) }, [3, 5],
        { [[-1, 1, 5], [1, $0, 5]] }, [.named("N"), .named("N"), .size(5)]
      ),
      (function { matmul($0, $0.transposed()) }, [1, 5], { _ in [] }, [.named("N"), .named("N")]),
      // n², from n² and back.
      (
        function {
          let pairs = $0.reshaped([n($0), 1, 4]) - $0.reshaped([1, n($0), 4])
          return pairs.reshaped([n($0) * n($0), 4]).exp().reshaped([n($0), n($0), 4]).reshaped([n($0), 4 * n($0)])
        }, [2, 4], { [[-1, 1, 4], [1, -1, 4], [-1, 4], [$0, -1, 4], [$0, -1]] }, [.named("N"), .named("M")]
      ),
      // For one sample n² is n.
      (
        function { matmul($0, $0.transposed()).reshaped([n($0) * n($0)]) }, [1, 3], { _ in [[-1]] }, [.named("M")]
      ),
      // 2n
      (
        function { Tensor.concatenated([$0, $0], axis: 0).reshaped([2, n($0), 3]).reshaped([2 * n($0), 3]) }, [1, 3],
        { _ in [[2, -1, 3], [-1, 3]] }, [.named("M"), .size(3)]
      ),
      // A value repeated for each sample, and for two of each.
      (
        function { $0.max(axes: [0], keepingAxes: true).broadcast(to: $0.shape) }, [2, 3], { [[$0, 3]] },
        [.named("N"), .size(3)]
      ),
      (
        function { $0.mean(axes: [0], keepingAxes: true).broadcast(to: [2 * n($0), 3]) }, [2, 3], { [[2 * $0, 3]] },
        [.named("M"), .size(3)]
      ),
      // n + 1, which follows from the rest, and has a name of its own.
      (
        function {
          let one = Tensor.concatenated([$0, $0[0..<1]], axis: 0)
          return matmul(one, $0.transposed()).reshaped([n($0) + 1, n($0), 1])
        }, [4, 1], { [[-1, $0, 1]] }, [.named("M"), .named("N"), .size(1)]
      ),
      // An image whose row is not the batch's: no Flatten, although 1 is 1 for one sample.
      (
        function { $0.reshaped([1, n($0) * 12]) }, [1, 2, 2, 3], { _ in [[1, -1]] }, [.size(1), .named("M")]
      ),
      // Channels-first, and of several axes.
      (
        function { relu($0.mean(axes: [1, 2], keepingAxes: true)).broadcast(to: $0.shape) }, [1, 2, 4, 3],
        { _ in [[1, 3, 2, 4]] }, [.named("N"), .size(3), .size(2), .size(4)]
      ),
      // Fewer samples than a slice takes stop the file as they stop the model.
      (function { $0[0..<2] }, [2, 3], { _ in [[2, 3]] }, [.size(2), .size(3)]),
      (function { $0[0] }, [2, 3], { _ in [[3]] }, [.size(3)]),
    ]
  }

  @Test func sizesThatTheBatchDecidesAreDerived() throws {
    for (index, (model, input, expected, output)) in derivable.enumerated() {
      let file = try file(model, input)
      for count in [2, 5, 64] { #expect(shapes(file, batch: count) == expected(count), "case \(index)") }
      #expect(file.outputs[0].shape == output, "case \(index)")
    }
  }

  /// The names of values are the file's own, and what nobody asks for is not there.
  @Test func theBatchIsReadOnce() throws {
    let file = try file(
      function { x in
        let mean = x.mean(axes: [0], keepingAxes: true)
        return mean.broadcast(to: x.shape) + mean.exp().broadcast(to: x.shape)
      }, [2, 3])
    #expect(operators(file).filter { $0 == "Shape" }.count == 1)
    #expect(file.nodes.first { $0.operation == "Shape" }?.name == "batch")
    #expect(!operators(try self.file(Linear(3, 2), [2, 3])).contains("Shape"))
  }

  @Test func whatDependsOnTheBatchsSizeNeedsAFixedOne() throws {
    func n(_ x: Tensor) -> Int { x.shape[0] }
    let models: [(words: [String], input: Shape, model: any Layer)] = [
      (["Scale depends on the batch's size"], [2, 3], function { $0 * (1 / Double(n($0))) }),
      (
        ["Divide takes a constant that depends on the batch's size"], [2, 3],
        function { $0.sum(axes: [0]) / Double(n($0)) }
      ),
      (["Slice depends on the batch's size"], [2, 3], function { $0[1..<n($0)] }),
      // Only the last trace tells.
      (["Scale depends on the batch's size"], [1, 3], function { $0 * (n($0) > 5 ? 3 : 2) }),
      // For few samples it is the whole batch.
      (["Slice depends on the batch's size"], [1, 3], function { $0[0..<min(n($0), 4)] * 2 }),
      (["constant whose shape"], [2, 3], function { Tensor.concatenated([$0, .ones($0.shape)]) }),
      // Zeros would be a Pad by as many as the trace had.
      (
        ["Concatenate takes a constant whose shape"], [2, 3],
        function { Tensor.concatenated([$0, .zeros($0.shape)], axis: 0) }
      ),
      (["constant whose shape"], [1, 3], function { $0 + .full([n($0), 1], 2) }),
      (["constant that depends"], [2, 3], function { $0 + Tensor.full([3], Double(n($0))) }),
      (
        [
          "Broadcast to [3, 3]",
          "not a multiple of the batch's, 3 for a batch of 2, 4 for a batch of 3, 9 for a batch of 8",
        ],
        [2, 3], function { $0.max(axes: [0], keepingAxes: true).broadcast(to: [n($0) + 1, 3]) }
      ),
      (
        ["Broadcast to [4, 3]", "not a multiple of the batch's"], [2, 3],
        function { $0.max(axes: [0], keepingAxes: true).broadcast(to: [n($0) * n($0), 3]) }
      ),
      (
        ["Reshape to [3, 1, 3]", "4 for a batch of 3"], [2, 3],
        function {
          let more = Tensor.concatenated([$0, $0[0..<1]], axis: 0)
          return matmul(more, more.transposed()).reshaped([n($0) + 1, 1, n($0) + 1])
        }
      ),
      (
        ["MaxPool2D of images [4, 2, 4, 3]", "depends on the batch"], [2, 4, 4, 3],
        function { maxPool2d($0.transposed([1, 0, 2, 3]), kernel: 1) }
      ),
      (
        ["Slice of 0 to 2"], [2, 3], function { matmul($0, $0.transposed())[0..<2] }
      ),
      (
        ["3 operations for a batch of 2 and 4 for one of 3"], [2, 3],
        function { n($0) == 2 ? $0.exp().exp().exp() : $0.exp().exp().exp().exp() }
      ),
      (
        ["Reshape has another number of axes", "batch"], [2, 3],
        function { $0.reshaped(n($0) == 2 ? [2, 3, 1] : [3 * n($0)]) }
      ),
      (["Reshape of shape [3, 3] to [2, 3, 1]", "for a batch of 3"], [2, 3], function { $0.reshaped([2, 3, 1]) }),
    ]
    for (words, input, model) in models {
      for word in words { expectError(word, "fixed batch") { _ = try file(model, input) } }
      _ = try file(model, input, ONNXOptions(batch: .fixed))
    }
  }

  @Test func aBatchThatIsDynamicHasSamplesToBeTracedWith() {
    expectError("the input [] has no axis of at least one sample") { _ = try file(Identity(), []) }
    expectError("the input [0, 3] has no axis of at least one sample") { _ = try file(Linear(3, 2), [0, 3]) }
  }
}
