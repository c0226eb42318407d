import ApusCore

/// Samples that are trained on or measured, in batches: images of a data set (`DataSplit`), tensors (`TensorSamples`), composed scenes
/// (`SceneSamples`), or a stream of one's own.
///
/// A source holds no position. Batch k of an epoch is a pure function of (seed, epoch, k), whatever was made before it, which is what lets
/// an interrupted run go on to the same bits:
///
/// ```swift
/// struct Noise: SampleSource {
///   let count = 512
///   var sampleShape: Shape { [8] }
///
///   func batches(of size: Int, shuffled seed: UInt64, epoch: Int, from first: Int) -> BatchSequence {
///     BatchSequence(count: (count + size - 1) / size, from: first) { index in
///       let n = min(size, count - index * size)
///       let x = Tensor.normal([n, 8], seed: seed, stream: UInt64(epoch) << 32 | UInt64(index))
///       return Batch(images: x, targets: x.sum(axes: [1], keepingDimensions: true))
///     }
///   }
///   func batches(of size: Int) -> BatchSequence { batches(of: size, shuffled: 0, epoch: 0, from: 0) }
///   func sample(_ count: Int) -> Noise { self }
/// }
/// ```
public protocol SampleSource: Sendable {
  /// Number of samples of one epoch.
  var count: Int { get }
  /// Shape of one sample as the network takes it, without the axis of the batch: `[H, W, C]` of an image.
  var sampleShape: Shape { get }

  /// The batches of a training epoch. The last one has the samples left over.
  ///
  /// - Parameters:
  ///   - seed: of the order of the samples and of their augmentation.
  ///   - epoch: counted from 1 by the trainer.
  ///   - first: the number of batches to leave out at the start, to go on in mid-epoch.
  func batches(of size: Int, shuffled seed: UInt64, epoch: Int, from first: Int) -> BatchSequence

  /// Every sample once, always the same and in the same order: for evaluation.
  func batches(of size: Int) -> BatchSequence

  /// A fixed part of at most `count` samples, to measure training on.
  func sample(_ count: Int) -> Self

  /// Changes where the samples do: by it a run that is resumed sees other data. `nil` if that cannot be told.
  var fingerprint: String? { get }
}

extension SampleSource {
  /// None.
  public var fingerprint: String? { nil }
}

extension DataSplit: SampleSource {
  /// Height, width and channels of every image.
  public var sampleShape: Shape { [dataset.height, dataset.width, dataset.channels] }
}
