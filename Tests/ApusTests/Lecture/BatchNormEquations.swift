import Apus
import Testing

/// The equations of batch norm's backward pass as lecture 4 prints them (Ioffe & Szegedy 2015), each a test of its own, evaluated by
/// hand in double precision. Those of quantities inside (x̂, σ², μ) are held against the tape's gradients of the same steps written
/// as operations; those of what the layer gives (x, γ, β) against the layer.
@Suite struct BatchNormEquations {
  private let m = 7
  private let channels = 3
  private let epsilon = 1e-3
  private let x = doubles([7, 3], seed: 1) * 2 + 1
  private let dy = doubles([7, 3], seed: 2)
  private let gamma = doubles([3], seed: 3)
  private let beta = doubles([3], seed: 4)

  private var mean: Tensor { x.mean(axes: [0]) }
  private var variance: Tensor { x.variance(axes: [0]) }

  private func normalized(_ x: Tensor, _ mean: Tensor, _ variance: Tensor) -> Tensor {
    (x - mean) / (variance + epsilon).sqrt()
  }

  private func loss(_ normalized: Tensor) -> Tensor { ((normalized * gamma + beta) * dy).sum() }

  /// Plain numbers: element [i][c] of x and dy, numbers of channel c.
  private func at(_ tensor: Tensor, _ row: Int, _ channel: Int) -> Double {
    tensor.array(of: Double.self)[row * channels + channel]
  }
  private func at(_ tensor: Tensor, _ channel: Int) -> Double { tensor.array(of: Double.self)[channel] }
  private func sum(_ term: (Int) -> Double) -> Double { (0..<m).reduce(0) { $0 + term($1) } }
  private func perElement(_ value: (Int, Int) -> Double) -> [Double] {
    (0..<m).flatMap { row in (0..<channels).map { value(row, $0) } }
  }

  // MARK: The equations

  private func dNormalized(_ i: Int, _ c: Int) -> Double { at(dy, i, c) * at(gamma, c) }

  private func dVariance(_ c: Int) -> Double {
    let base = at(variance, c) + epsilon
    let factor = -0.5 / (base * base.squareRoot())
    return sum { dNormalized($0, c) * (at(x, $0, c) - at(mean, c)) * factor }
  }

  private func dMean(_ c: Int) -> Double {
    let direct = sum { dNormalized($0, c) * -1 / (at(variance, c) + epsilon).squareRoot() }
    return direct + dVariance(c) * sum { -2 * (at(x, $0, c) - at(mean, c)) } / Double(m)
  }

  private func dInput(_ i: Int, _ c: Int) -> Double {
    let direct = dNormalized(i, c) / (at(variance, c) + epsilon).squareRoot()
    return direct + dVariance(c) * 2 * (at(x, i, c) - at(mean, c)) / Double(m) + dMean(c) / Double(m)
  }

  // MARK: Tests

  @Test func gradientOfTheNormalizedInput() {
    let given = normalized(x, mean, variance)
    let tape = doubleGradients(at: [given]) { loss($0[0]) }.gradients[0]!
    expectClose(tape, perElement(dNormalized), tolerance: 1e-12)
  }

  @Test func gradientOfTheVariance() {
    let (x, mean) = (x, mean)
    let tape = doubleGradients(at: [variance]) { loss(normalized(x, mean, $0[0])) }.gradients[0]!
    expectClose(tape, (0..<channels).map(dVariance), tolerance: 1e-12)
  }

  @Test func gradientOfTheMean() {
    let x = x
    let tape = doubleGradients(at: [mean]) { inputs in
      loss(normalized(x, inputs[0], (x - inputs[0]).square().mean(axes: [0])))
    }.gradients[0]!
    expectClose(tape, (0..<channels).map(dMean), tolerance: 1e-12)
  }

  /// The layer in double precision: its parameters are float32, so γ and β are rounded for both sides.
  private var layer: BatchNorm {
    let layer = BatchNorm(channels, epsilon: epsilon)
    layer.weight!.value = gamma.cast(to: .float32)
    layer.bias!.value = beta.cast(to: .float32)
    return layer
  }

  @Test func gradientOfTheInput() {
    let layer = layer
    let dx = doubleGradients(at: [x]) { (layer($0[0]) * dy).sum() }.gradients[0]!
    expectClose(dx, perElement(dInput), tolerance: 1e-6)
    // Unrounded, through the operations.
    let steps = doubleGradients(at: [x]) { inputs in
      let mean = inputs[0].mean(axes: [0])
      return loss(normalized(inputs[0], mean, (inputs[0] - mean).square().mean(axes: [0])))
    }.gradients[0]!
    expectClose(steps, perElement(dInput), tolerance: 1e-12)
  }

  @Test func gradientOfGamma() {
    let layer = layer
    let (x, dy) = (x.cast(to: .float32), dy.cast(to: .float32))
    let (_, gradients) = valueWithGradients(of: layer) { (layer(x) * dy).sum() }
    let normalized = normalized(self.x, mean, variance)
    let expected = (0..<channels).map { c in sum { at(self.dy, $0, c) * at(normalized, $0, c) } }
    expectClose(gradients[layer.weight!]!, expected, tolerance: 1e-5)
  }

  @Test func gradientOfBeta() {
    let layer = layer
    let (x, dy) = (x.cast(to: .float32), dy.cast(to: .float32))
    let (_, gradients) = valueWithGradients(of: layer) { (layer(x) * dy).sum() }
    expectClose(gradients[layer.bias!]!, (0..<channels).map { c in sum { at(self.dy, $0, c) } }, tolerance: 1e-5)
  }
}
