/// Other libraries' ways to data: the compiler says what to write.

extension DataSplit {
  /// PyTorch's `shuffle=True`.
  @available(*, unavailable, message: "a shuffled pass has a seed and an epoch: batches(of: 64, shuffled: 1, epoch: 0)")
  public func batches(of size: Int, shuffle: Bool = false, shuffled: Bool = false) -> BatchSequence {
    fatalError("unavailable")
  }
}

/// PyTorch's loader: a split makes its batches, `split.batches(of: 64)`.
@available(*, unavailable, message: "a split makes its batches: split.batches(of: 64, shuffled: 1, epoch: epoch)")
public typealias DataLoader = AnotherLibrarysObject
