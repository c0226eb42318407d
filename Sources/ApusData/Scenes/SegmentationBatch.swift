import ApusCore

/// Some images with a class for every pixel, ready for a network.
public struct SegmentationBatch: Sendable {
  /// float32 `[N, H, W, C]`, normalized.
  public let images: Tensor
  /// int32 `[N, H, W]`.
  public let labels: Tensor

  /// Traps unless the images are `[N, H, W, C]` and the labels int32 `[N, H, W]` with the same N, H and W.
  public init(images: Tensor, labels: Tensor) {
    if images.rank != 4 || labels.scalarType != .int32 || labels.shape != Shape(images.shape.dropLast()) {
      fatalError(
        """
        SegmentationBatch: images of shape \(images.shape) and \(labels.scalarType) labels of shape \(labels.shape), \
        expected [N, H, W, C] and int32 [N, H, W]
        """)
    }
    self.images = images
    self.labels = labels
  }

  /// Number of images, N.
  public var count: Int { images.shape[0] }
}
