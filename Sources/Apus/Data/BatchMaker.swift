/// Makes any batch of one pass through a split: a pure function of the batch's number, callable from any thread.
struct BatchMaker: Sendable {
  private let dataset: ImageDataset
  /// Indices into the data set in the order of the pass.
  private let samples: [Int32]
  private let size: Int
  private let augmentation: (augmentation: Augmentation, seed: UInt64, epoch: Int)?
  /// Factor and offset for each byte of an image's row, so that a row is one loop over bytes for any number of channels.
  private let rowFactors: [Float]
  private let rowOffsets: [Float]

  init(
    _ split: DataSplit, samples: [Int32], size: Int,
    augmentation: (augmentation: Augmentation, seed: UInt64, epoch: Int)?
  ) {
    if size < 1 { fatalError("batches of \(size) samples") }
    dataset = split.dataset
    self.samples = samples
    self.size = size
    self.augmentation = augmentation
    let (factors, offsets) = split.normalization.affine
    rowFactors = (0..<dataset.width).flatMap { _ in factors }
    rowOffsets = (0..<dataset.width).flatMap { _ in offsets }
  }

  /// Number of batches; the last one may be short.
  var count: Int { (samples.count + size - 1) / size }

  func batch(_ index: Int) -> Batch {
    let chosen = samples[index * size..<min((index + 1) * size, samples.count)]
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    let imageSize = height * width * channels
    let images = dataset.images.withUnsafeScalars(of: UInt8.self) { bytes in
      Tensor(shape: [chosen.count, height, width, channels], of: Float.self) { output in
        for (position, sample) in chosen.enumerated() {
          let image = UnsafeBufferPointer(rebasing: bytes[Int(sample) * imageSize..<(Int(sample) + 1) * imageSize])
          let place = UnsafeMutableBufferPointer(rebasing: output[position * imageSize..<(position + 1) * imageSize])
          let shift =
            augmentation.map { $0.augmentation.shift(sample: Int(sample), seed: $0.seed, epoch: $0.epoch) } ?? (0, 0)
          normalize(image, into: place, shift)
        }
      }
    }
    return Batch(images: images, labels: Tensor(chosen.map { dataset.labels[Int($0)] }, shape: [chosen.count]))
  }

  /// output[y, x] = image[y − down, x − right] · factor + offset; a byte from beyond the border is 0.
  private func normalize(
    _ image: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<Float>,
    _ shift: (down: Int, right: Int)
  ) {
    let row = rowFactors.count
    let step = shift.right * dataset.channels
    let inside = min(max(step, 0), row)..<max(min(row + step, row), min(max(step, 0), row))
    rowFactors.withUnsafeBufferPointer { factors in
      rowOffsets.withUnsafeBufferPointer { offsets in
        for y in 0..<dataset.height {
          let target = output.baseAddress! + y * row
          let from = y - shift.down
          if from < 0 || from >= dataset.height {
            target.update(from: offsets.baseAddress!, count: row)
            continue
          }
          let source = image.baseAddress! + from * row - step
          for x in 0..<inside.lowerBound { target[x] = offsets[x] }
          for x in inside { target[x] = Float(source[x]) * factors[x] + offsets[x] }
          for x in inside.upperBound..<row { target[x] = offsets[x] }
        }
      }
    }
  }
}
