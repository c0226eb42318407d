/// Names of operators that several nodes of a file are one of, and that ONNX has none for, or none in older sets.
enum Patterns {
  /// x · sigmoid(α · x), ONNX's own from set 24 on
  static let swish = "Swish"
  /// x · weight + bias, of any number of axes
  static let linear = "Linear"
}
