import ApusCore

/// Some samples of a data set, ready for a network.
public struct Batch: Sendable {
  /// What the network takes: images float32 `[N, H, W, C]`, normalized, or other inputs `[N, …]`.
  public let images: Tensor
  /// What the loss compares the network's results with: classes of images int32 `[N]`, of their pixels int32 `[N, H, W]`, or targets.
  public let labels: Tensor

  /// Labels of another type must be whole numbers.
  public init(images: Tensor, labels: Tensor) {
    self.images = images
    self.labels = wholeLabels(labels, "Batch")
  }

  /// With targets that are no classes, as they are: numbers `[N, …]` for a regression.
  public init(images: Tensor, targets: Tensor) {
    self.images = images
    labels = targets
  }

  /// Number of samples, N. The last batch of an epoch may have fewer than the others: weight its mean loss by this.
  public var count: Int { images.shape[0] }
}
