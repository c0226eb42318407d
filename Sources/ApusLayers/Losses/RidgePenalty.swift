import ApusCore

/// The ridge or Tikhonov term of a full loss, R(W) = λ Σ w² over the weights: data loss + R(W). Its gradient is 2λw;
/// the weight decay of an optimizer, λ'w, is the same with λ' = 2λ (for plain gradient descent, not for Adam). From a
/// Gaussian prior of variance 1 / 2λ on each weight; lectures 1 and 3.
///
/// Only parameters with at least two axes are counted, filters and matrices: biases, scales and shifts are left alone.
public func ridgePenalty(_ parameters: ParameterList, weight lambda: Double) -> Tensor {
  requireOption(lambda, "ridgePenalty", "weight", "a finite number of at least 0", lambda >= 0 && lambda.isFinite)
  let squares = parameters.filter { $0.parameter.shape.count >= 2 }.map { $0.parameter.value.square().sum() }
  guard let first = squares.first else { return .zeros([]) }
  return squares.dropFirst().reduce(first) { $0 + $1 } * lambda
}
