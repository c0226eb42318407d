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
    let scope = Scope(mode: .plain, phase: .inference, key: .next)
    scope.precision = precision
    return try scope.run(body)
  }
  let outer = scope.precision
  if outer == .float64 { return try body() }
  scope.precision = precision
  defer { scope.precision = outer }
  return try body()
}
