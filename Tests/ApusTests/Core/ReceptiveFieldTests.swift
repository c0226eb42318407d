import Apus
import Testing

/// Receptive fields of the catalogue of lectures, section 1 (lecture 3), and what branches make of them.
@Suite struct ReceptiveFieldTests {
  private func rows(_ name: String) throws -> [Plan.Row] {
    let entry = try NetworkCatalogue.entry(name)
    let model = try NetworkCatalogue.outline(name, input: entry.usualInput, classes: entry.usualClasses)
    return try model.plan(input: Shape([1] + entry.usualInput)).rows
  }

  private func sizes(_ name: String, _ operations: Set<String>) throws -> [Int] {
    try rows(name).filter { operations.contains($0.operation) && $0.outputShape.count == 4 }.map {
      let field = try #require($0.receptiveField)
      #expect(field.height == field.width && field.jump.height == field.jump.width)
      return field.height
    }
  }

  @Test func ofVGG16() throws {
    let pools = try rows("vgg16").filter { $0.operation == "MaxPool2D" }
    #expect(pools.map { $0.receptiveField?.height } == [6, 16, 44, 100, 212])
    #expect(pools.last?.receptiveField?.jump.height == 32)
  }

  @Test func ofAlexNet() throws {
    let expected = [11, 19, 51, 67, 99, 131, 163, 195]
    for name in ["alexnet.paper", "alexnet.ungrouped", "alexnet.torchvision"] {
      #expect(try sizes(name, ["Conv2D", "MaxPool2D"]) == expected, "\(name)")
    }
  }

  @Test func ofLeNet() throws {
    let model = LeNet5(inputSize: 32)
    let rows = try model.plan(input: [1, 32, 32, 1]).rows
    let fields = rows.filter { ["Conv2D", "MaxPool2D", "Linear"].contains($0.operation) }.prefix(5)
    #expect(fields.map { $0.receptiveField?.height } == [5, 6, 14, 16, 32])
    #expect(try sizes("lenet5.paper", ["Conv2D", "AveragePool2D"]) == [5, 6, 14, 16, 32])
  }

  @Test(arguments: [
    ("resnet18", 435), ("resnet34", 899), ("resnet50.paper", 483), ("resnet101.paper", 1027),
    ("resnet152.paper", 1507), ("resnet50.torchvision", 427), ("resnet101.torchvision", 971),
    ("resnet152.torchvision", 1451),
  ]) func ofResNets(name: String, size: Int) throws {
    let last = try #require(try rows(name).last { $0.operation == "Conv2D" })
    #expect(last.receptiveField?.height == size && last.receptiveField?.jump.height == 32)
  }

  /// Dilations of 1, 2, 4: 3×3, 7×7, 15×15 (lecture 3).
  @Test func ofDilatedConvolutions() throws {
    let model = Sequential([1, 2, 4].map { Conv2D(1, 1, kernel: 3, dilation: IntOrPair($0)) })
    let rows = try model.plan(input: [1, 32, 32, 1]).rows
    #expect(rows.map { $0.receptiveField?.width } == [3, 7, 15])
  }

  /// What is unknown stays unknown when it meets what is known; a constant changes nothing.
  @Test func unknownFieldsStayUnknown() throws {
    struct Meeting: Layer {
      let conv = Conv2D(2, 2, kernel: 3, padding: 1)
      let up = ConvTranspose2D(2, 2, kernel: 2, stride: 2)
      let scale = Parameter(.ones([2]))
      let mode: Int
      func forward(_ x: Tensor) -> Tensor {
        let known = conv(x)
        switch mode {
        case 0: return known + up(x)[0..<1].slice(axis: 1, range: 0..<8).slice(axis: 2, range: 0..<8)
        case 1: return up(x).slice(axis: 1, range: 0..<8).slice(axis: 2, range: 0..<8) + known
        case 2: return Tensor.concatenated([known, up(x).slice(axis: 1, range: 0..<8).slice(axis: 2, range: 0..<8)])
        case 3: return known * (scale.value * 4) + scale.value
        default: return Tensor.concatenated([known, .zeros(known.shape)])
        }
      }
    }
    for mode in 0..<5 {
      let last = try #require(try Meeting(mode: mode).plan(input: [1, 8, 8, 2]).rows.last)
      #expect(last.receptiveField?.height == (mode < 3 ? nil : 3), "mode \(mode)")
    }
  }
}
