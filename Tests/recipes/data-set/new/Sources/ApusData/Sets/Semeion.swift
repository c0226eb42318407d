import ApusCore
import ApusSupport

/// The Semeion handwritten digits: 1,593 images of 16×16 pixels, black or white.
///
/// Semeion Research Center of Sciences of Communication and Tactile Srl, UCI Machine Learning Repository, 1998. A line of the file is an
/// image: 256 numbers, 0 or 1, row by row, then ten more, of which the one at the digit's place is 1.
public enum Semeion {
  /// Height and width of an image, in pixels.
  public static let size = 16

  /// Reads `semeion.data` from `folder`. A fifth of the images are the test split and a tenth of the rest the validation split, both with
  /// the classes' shares and the same for every training seed. Training images move by one pixel.
  ///
  /// - Throws: `DataError` if the file is missing or is too small, `FileError` if it cannot be read or is damaged.
  public static func load(folder: String) throws -> DataSplits {
    let path = "\(folder)/semeion.data"
    if !File.exists(path) {
      throw DataError(folder, found: "no file semeion.data", expected: "the Semeion digits in this folder")
    }
    let dataset = try read(path)
    let all = Array(0..<Int32(dataset.count))
    let (test, rest) = StratifiedDraw.draw(
      all.count / 5, of: all, labels: dataset.labels, classCount: 10, seed: DataSplits.splitSeed)
    return try DataSplits(
      training: dataset, indices: rest, validationCount: rest.count / 10, test: (dataset, test),
      augmentation: Augmentation(maximumShift: 1))
  }

  private static func read(_ path: String) throws -> ImageDataset {
    var (pixels, labels): ([UInt8], [Int32]) = ([], [])
    let pixelCount = size * size
    let text = String(decoding: try File.contents(of: path), as: UTF8.self)
    for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
      let numbers = line.split(separator: " ").map { Double($0) }
      guard numbers.count == pixelCount + 10, numbers.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw FileError(
          path, found: "\(numbers.count) words in image \(index + 1)",
          expected: "\(pixelCount + 10) numbers, each 0 or 1")
      }
      guard let label = numbers[pixelCount...].firstIndex(of: 1), !numbers[(label + 1)...].contains(1) else {
        throw FileError(
          path, found: "not one class for image \(index + 1)", expected: "1 at one of the last ten places")
      }
      pixels += numbers[..<pixelCount].map { $0 == 1 ? 255 : 0 }
      labels.append(Int32(label - pixelCount))
    }
    return try ImageDataset(
      images: Tensor(pixels, shape: [labels.count, size, size, 1]), labels: labels,
      classNames: (0..<10).map { String($0) }, source: path)
  }
}
