/// Operators that ONNX has no name for in older sets, and that several nodes are one of.
enum SwishPattern {
  /// x · sigmoid(x)
  static let operation = "Swish"
}
