/// Which implementation the C core takes for one pass of a convolution or a matrix product, and why: `APUS_VERBOSE=plan` as a value.
public struct KernelChoice: Hashable, Sendable {
  /// What is computed of an operation.
  public enum Pass: String, Hashable, Sendable, CaseIterable {
    /// The result.
    case forward = "forward"
    /// The gradient of the input.
    case backwardData = "backward data"
    /// The gradient of the weights; of a product, of its second operand.
    case backwardWeights = "backward weights"
  }

  /// What one implementation answered.
  public struct Answer: Hashable, Sendable {
    /// Its name, as `APUS_FORCE` takes it: `winograd`.
    public var implementation: String
    /// Why it was chosen or declined.
    public var reason: String

    package init(implementation: String, reason: String) {
      self.implementation = implementation
      self.reason = reason
    }
  }

  /// The pass that it is for.
  public var pass: Pass
  /// The implementation that computes the pass.
  public var chosen: Answer
  /// Those that were asked before it, in the order in which they were asked.
  public var declined: [Answer]

  package init(pass: Pass, chosen: Answer, declined: [Answer]) {
    self.pass = pass
    self.chosen = chosen
    self.declined = declined
  }
}

extension KernelChoice: CustomStringConvertible {
  /// `forward: direct, WHY; depthwise declined: WHY`.
  public var description: String {
    (["\(pass.rawValue): \(chosen.implementation), \(chosen.reason)"]
      + declined.map { "\($0.implementation) declined: \($0.reason)" }).joined(separator: "; ")
  }
}
