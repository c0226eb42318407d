import Apus
import Testing

/// Every differentiable operation against central differences in double precision, through the real tape.
@Suite struct GradientTests {
  @Test func arithmetic() {
    let (a, b) = (doubles([2, 3], seed: 1), doubles([2, 3], seed: 2))
    expectGradients(at: [a, b]) { $0[0] + $0[1] }
    expectGradients(at: [a, b]) { $0[0] - $0[1] }
    expectGradients(at: [a, b]) { $0[0] * $0[1] }
    expectGradients(at: [a, b]) { $0[0] / $0[1] }
    expectGradients(at: [a]) { 2 - (3 * $0[0] + 1) / 4 }
    expectGradients(at: [a]) { 1 / $0[0] }
    expectGradients(at: [a]) { -$0[0] }
    expectGradients(at: [a]) { $0[0] * $0[0] + $0[0] }
  }

  @Test func broadcastOperandsGetSums() {
    let (a, row) = (doubles([2, 1, 3], seed: 3), doubles([4, 1], seed: 4))
    expectGradients(at: [a, row]) { $0[0] + $0[1] }
    expectGradients(at: [a, row]) { $0[0] - $0[1] }
    expectGradients(at: [a, row]) { $0[0] * $0[1] }
    expectGradients(at: [a, row]) { $0[0] / $0[1] }
    expectGradients(at: [a]) { $0[0].broadcast(to: [2, 5, 3]) }
  }

  @Test func extremesAndSelection() {
    let (a, b) = (doubles([3, 4], seed: 5), doubles([4], seed: 6))
    expectGradients(at: [a, b]) { Tensor.maximum($0[0], $0[1]) }
    expectGradients(at: [a, b]) { Tensor.minimum($0[0], $0[1]) }
    expectGradients(at: [a, b]) { Tensor.select($0[0].detached() .> $0[1].detached(), $0[0] * 2, $0[1]) }
  }

  @Test func functionsOfElements() {
    let x = doubles([2, 5], seed: 7)
    let positive = doubles([2, 5], seed: 8, positive: true)
    expectGradients(at: [x]) { $0[0].exp() }
    expectGradients(at: [positive]) { $0[0].log() }
    expectGradients(at: [positive]) { $0[0].sqrt() }
    expectGradients(at: [x]) { $0[0].square() }
    expectGradients(at: [x]) { $0[0].reciprocal() }
    expectGradients(at: [x]) { $0[0].abs() }
    expectGradients(at: [positive]) { $0[0].power(1.7) }
    expectGradients(at: [x]) { relu($0[0]) }
    expectGradients(at: [x]) { softmax($0[0]) }
  }

  @Test func reductions() {
    let x = doubles([2, 3, 4], seed: 9)
    expectGradients(at: [x]) { $0[0].sum() }
    expectGradients(at: [x]) { $0[0].sum(axes: [0, 2]) }
    expectGradients(at: [x]) { $0[0].mean(axes: [1], keepingAxes: true) }
    expectGradients(at: [x]) { $0[0].variance(axes: [-1]) }
    expectGradients(at: [x]) { $0[0].max(axes: [2]) }
    expectGradients(at: [x]) { $0[0].min(axes: [0, 1]) }
  }

  @Test func movement() {
    let (x, y) = (doubles([2, 3, 4], seed: 10), doubles([2, 2, 4], seed: 11))
    expectGradients(at: [x]) { $0[0].reshaped(4, 6).square() }
    expectGradients(at: [x]) { $0[0].transposed([2, 0, 1]).square() }
    expectGradients(at: [x]) { $0[0].slice(axis: 1, range: 1..<3).square() }
    expectGradients(at: [x]) { $0[0][1].square() }
    expectGradients(at: [x, y]) { Tensor.concatenated([$0[0], $0[1], $0[0]], axis: 1).square() }
  }

  @Test func matrixProducts() {
    expectGradients(at: [doubles([3, 4], seed: 12), doubles([4, 2], seed: 13)]) { matmul($0[0], $0[1]) }
    expectGradients(at: [doubles([2, 3, 4], seed: 14), doubles([2, 4, 2], seed: 15)]) { matmul($0[0], $0[1]) }
    expectGradients(at: [doubles([2, 3, 4], seed: 16), doubles([4, 2], seed: 17)]) { matmul($0[0], $0[1]) }
    expectGradients(at: [doubles([3, 4], seed: 18), doubles([4, 2], seed: 19), doubles([2], seed: 20)]) {
      linear($0[0], weight: $0[1], bias: $0[2])
    }
    expectGradients(at: [doubles([3, 4], seed: 18), doubles([4, 2], seed: 19), doubles([2], seed: 20)]) {
      relu(linear($0[0], weight: $0[1], bias: $0[2]))
    }
  }

