import Apus
import Testing

/// Largest difference, as a part of the largest element of `b`.
private func difference(_ a: Tensor, _ b: Tensor) -> Double {
  let (a, b) = (a.cast(to: .float64).array(of: Double.self), b.cast(to: .float64).array(of: Double.self))
  return pairs(a, b).map { abs($0 - $1) }.max()! / b.map { abs($0) }.max()!
}

@Suite struct PrecisionTests {
  private let x = floats([2, 28, 28, 64], seed: 1)
  private let weight = floats([3, 3, 64, 64], seed: 2)

  /// In double precision, through the reference.
  private var exact: Tensor {
    withPrecision(.float64) { conv2d(x, weight: weight, padding: 1) }
  }

  @Test func everyPrecisionIsNearTheExactResult() {
    for (precision, bound) in [(Precision.standard, 5e-6), (.strict, 2e-6), (.bfloat16, 1e-2)] {
      let y = withPrecision(precision) { conv2d(x, weight: weight, padding: 1) }
      #expect(difference(y, exact) < bound, "\(precision)")
    }
  }

  @Test func aScopeEndsWithItsClosure() {
    let before = conv2d(x, weight: weight, padding: 1)
    let strict = withPrecision(.strict) { conv2d(x, weight: weight, padding: 1) }
    expectSameBits(conv2d(x, weight: weight, padding: 1), before)
    // Scopes inside inherit it.
    expectSameBits(withPrecision(.strict) { withPhase(.inference) { conv2d(x, weight: weight, padding: 1) } }, strict)
    expectSameBits(
      withPrecision(.strict) { withPrecision(.standard) { conv2d(x, weight: weight, padding: 1) } }, before)
  }

  /// The backward passes are those of the precision in which the operation was recorded.
  @Test func gradientsFollow() {
    func gradients(_ precision: Precision) -> [Tensor] {
      let (_, gradients) = valueWithGradients(at: [x, weight]) { inputs in
        let y = withPrecision(precision) { conv2d(inputs[0], weight: inputs[1], padding: 1) }
        return (y * y).mean()
      }
      return gradients.map { $0! }
    }
    let double = doubleGradients(at: [x, weight]) { inputs in
      let y = conv2d(inputs[0], weight: inputs[1], padding: 1)
      return (y * y).mean()
    }.gradients
    for (precision, bound) in [(Precision.standard, 1e-5), (.strict, 4e-6)] {
      for (gradient, exact) in pairs(gradients(precision), double) { #expect(difference(gradient, exact!) < bound) }
    }
    // Where the tier has vectors to win with, F(4×4) and F(2×2) differ in their last bits.
    if ["avx2", "avx512", "neon"].contains(Runtime.instructionSet) {
      #expect(difference(gradients(.standard)[0], gradients(.strict)[0]) > 0)
    }
  }

  /// Whole numbers up to 256 are exact in bfloat16, and so are their sums here; reals are rounded, where the processor can.
  @Test func matrixProductsAreRounded() {
    let (m, k, n) = (300, 333, 257)
    func product(_ a: Tensor, _ b: Tensor) -> [Tensor] {
      [matmul(a, b), linear(a, weight: b), matmul(a.reshaped([3, m / 3, k]), b).reshaped([m, n])]
    }
    let (a, b) = (floats([m, k], seed: 3), floats([k, n], seed: 4))
    let exact = matmul(a.cast(to: .float64), b.cast(to: .float64))
    for (standard, rounded) in pairs(product(a, b), withPrecision(.bfloat16) { product(a, b) }) {
      #expect(difference(standard, exact) < 5e-6)
      #expect(difference(rounded, exact) < 1e-2)
      if Runtime.instructionSet != "avx512" { expectSameBits(rounded, standard) }
    }
    let whole = Tensor((0..<m * k).map { Float($0 % 17 - 8) }, shape: [m, k])
    let wholes = Tensor((0..<k * n).map { Float($0 % 13 - 6) }, shape: [k, n])
    expectSameBits(withPrecision(.bfloat16) { matmul(whole, wholes) }, matmul(whole, wholes))
    // The gradient of the input follows the precision of the product, that of the weight is float32.
    func gradients(_ precision: Precision) -> [Tensor] {
      valueWithGradients(at: [a, b]) { inputs in
        withPrecision(precision) { linear(inputs[0], weight: inputs[1]) }.mean()
      }.gradients.map { $0! }
    }
    let (standard, rounded) = (gradients(.standard), gradients(.bfloat16))
    #expect(difference(rounded[0], standard[0]) < 1e-2)
    expectSameBits(rounded[1], standard[1])
  }
}
