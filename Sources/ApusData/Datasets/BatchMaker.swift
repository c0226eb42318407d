import ApusCore
import ApusSupport

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
    if size < 1 { fatalError("a batch size of \(size), expected at least 1") }
    dataset = split.dataset
    self.samples = samples
    self.size = size
    self.augmentation = augmentation
    let (factors, offsets) = split.normalization.affine
    rowFactors = (0..<dataset.width).flatMap { _ in factors }
    rowOffsets = (0..<dataset.width).flatMap { _ in offsets }
  }

  /// Number of batches; the last one may be short.
  private var count: Int { (samples.count + size - 1) / size }

  func batches(from first: Int) -> BatchSequence {
    BatchSequence(count: count, from: first) { batch($0) }
  }

  private func batch(_ index: Int) -> Batch {
    let chosen = samples[index * size..<min((index + 1) * size, samples.count)]
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    let imageSize = height * width * channels
    let images = dataset.images.withUnsafeScalars(of: UInt8.self) { bytes in
      Tensor(shape: [chosen.count, height, width, channels], of: Float.self) { output in
        for (position, sample) in chosen.enumerated() {
          let image = UnsafeBufferPointer(rebasing: bytes[Int(sample) * imageSize..<(Int(sample) + 1) * imageSize])
          let place = UnsafeMutableBufferPointer(rebasing: output[position * imageSize..<(position + 1) * imageSize])
          let choice = augmentation?.augmentation.choice(
            sample: Int(sample), seed: augmentation!.seed, epoch: augmentation!.epoch)
          write(image, into: place, choice ?? Augmentation.Choice())
        }
      }
    }
    return Batch(images: images, labels: Tensor(chosen.map { dataset.labels[Int($0)] }, shape: [chosen.count]))
  }

  /// output[y, x] = image[y − down, x − right] · factor + offset, of the image as flipped and colored; a byte from beyond the border
  /// is 0. What is cut out is 0 after the normalization, the mean color.
  private func write(
    _ image: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<Float>, _ choice: Augmentation.Choice
  ) {
    if choice.isFlipped || choice.changesColors {
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: image.count) { changed in
        _ = changed.initialize(from: image)
        if choice.changesColors { jitter(changed, choice) }
        if choice.isFlipped { flip(changed) }
        normalize(UnsafeBufferPointer(changed), into: output, choice)
      }
    } else {
      normalize(image, into: output, choice)
    }
    if let center = choice.center, let side = augmentation?.augmentation.cutout {
      let (y, x) = (Int(center.y * Float(dataset.height)), Int(center.x * Float(dataset.width)))
      let rows = max(0, y - side / 2)..<min(dataset.height, y - side / 2 + side)
      let columns = max(0, x - side / 2)..<min(dataset.width, x - side / 2 + side)
      for row in rows {
        let start = (row * dataset.width + columns.lowerBound) * dataset.channels
        output[start..<start + columns.count * dataset.channels].update(repeating: 0)
      }
    }
  }

  private func flip(_ image: UnsafeMutableBufferPointer<UInt8>) {
    let (width, channels) = (dataset.width, dataset.channels)
    for row in 0..<dataset.height {
      let start = row * width * channels
      for x in 0..<width / 2 {
        for channel in 0..<channels {
          image.swapAt(start + x * channels + channel, start + (width - 1 - x) * channels + channel)
        }
      }
    }
  }

  /// Brightness: · factor. Contrast: from the image's mean luma. Saturation: from each pixel's luma; only if there are three channels.
  private func jitter(_ image: UnsafeMutableBufferPointer<UInt8>, _ choice: Augmentation.Choice) {
    let channels = dataset.channels
    func luma(_ pixel: Int) -> Float {
      channels == 3
        ? 0.299 * Float(image[pixel]) + 0.587 * Float(image[pixel + 1]) + 0.114 * Float(image[pixel + 2])
        : Float(image[pixel])
    }
    func byte(_ value: Float) -> UInt8 { UInt8(max(0, min(255, value.rounded()))) }
    let pixels = stride(from: 0, to: image.count, by: channels)
    let mean = pixels.reduce(Float(0)) { $0 + luma($1) } * choice.brightness / Float(image.count / channels)
    for pixel in pixels {
      let gray = luma(pixel)
      for channel in 0..<channels {
        var value = Float(image[pixel + channel])
        if channels == 3 { value = gray + choice.saturation * (value - gray) }
        image[pixel + channel] = byte(mean + choice.contrast * (value * choice.brightness - mean))
      }
    }
  }

  private func normalize(
    _ image: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<Float>,
    _ shift: Augmentation.Choice
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
