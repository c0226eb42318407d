import ApusCore
import ApusSupport

/// Dropout while gradients are taken and in phase `.monteCarlo`: each element is 0 with probability `dropProbability`.
/// Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
///
/// The two forms have the same mean over masks. Texts differ in whether p drops or keeps, so the argument's name says it.
public struct Dropout: Layer {
  /// Where the masks' mean is corrected: in training or in use.
  public enum Form: String, Hashable, Sendable {
    /// What is kept is divided by the probability of keeping; outside of training nothing happens.
    case inverted
    /// What is kept stays as it is; outside of training everything is multiplied by the probability of keeping.
    case vanilla
  }

  /// In 0..<1; PyTorch's `p`.
  package let dropProbability: Double
  /// `inverted` unless given, as in PyTorch.
  package let form: Form

  /// Traps unless the probability is in 0..<1.
  public init(dropProbability: Double, form: Form = .inverted) {
    // A NaN is in no range.
    guard (0..<1).contains(dropProbability) else {
      fatalError("Dropout: the probability of dropping \(dropProbability) is not in 0..<1")
    }
    self.dropProbability = dropProbability
    self.form = form
  }

  /// 1 − keepProbability is dropped. Traps unless the probability is above 0 and at most 1.
  public init(keepProbability: Double, form: Form = .inverted) {
    guard keepProbability > 0, keepProbability <= 1 else {
      fatalError("Dropout: the probability of keeping \(keepProbability) is not in 0<...1")
    }
    self.init(dropProbability: 1 - keepProbability, form: form)
  }

  /// x of any shape → the same shape. In inference x itself if `inverted`, x · (1 − dropProbability) if `vanilla`.
  public func forward(_ x: consuming Tensor) -> Tensor {
    let drops = Scope.current?.phase.dropout ?? false
    if form == .inverted || dropProbability == 0 { return dropout(x, dropProbability: dropProbability) }
    let kept = 1 - dropProbability
    return drops ? dropout(x, dropProbability: dropProbability) * kept : x * kept
  }
}

/// Inverted dropout: each element is 0 with probability `dropProbability`, else x / (1 − dropProbability). Draws only in a phase with
/// dropout; the mask is keyed by the scope's (seed, step) and the ordinal of the operation in it.
public func dropout(_ x: consuming Tensor, dropProbability: Double) -> Tensor {
  guard (0..<1).contains(dropProbability) else {
    fatalError("dropout: the probability of dropping \(dropProbability) is not in 0..<1")
  }
  Tensor.enter(&x, "Dropout")
  guard let scope = Scope.current, scope.phase.dropout, dropProbability > 0 else { return x }
  let (seed, stream) = (scope.key.seed, scope.nextRandomStream())
  let tape = Tape.recording(x)
  let node = x.body.node
  let input = isListening ? x : nil
  let y = Kernels.map(.dropout(rate: dropProbability, seed: seed, stream: stream), x)
  tape?.record(y, node) { Kernels.map(.dropout(rate: dropProbability, seed: seed, stream: stream), $0) }
  if let input { report("Dropout", y, from: [input], with: .init(features: .keeps)) }
  return y
}
