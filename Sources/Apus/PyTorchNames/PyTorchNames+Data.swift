/// Other libraries' ways to data: the compiler says what to write.

extension DataSplit {
  /// Images are made batch by batch.
  @available(
    *, unavailable,
    message:
      "images come in batches: for batch in split.batches(of: 64) { … batch.images … }; split.batches(of: split.count)[0] has all of them"
  )
  public var images: Tensor { fatalError("unavailable") }

  /// PyTorch's `shuffle=True`.
  @available(
    *, unavailable, message: "a shuffled pass has a seed and an epoch: batches(of: 64, shuffled: 1, epoch: epoch)"
  )
  public func batches(of size: Int, shuffle: Bool) -> BatchSequence { fatalError("unavailable") }

  /// PyTorch's `shuffle=True`.
  @available(
    *, unavailable, message: "a shuffled pass has a seed and an epoch: batches(of: 64, shuffled: 1, epoch: epoch)"
  )
  public func batches(of size: Int, shuffled: Bool) -> BatchSequence { fatalError("unavailable") }

  /// PyTorch's `shuffle=True`.
  @available(
    *, unavailable, message: "a shuffled pass has a seed and an epoch: batches(of: 64, shuffled: 1, epoch: epoch)"
  )
  public func batches(_ size: Int, shuffle: Bool) -> BatchSequence { fatalError("unavailable") }

  /// PyTorch's `batch_size`.
  @available(*, unavailable, renamed: "batches(of:)")
  public func batches(batchSize: Int) -> BatchSequence { fatalError("unavailable") }
}

/// PyTorch's loader: a split makes its batches, `split.batches(of: 64)`.
@available(
  *, unavailable,
  message: "a split makes its batches: for batch in data.train.batches(of: 64, shuffled: 1, epoch: epoch) { … }"
)
public struct DataLoader {
  /// Write `split.batches(of: 64)`, or with `shuffled: 1, epoch: epoch` for `shuffle: true`.
  public init(_ split: DataSplit, batchSize: Int, shuffle: Bool = false) { fatalError("unavailable") }
}

/// PyTorch's pair of samples and labels.
@available(
  *, unavailable,
  message:
    "slice the tensors: x[0..<64] and labels[0..<64]; images as bytes become ImageDataset(images: bytes, labels: labels, classNames: names, source: \"mine\")"
)
public struct TensorDataset {
  /// Write `x[0..<64]` and `labels[0..<64]`, or make an `ImageDataset` of bytes.
  public init(_ samples: Tensor, _ labels: Tensor) { fatalError("unavailable") }
}
