import Apus
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A layer that keeps what passes through it: nobody holds that tensor alone any more, so nothing can be appended to it.
private final class Keep: Layer, NamedParts {
  var kept: [Tensor] = []
  let isOn: Bool
  let parts: [(name: String, part: Any)] = []

  init(_ isOn: Bool) { self.isOn = isOn }

  func forward(_ x: Tensor) -> Tensor {
    if isOn { kept.append(x) }
    return x
  }
}

/// A residual block written as a user would, whose steps can be kept from fusing.
private struct Block: Layer {
  let conv = Conv2D(3, 5, kernel: 3, padding: 1)
  let norm = BatchNorm(5)
  let shortcut = Conv2D(3, 5, kernel: 1)
  let head = Linear(5, 4)
  let keep: Keep

  init(fuses: Bool) { keep = Keep(!fuses) }

  func forward(_ x: Tensor) -> Tensor {
    let sum = keep(keep(norm(keep(conv(x)))) + shortcut(x))
    let h = keep(relu(sum))
    return relu(keep(head(averagePool2d(h, kernel: 6).reshaped(-1, 5))))
  }
}

private struct Outcome {
  var value: Tensor
  var gradients: [Tensor]
  var buffers: [Tensor]
}

private func train(fuses: Bool) -> Outcome {
  let block = Random.withSeed(2) { Block(fuses: fuses) }
  let x = floats([3, 6, 6, 3], seed: 5)
  let result = valueWithGradients(of: block, key: RandomKey(seed: 1, step: 1)) { block(x).square().sum() }
  return Outcome(
    value: result.value, gradients: block.parameters.compactMap { result.gradients[$0.parameter] },
    buffers: block.buffers.map { $0.buffer.value })
}

private func infer(fuses: Bool) -> Tensor {
  let block = Random.withSeed(2) { Block(fuses: fuses) }
  block.norm.runningMean.value = floats([5], seed: 6)
  block.norm.runningVariance.value = floats([5], seed: 7).square() + 0.5
  return block(floats([3, 6, 6, 3], seed: 5))
}

@Suite struct FusionTests {
  @Test func trainingHasTheSameBitsFusedAndApart() {
    let (fused, apart) = (train(fuses: true), train(fuses: false))
    expectSameBits(fused.value, apart.value)
    #expect(fused.gradients.count == 8 && apart.gradients.count == 8)
    for (a, b) in pairs(fused.gradients, apart.gradients) { expectSameBits(a, b) }
    for (a, b) in pairs(fused.buffers, apart.buffers) { expectSameBits(a, b) }
  }

  @Test func inferenceHasTheSameBitsFusedAndApart() {
    expectSameBits(infer(fuses: true), infer(fuses: false))
  }

  @Test func theSwitchTurnsItOff() async {
    let here = train(fuses: true)
    let sum = here.gradients.map { $0.sum().item() }
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      setenv("APUS_FUSE", "0", 1)
      print("gradients \(train(fuses: true).gradients.map { $0.sum().item() })")
    }
    #expect(outputText(result).contains("gradients \(sum)"))
  }

  @Test func aSharedPendingTensorIsComputedOnce() {
    let conv = Random.withSeed(1) { Conv2D(2, 3, kernel: 3) }
    let x = floats([1, 5, 5, 2], seed: 1)
    let h = conv(x)
    let (positive, doubled) = (relu(h), h * 2)
    expectSameBits(doubled * 0.5, h)
    // Nothing was taken into what others hold.
    expectSameBits(h, conv(x))
    #expect(h.min().item() < 0)
    #expect(positive.array(of: Float.self) == h.array(of: Float.self).map { max($0, 0) })
  }

  @Test func aSumAfterAReLUStaysAfterIt() {
    let conv = Random.withSeed(1) { Conv2D(2, 3, kernel: 3) }
    let (x, r) = (floats([1, 5, 5, 2], seed: 1), floats([1, 3, 3, 3], seed: 2))
    let positive = relu(conv(x))
    let apart = positive + r
    expectSameBits(relu(conv(x)) + r, apart)
    #expect(zip(apart.array(of: Float.self), r.array(of: Float.self)).contains { $0 == $1 })
  }

  /// The sum's gradient reaches `w` and, reshaped but in the same memory, `x`, to whose gradient the convolution then adds its own.
  @Test func aGradientInMemoryThatOthersHoldIsNotAddedTo() throws {
    struct Net: Layer {
      let x = Parameter(floats([1, 5, 5, 2], seed: 1)), w = Parameter(floats([50], seed: 2))
      let conv = Random.withSeed(3) { Conv2D(2, 3, kernel: 3) }
      func forward(_ c: Tensor) -> Tensor {
        let h = x.value * 1
        // Recorded first, so that its gradient is the second one that x gets.
        let sum = conv(h).sum()
        return ((h.reshaped(50) + w.value) * c).sum() + sum
      }
    }
    let (net, c) = (Net(), floats([50], seed: 4))
    let gradients = valueWithGradients(of: net) { net(c) }.gradients
    expectSameBits(try #require(gradients[net.w]), c)
    expectClose(
      try #require(gradients[net.x]),
      pairs(
        c.array(of: Float.self),
        valueWithGradients(of: net) { net.conv(net.x.value).sum() }.gradients[net.x]!.array(of: Float.self)
      ).map { Double($0) + Double($1) }, tolerance: 1e-6)
  }

  @Test func threadsDoNotChangeBits() {
    defer { Runtime.threadCount = 0 }
    var outcomes: [Outcome] = []
    for count in [1, 2, 3, 5] {
      Runtime.threadCount = count
      outcomes.append(train(fuses: true))
    }
    for other in outcomes.dropFirst() {
      expectSameBits(outcomes[0].value, other.value)
      for (a, b) in pairs(outcomes[0].gradients, other.gradients) { expectSameBits(a, b) }
    }
  }
}

@Suite struct PendingTests {
  @Test func severalThreadsMayReadOnePendingTensor() async {
    let conv = Random.withSeed(1) { Conv2D(2, 3, kernel: 3) }
    let x = floats([2, 9, 9, 2], seed: 1)
    let expected = conv(x).array(of: Float.self)
    for _ in 0..<20 {
      let y = conv(x)
      let results = await withTaskGroup(of: [Float].self) { group in
        for _ in 0..<4 { group.addTask { y.array(of: Float.self) } }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results == Array(repeating: expected, count: 4))
    }
  }

  @Test func aNestedStepLeavesTheOuterGradientsWhole() {
    let layer = Linear(1, 1, bias: false, initializer: .constant(2))
    let (_, gradients) = valueWithGradients(of: layer) {
      let first = layer.weight.value.sum()
      _ = valueWithGradients(of: layer) { layer.weight.value.square().sum() }
      return first + 3 * layer.weight.value.sum()
    }
    #expect(gradients[layer.weight]?.item() == 4)
  }
}
