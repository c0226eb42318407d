import ApusCore
import ApusSupport

/// CIFAR-10 in its binary form: 32×32 color images of ten classes. A. Krizhevsky, "Learning multiple layers of features from tiny
/// images", 2009.
///
/// A record is a byte with the class and 3,072 bytes of pixels: the red, the green and the blue plane, row by row.
public enum CIFAR10 {
  /// Height and width of an image, in pixels.
  public static let size = 32
  private static let planeSize = size * size
  private static let recordSize = 1 + 3 * planeSize

  /// Reads `data_batch_1.bin` … `data_batch_5.bin` (those that are there, at least one) and `test_batch.bin`, each with or without
  /// `.gz`, and the classes' names from `batches.meta.txt` from `folder`. A tenth of the training images with the classes' shares
  /// is the validation split, the same for every training seed. Training images move by up to four pixels, as in He et al. 2016.
  ///
  /// - Throws: `DataError` if a file is missing or disagrees, `FileError` if one cannot be read or is damaged.
  public static func load(folder: String) throws -> DataSplits {
    let batches = (1...5).compactMap { find("data_batch_\($0).bin", in: folder) }
    guard !batches.isEmpty, let test = find("test_batch.bin", in: folder) else {
      throw DataError(
        folder,
        found: "no file \(batches.isEmpty ? "data_batch_1.bin … data_batch_5.bin" : "test_batch.bin"), plain or .gz",
        expected: "the binary version of CIFAR-10 in this folder")
    }
    let names = try classNames(in: folder)
    let train = try read(batches, classNames: names, source: batches.count == 1 ? batches[0] : folder)
    return try DataSplits(
      training: train, indices: Array(0..<Int32(train.count)), validationCount: train.count / 10,
      test: all(read([test], classNames: names, source: test)), augmentation: Augmentation(maximumShift: 4))
  }

  private static func all(_ dataset: ImageDataset) -> (dataset: ImageDataset, indices: [Int32]) {
    (dataset, Array(0..<Int32(dataset.count)))
  }

  private static func find(_ name: String, in folder: String) -> String? {
    ["\(folder)/\(name)", "\(folder)/\(name).gz"].first { File.exists($0) }
  }

  private static func classNames(in folder: String) throws -> [String] {
    let path = "\(folder)/batches.meta.txt"
    let text = String(decoding: try File.contents(of: path), as: UTF8.self)
    let names = text.split(whereSeparator: \.isNewline).map { String($0) }
    if names.count != 10 || Set(names).count != 10 {
      throw DataError(path, found: "\(Set(names).count) different names", expected: "10, one per line")
    }
    return names
  }

  private static func read(_ files: [String], classNames: [String], source: String) throws -> ImageDataset {
    let contents = try files.map { try (name: $0, bytes: records(in: $0)) }
    let count = contents.reduce(0) { $0 + $1.bytes.count / recordSize }
    var labels = [Int32]()
    labels.reserveCapacity(count)
    for (file, bytes) in contents {
      for start in stride(from: 0, to: bytes.count, by: recordSize) {
        if bytes[start] > 9 {
          throw FileError(
            file, found: "class \(bytes[start]) in record \(start / recordSize) (byte \(start))", expected: "0...9")
        }
        labels.append(Int32(bytes[start]))
      }
    }
    let images = Tensor(shape: [count, size, size, 3], of: UInt8.self) { output in
      var image = output.baseAddress!
      for (_, bytes) in contents {
        bytes.withUnsafeBufferPointer { bytes in
          for start in stride(from: 1, to: bytes.count, by: recordSize) {
            for pixel in 0..<planeSize {
              for channel in 0..<3 {
                (image + 3 * pixel + channel).initialize(to: bytes[start + channel * planeSize + pixel])
              }
            }
            image += 3 * planeSize
          }
        }
      }
    }
    return try ImageDataset(images: images, labels: labels, classNames: classNames, source: source)
  }

  /// Whole records of a file, plain or gzip.
  private static func records(in file: String) throws -> [UInt8] {
    let stored = try File.contents(of: file)
    // Ten thousand records in the original; ten times that is the most that is decoded.
    let bytes = Gzip.isGzip(stored) ? try Gzip.decode(stored, limit: 100_000 * recordSize, file: file) : stored
    if bytes.isEmpty || bytes.count % recordSize != 0 {
      throw FileError(
        file, found: "\(bytes.count) bytes\(FileKind.note(bytes))", expected: "records of \(recordSize) bytes")
    }
    return bytes
  }
}
