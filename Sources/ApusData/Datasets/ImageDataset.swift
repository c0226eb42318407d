import ApusCore
import ApusSupport

/// Labeled images as they are stored: bytes, all of one size.
public struct ImageDataset: Sendable {
  /// uint8 `[N, H, W, C]`; 0 is black.
  public let images: Tensor
  /// The class of each image, an index into `classNames`.
  public let labels: [Int32]
  /// The class with label k is called `classNames[k]`.
  public let classNames: [String]
  /// Where the images come from, for records and messages: "digits", or the path of a file.
  package let source: String

  /// Number of images, N.
  public var count: Int { labels.count }
  /// Height of every image, in pixels.
  package var height: Int { images.shape[1] }
  /// Width of every image, in pixels.
  package var width: Int { images.shape[2] }
  /// Values per pixel: 1 for gray images, 3 for red, green and blue.
  package var channels: Int { images.shape[3] }

  /// - Parameter labelSource: named where a label is wrong; `source` by default.
  /// - Throws: `DataError` if there is no image, the counts of images and labels differ, or a label has no class.
  public init(
    images: Tensor, labels: [Int32], classNames: [String], source: String, labelSource: String? = nil
  ) throws {
    if images.scalarType != .uint8 || images.rank != 4 {
      let hint = images.scalarType == .float32 ? "; of values from 0 to 1, (x * 255).cast(to: .uint8) makes bytes" : ""
      fatalError(
        "images of a data set are uint8 [N, H, W, C]; these are \(images.scalarType) \(images.shape)\(hint)")
    }
    if images.elementCount == 0 {
      throw DataError(source, found: "images of shape \(images.shape)", expected: "at least one image with pixels")
    }
    if labels.count != images.shape[0] {
      throw DataError(
        labelSource ?? source, found: "\(labels.count) labels",
        expected: "\(images.shape[0]), one for each image of \(source)")
    }
    if let index = labels.firstIndex(where: { $0 < 0 || $0 >= classNames.count }) {
      throw DataError(
        labelSource ?? source, found: "label \(labels[index]) at index \(index)",
        expected: "0...\(classNames.count - 1)")
    }
    self.images = images
    self.labels = labels
    self.classNames = classNames
    self.source = source
  }

  /// The same labels for other images, as many.
  init(_ dataset: ImageDataset, images: Tensor) {
    self.images = images
    labels = dataset.labels
    classNames = dataset.classNames
    source = dataset.source
  }

  /// The same images with so many black pixels on every side.
  package func padded(by margin: Int) -> ImageDataset {
    let (above, row) = (margin * (width + 2 * margin) * channels, width * channels)
    let padded = Tensor(shape: [count, height + 2 * margin, width + 2 * margin, channels], of: UInt8.self) { output in
      output.initialize(repeating: 0)
      let size = output.count / max(1, count)
      self.images.withUnsafeScalars(of: UInt8.self) { bytes in
        for line in 0..<count * height {
          let start = line / height * size + above + line % height * (row + 2 * margin * channels) + margin * channels
          _ = output[start..<start + row].update(fromContentsOf: bytes[line * row..<(line + 1) * row])
        }
      }
    }
    return ImageDataset(self, images: padded)
  }

  /// The bytes of image `index`, `[H, W, C]`.
  public func image(_ index: Int) -> Tensor {
    let size = height * width * channels
    return images.withUnsafeScalars(of: UInt8.self) { all in
      Tensor(shape: [height, width, channels], of: UInt8.self) { pixels in
        _ = pixels.initialize(from: all[index * size..<(index + 1) * size])
      }
    }
  }

  /// Its images and labels.
  func add(to fingerprint: inout Fingerprint) {
    images.withUnsafeScalars(of: UInt8.self) { fingerprint.add($0) }
    for label in labels { fingerprint.add((0..<4).map { UInt8(truncatingIfNeeded: label >> (8 * $0)) }) }
  }
}
