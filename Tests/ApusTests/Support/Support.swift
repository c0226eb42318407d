import Apus
import Testing

/// Reproducible float64 numbers; kept away from 0 so that finite differences do not cross a kink there.
func doubles(_ shape: Shape, seed: UInt64, positive: Bool = false) -> Tensor {
  let values = Random.normal(seed: seed, stream: 99, count: shape.elementCount).map { value -> Double in
    let wide = Double(value)
    let magnitude = abs(wide) + 0.1
    return positive || wide >= 0 ? magnitude : -magnitude
  }
  return Tensor(values, shape: shape)
}

/// Value and gradients in float64.
func doubleGradients(at inputs: [Tensor], _ function: ([Tensor]) throws -> Tensor) rethrows -> (
  value: Tensor, gradients: [Tensor?]
) {
  try withPrecision(.float64) { try valueWithGradients(at: inputs, function) }
}

func floats(_ shape: Shape, seed: UInt64) -> Tensor { .normal(shape, seed: seed, stream: 98) }

/// Every derivative within 1e-6 of central differences, relative to its size, and at least one compared.
func expectGradients(
  at inputs: [Tensor], tolerance: Double = 1e-6, sourceLocation: SourceLocation = #_sourceLocation,
  _ function: ([Tensor]) -> Tensor
) {
  let result = gradientCheck(at: inputs, function)
  #expect(result.count > 0 && result.largestError < tolerance, "\(result)", sourceLocation: sourceLocation)
}

/// The same bits: shape, type and every byte.
func expectSameBits(_ a: Tensor, _ b: Tensor, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(a.shape == b.shape && a.scalarType == b.scalarType, sourceLocation: sourceLocation)
  let same = a.withUnsafeBytes { left in b.withUnsafeBytes { right in left.elementsEqual(right) } }
  #expect(same, "values differ", sourceLocation: sourceLocation)
}

/// Each element within `tolerance` · (1 + |expected|); a NaN fails.
func expectClose(
  _ actual: Tensor, _ expected: [Double], tolerance: Double = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
) {
  let values = actual.cast(to: .float64).array(of: Double.self)
  #expect(values.count == expected.count, sourceLocation: sourceLocation)
  for (index, (value, want)) in zip(values, expected).enumerated() {
    let isClose = abs(value - want) <= tolerance * (1 + abs(want))
    #expect(isClose, "element \(index): \(value), expected \(want)", sourceLocation: sourceLocation)
  }
}

/// What a test goes through: an empty collection would let it pass without a check.
func every<Elements: Collection>(_ elements: Elements, sourceLocation: SourceLocation = #_sourceLocation) -> Elements {
  #expect(!elements.isEmpty, "nothing to check", sourceLocation: sourceLocation)
  return elements
}

/// The elements of both in pairs: where `zip` would compare what there is, or nothing, this wants as many of each, and some.
func pairs<A: Collection, B: Collection>(
  _ a: A, _ b: B, sourceLocation: SourceLocation = #_sourceLocation
) -> Zip2Sequence<A, B> {
  #expect(!a.isEmpty && a.count == b.count, "\(a.count) and \(b.count) to compare", sourceLocation: sourceLocation)
  return zip(a, b)
}

/// Of two pictures' bytes, as many of each; the largest number there is where they are not.
func largestDifference(_ a: [UInt8], _ b: [UInt8]) -> Int {
  a.count == b.count ? zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? .max : .max
}

/// What a process wrote before it ended.
func errorText(_ result: ExitTest.Result?) -> String {
  String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
}
func outputText(_ result: ExitTest.Result?) -> String {
  String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
}

/// A layer with one parameter, to give an optimizer gradients of our choice: those of Σ value · gradient.
struct FixedGradient: Layer {
  let value: Parameter

  init(_ value: Tensor) { self.value = Parameter(value) }

  func forward(_ x: consuming Tensor) -> Tensor { (value.value * x).sum() }

  func gradients(_ gradient: Tensor) -> Gradients { valueWithGradients(of: self) { self(gradient) }.gradients }
}

/// A model of several parameters with given values, named by their paths.
struct FixedGradients: Layer {
  let weight: Parameter
  let bias: Parameter

  init(_ weight: Tensor, bias: Tensor) {
    self.weight = Parameter(weight)
    self.bias = Parameter(bias)
  }

  func forward(_ x: consuming Tensor) -> Tensor { x }

  func gradients(_ ofWeight: Tensor, _ ofBias: Tensor) -> Gradients {
    valueWithGradients(of: self) { (weight.value * ofWeight).sum() + (bias.value * ofBias).sum() }.gradients
  }
}