  @Test(arguments: [
    (1, 0, 1, 1), (2, 1, 1, 1), (1, 2, 2, 1), (3, 1, 1, 2), (2, 2, 2, 4),
  ])
  func convolution(stride: Int, padding: Int, dilation: Int, groups: Int) {
    let x = doubles([2, 6, 5, 4], seed: 21)
    let w = doubles([3, 2, 4 / groups, 8], seed: 22)
    let b = doubles([8], seed: 23)
    let apply: ([Tensor]) -> Tensor = {
      conv2d(
        $0[0], weight: $0[1], bias: $0[2], stride: IntOrPair(stride), padding: .explicit(padding),
        dilation: IntOrPair(dilation), groups: groups)
    }
    expectGradients(at: [x, w, b], apply)
    expectGradients(at: [x, w, b]) { relu(apply($0)) }
  }

  @Test func convolutionWithAsymmetricPaddingAndResidual() {
    let x = doubles([1, 4, 5, 2], seed: 24)
    let w = doubles([2, 2, 2, 3], seed: 25)
    let shortcut = doubles([1, 5, 6, 3], seed: 26)
    expectGradients(at: [x, w, shortcut]) {
      relu(conv2d($0[0], weight: $0[1], padding: .explicit(top: 0, left: 2, bottom: 2, right: 0)) + $0[2])
    }
    expectGradients(at: [x, w]) { conv2d($0[0], weight: $0[1], padding: .same) }
  }

  @Test func pooling() {
    let x = doubles([2, 5, 6, 3], seed: 27)
    expectGradients(at: [x]) { maxPool2d($0[0], kernel: 2) }
    expectGradients(at: [x]) { maxPool2d($0[0], kernel: 3, stride: 2, padding: 1) }
    expectGradients(at: [x]) { averagePool2d($0[0], kernel: [2, 3]) }
    expectGradients(at: [x]) { averagePool2d($0[0], kernel: 3, stride: 2, padding: 1) }
    expectGradients(at: [x]) { averagePool2d($0[0], kernel: 3, stride: 2, padding: 1, countsPadding: false) }
  }

  @Test func crossEntropyOfLogits() {
    let labels = Tensor([2, 0, 1] as [Int32])
    expectGradients(at: [doubles([3, 4], seed: 28)]) { crossEntropy(logits: $0[0], labels: labels) }
    expectGradients(at: [doubles([3, 4], seed: 28)]) { crossEntropy(logits: $0[0], labels: labels) * 3 }
  }

  @Test func dropoutKeepsItsMask() {
    expectGradients(at: [doubles([4, 10], seed: 29)]) { dropout($0[0], dropProbability: 0.4).square() }
  }

  @Test func castsPassGradients() {
    let (_, gradients) = valueWithGradients(at: [Tensor([1, 2] as [Float])]) { ($0[0].cast(to: .float64) * 3).sum() }
    #expect(gradients[0]?.array(of: Float.self) == [3, 3])
  }

  @Test func unusedInputsHaveNone() {
    let (value, gradients) = valueWithGradients(at: [Tensor([2] as [Float]), Tensor([3] as [Float])]) { $0[0].sum() }
    #expect(value.item() == 2)
    #expect(gradients[0]?.item() == 1 && gradients[1] == nil)
  }

  /// The check itself must notice a wrong derivative.
  @Test func aWrongDerivativeIsFound() {
    let result = gradientCheck(at: [doubles([4], seed: 30)]) { inputs in inputs[0].detached() * inputs[0] }
    #expect(result.largestError > 1e-3)
  }

  @Test func aDerivativeThatIsNoNumberIsFound() {
    let result = gradientCheck(at: [doubles([4], seed: 30)]) { inputs in
      differentiable(inputs[0], "Broken") {
        $0 * 2
      } pullback: { _, _, gradient in
        gradient * Double.nan
      }
    }
    #expect(result.largestError == .infinity && result.count == 4)
  }
}

private func softsign(_ x: Tensor) -> Tensor {
  differentiable(x, "Softsign") {
    $0 / (1 + $0.abs())
  } pullback: { x, _, gradient in
    gradient / (1 + x.abs()).square()
  }
}

/// Functions that users add.
@Suite struct CustomFunctionTests {
  @Test func theirGradientsFlow() {
    expectGradients(at: [doubles([2, 3], seed: 31)]) { softsign($0[0] * 2) * $0[0] }
    expectGradients(at: [doubles([3], seed: 32), doubles([3], seed: 33)]) {
      differentiable($0, "Product") {
        $0[0] * $0[1]
      } pullback: { inputs, _, gradient in
        [gradient * inputs[1], gradient * inputs[0]]
      }
    }
  }

  @Test func aPullbackOfTheWrongShapeTraps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = valueWithGradients(at: [Tensor.ones([3])]) {
        differentiable($0[0], "Wrong") {
          $0.sum()
        } pullback: { _, _, gradient in
          gradient
        }
      }
    }
    #expect(errorText(result).contains("Wrong: the pullback's gradient 0 has shape [], its input [3]"))
  }
}
