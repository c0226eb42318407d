import Apus
import Foundation
import Testing

@Suite struct GraphFigureTests {
  /// A box of a graph's table.
  private struct Box {
    var title, detail, output, group: String
    var sources: [Int]
  }

  private func boxes(_ plot: Figure.Plot) throws -> [Box] {
    let rows = csvRows(Figure("", plot).csv)
    try #require(rows[0] == ["node", "title", "detail", "from", "output", "group"])
    return rows.dropFirst().map { row in
      Box(
        title: row[1], detail: row[2], output: row[4], group: row[5],
        sources: row[3].split(separator: " ").compactMap { Int($0) })
    }
  }

  private func boxes(of name: String, input: Shape? = nil) throws -> [Box] {
    let entry = try NetworkCatalogue.entry(name)
    let size = input ?? entry.usualInput
    let model = try NetworkCatalogue.outline(name, input: size, classes: entry.usualClasses)
    return try boxes(.plan(of: model, input: Shape([1] + size)))
  }

  @Test func aPlanHasEveryLayerAndItsShortcuts() throws {
    let boxes = try boxes(of: "resnet18")
    #expect(boxes.filter { $0.title.hasPrefix("Conv2D") }.count == 20)
    let sums = boxes.filter { $0.title == "+" }
    #expect(sums.count == 8 && sums.allSatisfy { $0.sources.count == 2 && $0.detail.hasSuffix("ReLU") })
    #expect(boxes[1].title == "Conv2D 7×7 / 2" && boxes[1].detail == "conv1 · BatchNorm · ReLU")
    #expect(boxes[0].output == "224×224×3" && boxes[1].output == "112×112×64" && boxes.last?.output == "1000")
    #expect(boxes.last?.title == "Linear" && boxes.last?.detail == "fc")
    // The projection reads what the block's first convolution reads.
    let projection = try #require(boxes.first { $0.detail.hasPrefix("layer2.0.downsample.0") })
    #expect(projection.sources == boxes.first { $0.detail.hasPrefix("layer2.0.conv1") }?.sources)
  }

  private struct Around: Layer {
    let conv = Conv2D(1, 2, kernel: 1)
    func forward(_ x: consuming Tensor) -> Tensor {
      let y = conv(x)
      return y + relu(y)
    }
  }

  /// What two read is not in the box of one of them.
  @Test func whatGoesAroundALayerIsSeen() throws {
    let boxes = try boxes(.plan(of: Around(), input: [1, 4, 4, 1]))
    #expect(boxes.map(\.title) == ["input", "Conv2D 1×1", "ReLU", "+"])
    #expect(boxes.map(\.sources) == [[], [0], [1], [1, 2]])
  }

  @Test func longNetworksAreDrawnByTheirParts() throws {
    let boxes = try boxes(of: "resnet152")
    #expect(boxes.contains { $0.title == "layer3.35" && $0.detail == "3 Conv2D, 3 BatchNorm, 3 ReLU" })
    #expect(boxes.count < 72)
    // A part is one box: what leads around inside it is not seen.
    #expect(boxes.dropFirst().allSatisfy { $0.sources.count == 1 })
  }

  @Test(arguments: ["googlenet", "unet.padded", "densenet121", "shufflenet_v2_x0_5", "lenet5", "efficientnet_b0"])
  func everyPlanIsOneGraphFromTheInput(name: String) throws {
    let names = NetworkCatalogue.names.filter { $0.hasPrefix(name) }
    for network in every(names) {
      let boxes = try boxes(of: network)
      var reached: Set<Int> = [0]
      for (place, box) in boxes.enumerated().dropFirst() {
        #expect(!box.sources.isEmpty && box.sources.allSatisfy { reached.contains($0) }, "\(network): \(box.title)")
        reached.insert(place)
      }
      // Nothing but the result is read by nobody.
      let read = Set(boxes.flatMap(\.sources))
      #expect(boxes.indices.filter { !read.contains($0) } == [boxes.count - 1], "\(network)")
    }
  }

  @Test func boxesOfALayerDoNotOverlapAndArrowsLeadDown() throws {
    let entry = try NetworkCatalogue.entry("googlenet")
    let model = try NetworkCatalogue.outline("googlenet", input: entry.usualInput, classes: 10)
    let svg = try Figure("", .plan(of: model, input: Shape([1] + entry.usualInput))).svg
    let boxes = XMLElements(svg).elements.filter { $0.attributes["class"]?.hasPrefix("node ") == true }
      .map { element in ["x", "y", "width", "height"].map { Double(element.attributes[$0] ?? "") ?? .nan } }
    #expect(boxes.count > 50)
    for (place, one) in boxes.enumerated() {
      for other in boxes[..<place] {
        let apart =
          one[0] + one[2] <= other[0] || other[0] + other[2] <= one[0] || one[1] + one[3] <= other[1]
          || other[1] + other[3] <= one[1]
        #expect(apart)
      }
    }
    for match in svg.matches(of: /class="edge" d="M[0-9.]+,([0-9.]+)C.* [0-9.]+,([0-9.]+)"/) {
      #expect(try #require(Double(match.1)) <= #require(Double(match.2)))
    }
  }

  /// Batch norm as the lecture draws it: each operation a box.
  @Test func aFunctionHasABoxPerOperation() throws {
    let boxes = try boxes(
      .computation(of: ["x": [32, 8], "γ": [8], "β": [8]]) { inputs in
        let centered = inputs[0] - inputs[0].mean(axes: [0])
        let deviation = (centered.square().mean(axes: [0]) + 1e-5).sqrt()
        return inputs[1] * centered / deviation + inputs[2]
      })
    #expect(
      boxes.map(\.title) == [
        "x", "γ", "β", "Mean over axis 0", "−", "Square", "Mean over axis 0", "+ 1e-05", "Sqrt", "×", "÷", "+",
      ])
    #expect(boxes.map(\.sources) == [[], [], [], [0], [0, 3], [4], [5], [6], [7], [1, 4], [9, 8], [10, 2]])
    #expect(boxes[3].output == "8" && boxes[4].output == "32×8" && boxes[11].output == "32×8")
  }

  @Test func constantsOfAFunctionAreBoxes() throws {
    let weight = Tensor.ones([3, 2])
    let boxes = try boxes(.computation(of: ["x": [4, 3]]) { matmul($0[0], weight) })
    #expect(boxes.map(\.title) == ["x", "constant", "MatMul"] && boxes[2].sources == [0, 1])
    #expect(boxes[1].output == "3×2" && boxes[1].group == "constant")
  }

  @Test func whatCannotBeDrawnIsToldWithItsPlace() throws {
    expectError("conv1") { _ = try Figure.Plot.plan(of: ResNet(depth: 18, classes: 10), input: [1, 32, 32, 4]) }
    expectError("does not depend on the input") { _ = try Figure.Plot.computation(of: ["x": [2]]) { _ in .ones([2]) } }
  }
}
