/// How exactly convolutions and matrix products are computed; everything else is float32 throughout.
public enum Precision: String, Hashable, Sendable, Codable, CaseIterable {
  /// float32, with Winograd's F(4×4, 3×3) and F(2×2, 5×5) where they are faster: the largest error of the first is 1.3 to 2.3 times
  /// that of a direct convolution in outputs and gradients of inputs, up to 4 times in those of filters (bench/RESULTS.md).
  case standard
  /// float32, with nothing less accurate than one sum of products: F(2×2, 3×3) at most.
  case strict
  /// Operands of convolutions, linear layers and matrix products are rounded to bfloat16 where the processor multiplies those and
  /// that is faster than float32, sums are float32: forward passes and gradients of inputs (of a product's first operand). Tensors,
  /// weights, their gradients and all else stay float32; so do 3×3 convolutions with stride 1, which Winograd does faster, and
  /// products with few rows.
  case bfloat16
}

/// Runs `body` with another precision of convolutions and matrix products, of their backward passes too.
///
/// ```swift
/// let logits = withPrecision(.strict) { model(images) }
/// ```
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  guard let scope = Scope.current else {
    let scope = Scope(mode: .plain, phase: .inference, key: Scope.nextDefaultKey())
    scope.precision = precision
    return try scope.run(body)
  }
  let outer = scope.precision
  scope.precision = precision
  defer { scope.precision = outer }
  return try body()
}
