import ApusCore
import ApusSupport

/// MNIST, or a data set in its form (Fashion-MNIST, KMNIST): four IDX files, plain or `.gz`, in one folder.
public enum MNIST {
  /// Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and `t10k-labels-idx1-ubyte`, each with
  /// or without `.gz`, from `folder`. The t10k files are the test split; 5,000 of the others (or a tenth where they are fewer than
  /// 50,000) with the classes' shares are the validation split, the same for every training seed. Training images move by up to two
  /// pixels.
  ///
  /// - Throws: `DataError` if a file is missing or the files disagree, `FileError` if one cannot be read or is damaged.
  public static func load(folder: String) throws -> DataSplits {
    // All four are looked for before the first is read: a wrong folder is found at once.
    let files = try ["train", "t10k"].map { part in
      (
        images: try find("\(part)-images-idx3-ubyte", in: folder),
        labels: try find("\(part)-labels-idx1-ubyte", in: folder)
      )
    }
    let train = try read(files[0])
    let test = try read(files[1])
    if (train.height, train.width) != (test.height, test.width) {
      throw DataError(
        files[1].images, found: "images of \(test.height)×\(test.width)",
        expected: "\(train.height)×\(train.width) as in \(files[0].images)")
    }
    return try DataSplits(
      training: train, indices: Array(0..<Int32(train.count)), validationCount: min(5000, train.count / 10),
      test: (test, Array(0..<Int32(test.count))), augmentation: Augmentation(maximumShift: 2))
  }

  private static func find(_ name: String, in folder: String) throws -> String {
    for candidate in ["\(folder)/\(name)", "\(folder)/\(name).gz"] where File.exists(candidate) { return candidate }
    throw DataError(
      folder, found: "no file \(name) or \(name).gz", expected: "the four IDX files of MNIST in this folder")
  }

  private static func read(_ files: (images: String, labels: String)) throws -> ImageDataset {
    let images = try IDX.read(files.images, axes: 3)
    let labels = try IDX.read(files.labels, axes: 1)
    return try ImageDataset(
      images: Tensor(images.array(of: UInt8.self), shape: [images.shape[0], images.shape[1], images.shape[2], 1]),
      labels: labels.array(of: UInt8.self).map { Int32($0) }, classNames: (0..<10).map { String($0) },
      source: files.images, labelSource: files.labels)
  }
}
