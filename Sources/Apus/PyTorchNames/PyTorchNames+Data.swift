/// Other libraries' ways to data: the compiler says what to write.

extension DataSplit {
  /// Images are made batch by batch.
  @available(*, unavailable, message: "images come in batches: for batch in split.batches(of: 64) { batch.images }")
  public var images: Tensor { fatalError("unavailable") }

  /// PyTorch's `shuffle=True`.
  @available(*, unavailable, message: "a shuffled pass has a seed and an epoch: batches(of: 64, shuffled: 1, epoch: 0)")
  public func batches(of size: Int, shuffle: Bool = false, shuffled: Bool = false) -> BatchSequence {
    fatalError("unavailable")
  }

  /// PyTorch's `batch_size`.
  @available(*, unavailable, message: "batches(of: 64), or shuffled: batches(of: 64, shuffled: 1, epoch: epoch)")
  public func batches(_ size: Int = 0, batchSize: Int = 0, shuffle: Bool = false) -> BatchSequence {
    fatalError("unavailable")
  }
}

/// PyTorch's loader: a split makes its batches, `split.batches(of: 64)`.
@available(*, unavailable, message: "a split makes its batches: split.batches(of: 64, shuffled: 1, epoch: epoch)")
public typealias DataLoader = AnotherLibrarysObject
