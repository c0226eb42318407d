import ApusCore
import ApusSupport

/// A branch left out of some samples: while gradients are taken and in phase `.monteCarlo` each sample is 0 with probability
/// `dropProbability`, else x / (1 − dropProbability). PyTorch's mode `row`. Huang et al. 2016, "Deep networks with stochastic depth".
///
/// It stands at the end of a residual branch, which it leaves out: `Residual { …; StochasticDepth(dropProbability: 0.1) }`.
public struct StochasticDepth: Layer {
  /// In 0..<1.
  package let dropProbability: Double

  /// Traps unless the probability is in 0..<1.
  public init(dropProbability: Double) {
    guard (0..<1).contains(dropProbability) else {
      fatalError("StochasticDepth: the probability of dropping \(dropProbability) is not in 0..<1")
    }
    self.dropProbability = dropProbability
  }

  /// [N, …] → the same shape; in inference x itself.
  public func forward(_ x: consuming Tensor) -> Tensor {
    if x.isPoisoned { return x }
    Tensor.enter(&x, "StochasticDepth")
    guard Scope.current?.phase.dropout ?? false, dropProbability > 0, x.rank > 0 else { return x }
    let samples = Shape([x.shape[0]] + Array(repeating: 1, count: x.rank - 1))
    return x * dropout(.ones(samples, x.scalarType), dropProbability: dropProbability)
  }
}
