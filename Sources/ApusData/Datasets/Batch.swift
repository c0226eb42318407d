import ApusCore

/// Some samples of a data set, ready for a network.
public struct Batch: Sendable {
  /// float32 `[N, H, W, C]`, normalized.
  public let images: Tensor
  /// int32 `[N]`.
  public let labels: Tensor

  /// Labels of another type must be whole numbers.
  public init(images: Tensor, labels: Tensor) {
    self.images = images
    self.labels = wholeLabels(labels, "Batch")
  }

  /// Number of samples, N. The last batch of an epoch may have fewer than the others: weight its mean loss by this.
  public var count: Int { images.shape[0] }
}
