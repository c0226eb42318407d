import Apus
import Testing

@Suite struct RoundingTests {
  private static let phase = Phase(dropout: false, batchStatistics: true, updatesState: false)

  /// x · a is 1 + 2⁻²² in float32, which is b; in float64 it is 2⁻⁴⁶ more.
  private struct Edge: Layer {
    let a = Parameter(.full([1], 1 + Double(Float.ulpOfOne)))
    let takesMaximum: Bool

    func forward(_ x: Tensor) -> Tensor {
      let product = (x * a.value).reshaped([1, 1, 1, 1])
      let b = Tensor.full([1, 1, 1, 1], 1 + 2 * Double(Float.ulpOfOne))
      if !takesMaximum { return relu(product - b) }
      return maxPool2d(Tensor.concatenated([b.cast(to: product.scalarType), product], axis: 2), kernel: [1, 2])
    }
  }

  /// The gradient is 0 in float32 and x in float64, unless that decides as float32 did.
  @Test(arguments: [false, true]) func decisionsAreToldFromRounding(takesMaximum: Bool) throws {
    let model = Edge(takesMaximum: takesMaximum)
    let x = Tensor.full([1], 1 + Double(Float.ulpOfOne))
    let comparison = RoundingComparison(of: model, phase: Self.phase) { model(x).sum() }
    #expect(comparison.decisions == 1 && comparison.differing == 1)
    let gradient = try #require(comparison.gradients.first)
    #expect(gradient.path == "a" && gradient.ownDecisions == 1 && gradient.sameDecisions == 0)
  }

  @Test func aNetworkIsComparedOperationByOperation() {
    let model = Random.withSeed(3) {
      Sequential {
        Conv2D(1, 4, kernel: 3, padding: 1)
        BatchNorm(4)
        ReLU()
        MaxPool2D(2)
        Flatten()
        Linear(64, 3)
      }
    }
    let x = Tensor.normal([5, 8, 8, 1], seed: 4)
    let before = model.buffers.map(\.buffer.value)
    let comparison = RoundingComparison(of: model, phase: Self.phase) {
      crossEntropy(logits: model(x), labels: Tensor([0 as Int32, 1, 2, 0, 1]))
    }
    #expect(comparison.decisions == 5 * (8 * 8 * 4 + 4 * 4 * 4))
    #expect(
      comparison.values.map(\.operation).prefix(4) == ["Conv2D", "BatchNorm", "ReLU", "MaxPool2D"]
        && comparison.values.map(\.path).prefix(2) == ["0", "1"])
    #expect(comparison.gradients.map(\.path) == model.parameters.map(\.path))
    for value in comparison.values { #expect(value.error < 1e-6, "\(value)") }
    // The gradient of the convolution's bias is 0 but for rounding, since the norm takes the mean away.
    for gradient in comparison.gradients where gradient.path != "0.bias" {
      #expect(gradient.sameDecisions > 0 && gradient.sameDecisions < 1e-5, "\(gradient)")
    }
    for (old, new) in zip(before, model.buffers) { expectSameBits(old, new.buffer.value) }
  }
}
