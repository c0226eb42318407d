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
