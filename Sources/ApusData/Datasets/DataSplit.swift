import ApusCore
import ApusSupport

/// A part of a data set: training, validation or test.
public struct DataSplit: Sendable {
  /// The whole data set, of which `indices` chooses the part.
  public let dataset: ImageDataset
  /// The part's samples, indices into the data set: ascending in the library's own splits, with repeats in those of `bootstrap`.
  public let indices: [Int32]
  /// The training split's, in every split.
  public let normalization: Normalization
  /// For shuffled batches, which are what one trains on; batches in order are never augmented.
  public var augmentation: Augmentation?

  /// Traps if the normalization has another number of channels than the images, or if an index is outside the data set.
  public init(
    _ dataset: ImageDataset, indices: [Int32], normalization: Normalization, augmentation: Augmentation? = nil
  ) {
    if normalization.channels != dataset.channels {
      fatalError("normalization of \(normalization.channels) channels for images of \(dataset.channels)")
    }
    if let wrong = indices.first(where: { $0 < 0 || $0 >= dataset.count }) {
      fatalError("sample \(wrong) of a data set of \(dataset.count)")
    }
    self.dataset = dataset
    self.indices = indices
    self.normalization = normalization
    self.augmentation = augmentation
  }

  /// Number of samples.
  public var count: Int { indices.count }

  /// The class of each sample, in order.
  public var labels: [Int32] { indices.map { dataset.labels[Int($0)] } }

  /// The bytes of the `position`th sample, uint8 `[H, W, C]`.
  public func image(at position: Int) -> Tensor { dataset.image(Int(indices[position])) }

  /// Training batches in a random order, augmented. Batch k is a pure function of (seed, epoch, k): the same on any machine, with
  /// any number of threads, and whether or not the batches before it were made. The last batch has the samples left over.
  ///
  /// - Parameter first: the number of batches to leave out at the start, to go on in mid-epoch.
  public func batches(of size: Int, shuffled seed: UInt64, epoch: Int, from first: Int = 0) -> BatchSequence {
    if epoch < 0 { fatalError("epoch \(epoch)") }
    let order = Shuffle.permutation(count, seed: seed, stream: RandomDomain.shuffle | UInt64(epoch))
    let augmentation = augmentation.map { (augmentation: $0, seed: seed, epoch: epoch) }
    return BatchMaker(self, samples: order.map { indices[Int($0)] }, size: size, augmentation: augmentation)
      .batches(from: first)
  }

  /// Every sample once, in order and as stored: for evaluation.
  public func batches(of size: Int) -> BatchSequence {
    BatchMaker(self, samples: indices, size: size, augmentation: nil).batches(from: 0)
  }

  /// The part with the seed 1.
  public func sample(_ count: Int) -> DataSplit { sample(count, seed: 1) }

  /// A fixed part of this split with the classes' shares, for instance to measure the training accuracy on.
  public func sample(_ count: Int, seed: UInt64) -> DataSplit {
    let drawn = StratifiedDraw.draw(
      min(count, self.count), of: indices, labels: dataset.labels, classCount: dataset.classNames.count, seed: seed
    ).drawn
    return DataSplit(dataset, indices: drawn, normalization: normalization)
  }
}
