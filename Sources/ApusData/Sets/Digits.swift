import ApusCore
import ApusSupport
internal import CApusDigits

/// The UCI handwritten digits: 1,797 real images of 8×8 pixels, inside the library.
///
/// E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998 (the test part,
/// as in scikit-learn's `load_digits`), CC BY 4.0.
public enum Digits {
  /// Height and width of the images that `load()` gives, LeNet-5's.
  package static let size = 32

  /// White digits on black, uint8 `[N, 32, 32, 1]`: 360 test images (20 %) and 144 validation images (a tenth of the rest), both with
  /// the classes' shares and the same for every training seed. Training images move by up to two pixels, half one of the original.
  public static func load() -> DataSplits {
    let dataset = dataset()
    let all = Array(0..<Int32(dataset.count))
    let (test, rest) = StratifiedDraw.draw(
      360, of: all, labels: dataset.labels, classCount: 10, seed: DataSplits.splitSeed)
    do {
      return try DataSplits(
        training: dataset, indices: rest, validationCount: 144, test: (dataset, test),
        augmentation: Augmentation(maximumShift: 2))
    } catch { fatalError("the digits inside the library are damaged: \(error)") }
  }

  /// All images in the original order, resized to 32×32.
  package static func dataset() -> ImageDataset {
    do {
      let (images, labels) = try original()
      return try ImageDataset(
        images: enlarged(images), labels: labels, classNames: (0..<10).map { String($0) }, source: "digits")
    } catch { fatalError("the digits inside the library are damaged: \(error)") }
  }

  /// Images `[1797, 8, 8]` with values 0...16, and labels, as published.
  package static func original() throws -> (images: Tensor, labels: [Int32]) {
    var byteCount = 0
    let start = apus_digits(&byteCount)
    let compressed = Array(UnsafeBufferPointer(start: start, count: byteCount))
    var bytes = try Gzip.decode(compressed, limit: 1 << 20, file: "digits")[...]
    let images = try IDX.takeFirst(&bytes, axes: 3, file: "digits")
    let labels = try IDX.takeFirst(&bytes, axes: 1, file: "digits")
    return (images, labels.array(of: UInt8.self).map { Int32($0) })
  }

  /// Four times larger by bilinear interpolation with half-pixel centers, clamped at the border, and 0...16 mapped to 0...255.
  ///
  /// Target pixel i lies at (i + ½)/4 − ½ of the source, so that the weights are eighths and the whole is exact in integers.
  private static func enlarged(_ images: Tensor) -> Tensor {
    let (from, to) = (8, size)
    let taps = (0..<to).map { index in
      let eighths = 2 * index + 1 - 4
      let low = (eighths + 8) / 8 - 1
      let weight = eighths - 8 * low
      return (low: max(low, 0), high: min(low + 1, from - 1), weight: weight)
    }
    return images.withUnsafeScalars(of: UInt8.self) { source in
      Tensor(shape: [images.shape[0], to, to, 1], of: UInt8.self) { target in
        for image in 0..<images.shape[0] {
          let base = image * from * from
          for y in 0..<to {
            for x in 0..<to {
              func row(_ index: Int) -> Int {
                Int(source[base + index * from + taps[x].low]) * (8 - taps[x].weight)
                  + Int(source[base + index * from + taps[x].high]) * taps[x].weight
              }
              let sum = row(taps[y].low) * (8 - taps[y].weight) + row(taps[y].high) * taps[y].weight
              // sum / 64 is the value in 0...16; rounded half up.
              target.initializeElement(at: (image * to + y) * to + x, to: UInt8((sum * 255 + 512) / 1024))
            }
          }
        }
      }
    }
  }
}
