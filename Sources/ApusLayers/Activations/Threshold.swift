import ApusCore

extension Nonlinearity {
  fileprivate static let threshold = Nonlinearity("threshold")
}

extension ActivationFunction {
  /// 1 where x > 0, else 0.
  public static var threshold: ActivationFunction {
    // The sign of the positive part.
    ActivationFunction(.threshold, "Threshold", onnx: { _, _ in .apply("Sign", [.apply("Relu", [.x])]) })
  }
}

/// The perceptron's unit, 1 where x > 0, else 0; NaN stays NaN. Rosenblatt 1958, "The perceptron".
///
/// Its derivative is 0 wherever it has one, and 0 is the gradient that it passes on: nothing before it learns by gradients.
public func threshold(_ x: consuming Tensor) -> Tensor {
  let tape = Tape.recording(x)
  let node = x.body.node
  let input = isListening ? x : nil
  let y = Kernels.map(.activation(.threshold), x)
  tape?.record(y, node) { .zeros($0.shape, $0.scalarType) }
  if let input { report("Threshold", y, from: [input], as: .activation(.threshold)) }
  return y
}

/// The perceptron's unit: y = 1 where x > 0, else 0. Its gradient is 0, so what comes before it does not learn.
/// Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain".
public struct Threshold: Layer {
  /// The threshold is 0; the bias of the layer before moves it.
  public init() {}

  /// x of any shape → the same shape, with values 0 and 1.
  public func forward(_ x: consuming Tensor) -> Tensor { threshold(x) }
}
