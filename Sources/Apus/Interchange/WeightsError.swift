/// Weights that cannot be given to a model, or taken from it.
public enum WeightsError: Error, Sendable, CustomStringConvertible {
  /// Names or shapes differ; nothing was changed.
  case doesNotFit(LoadReceipt)
  /// It is not known in what order the layer at a path lists its inputs, which PyTorch's layout depends on.
  case unknownOrder(String, OrderProblem)

  public enum OrderProblem: Hashable, Sendable {
    /// It is behind a flattened image (or may be), and no input shape was given to find the image's size with.
    case noInput
    /// An operation between the flattened image and the layer moves or joins features.
    case moved(by: String)
    /// The forward pass does not come to the layer.
    case notReached
  }

  public var description: String {
    switch self {
    case .doesNotFit(let receipt): receipt.refusal
    case .unknownOrder(let path, let problem): "\(path): \(problem)"
    }
  }
}

extension WeightsError.OrderProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noInput:
      """
      PyTorch's layout of a linear layer's weights behind a flattened image depends on the image's height and width: an input shape \
      [N, H, W, C] is needed to find them
      """
    case .moved(let operation):
      """
      the order of its inputs, in which PyTorch's layout differs, cannot be followed through \(operation); in Apus' own layout weights \
      are read and written as they are
      """
    case .notReached:
      "the forward pass does not come to it, so that PyTorch's order of its inputs is not known"
    }
  }
}
