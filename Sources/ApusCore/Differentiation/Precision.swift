/// How exactly convolutions and matrix products are computed; everything else is float32 throughout, but with `.float64`.
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
  /// Everything in float64, on the plain reference kernels, one thread each: some hundred times slower, for judging float32's results
  /// and finding where they go wrong. Not a setting of a training run; see `withPrecision(_:_:)`.
  case float64
}

/// Runs `body` with another precision of convolutions and matrix products, of their backward passes too.
///
/// ```swift
/// let logits = withPrecision(.strict) { model(images) }
/// let (loss, gradients) = withPrecision(.float64) {
///   valueWithGradients(of: model) { crossEntropy(logits: model(images), labels: labels) }  // both are float64
/// }
/// ```
///
/// Within `.float64`:
///
/// - Parameters and buffers are stored as float32 and read as float64; values, gradients and what layers save are float64. Layers,
///   losses and operations of two operands widen what is float32 (images, targets, weights) without loss; an operation of one operand
///   on a float32 tensor stays float32.
/// - What is stored is rounded to float32 once: running statistics, a `Parameter.value` that is set, the gradients that an optimizer
///   steps by or that are clipped.
/// - Another precision inside changes nothing: a model or trainer that has its own is computed in float64 too.
///
/// Elsewhere layers, losses and optimizers stop at a float64 tensor and say so: it would make each step a hundred times slower in
/// silence. Arithmetic, matrix products and reductions of float64 tensors are allowed everywhere.
public func withPrecision<Result>(_ precision: Precision, _ body: () throws -> Result) rethrows -> Result {
  guard let scope = Scope.current else {
    let scope = Scope(mode: .plain, phase: .inference, key: Scope.nextDefaultKey())
    scope.precision = precision
    return try scope.run(body)
  }
  let outer = scope.precision
  if outer == .float64 { return try body() }
  scope.precision = precision
  defer { scope.precision = outer }
  return try body()
}
