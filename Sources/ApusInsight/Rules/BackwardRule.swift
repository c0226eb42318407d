import ApusCore

/// How gradients, or whatever takes their place, go back through operations: a rule of one's own for some of them.
///
/// ```swift
/// /// Gradients that are positive on their way back (Zeiler & Fergus 2014).
/// let deconvolution = BackwardRule { operation in
///   operation == .activation(.relu) ? { _, gradient in [relu(gradient)] } : nil
/// }
/// let pass = try RuledPass(model, input: images.shape)
/// let map = try pass(images, seed: .oneHot(classes, classes: 10), by: deconvolution).inputs[0]
/// ```
public struct BackwardRule {
  /// From what arrives at an operation's result to what goes to each of its inputs, of the input's shape; `nil` where nothing does.
  public typealias Pullback = (_ step: BackwardStep, _ gradient: Tensor) -> [Tensor?]

  package let pullback: (_ operation: TensorOperation) -> Pullback?

  /// - Parameter pullback: the rule for an operation; `nil` where it keeps its own gradient.
  public init(_ pullback: @escaping (_ operation: TensorOperation) -> Pullback?) { self.pullback = pullback }

  /// Every operation has its own gradient.
  public static var gradient: BackwardRule { BackwardRule { _ in nil } }
}

/// An operation of a pass with the values that it had, as a `BackwardRule` sees it.
public struct BackwardStep {
  /// With its sizes and settings resolved.
  public let operation: TensorOperation
  /// Of the layer in the model; empty where the operation belongs to no layer.
  public let path: String
  /// As the operation lists them, weights and other constants included.
  public let inputs: [Tensor]
  /// What it made of them.
  public let output: Tensor
  /// For each input whether it depends on the image: only those are wanted.
  public let isWanted: [Bool]
  /// Whether it is the last convolution or linear layer: the classifier.
  package let isClassifier: Bool

  /// The same operation on other values.
  public func applied(to inputs: [Tensor]) -> Tensor { operation.applied(to: inputs, making: output.shape) }

  /// The operation's own gradients at other values of its inputs, `nil` for those that are not wanted.
  public func gradients(of gradient: Tensor, at inputs: [Tensor]) -> [Tensor?] {
    let places = isWanted.indices.filter { isWanted[$0] }
    let taken = valueWithGradients(at: places.map { inputs[$0] }, in: .inference) { leaves in
      var all = inputs
      for (place, leaf) in zip(places, leaves) { all[place] = leaf }
      return (applied(to: all) * gradient).sum()
    }
    var gradients = [Tensor?](repeating: nil, count: inputs.count)
    for (place, own) in zip(places, taken.gradients) { gradients[place] = own }
    return gradients
  }
}
