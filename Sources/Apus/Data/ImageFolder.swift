/// Images as files, a folder a class: `FOLDER/CLASS/*.png`, or `FOLDER/train/CLASS/…` with `test` and `val` beside `train`.
///
/// Classes are sorted by their names' bytes and numbered from 0. Hidden files are passed over; files of other kinds than .png, .jpg,
/// .jpeg, .pgm and .ppm are counted and told in `DataSplits.notes`. Every image is decoded once and kept as bytes.
public enum ImageFolder {
  /// How files become images of one size.
  public struct Options: Hashable, Sendable, Codable {
    /// `[H, W, C]`; C is 1 for gray, 3 for RGB.
    public var input: [Int]
    /// The image is scaled until it covers the input's size / `crop`, and its centre is taken: 224 of 256 pixels are 0.875.
    public var crop: Double

    /// - Parameter crop: 0.875 by default, as usual for photographs; 1 for inputs below 64 pixels.
    public init(input: Shape, crop: Double? = nil) {
      self.input = Array(input)
      self.crop = crop ?? (input.count == 3 && min(input[0], input[1]) < 64 ? 1 : 0.875)
    }

    public func validate() throws(DataError) {
      if input.count != 3 || !input.dropLast().allSatisfy({ (1...65536).contains($0) }) || ![1, 3].contains(input[2]) {
        let text = input.map { "\($0)" }.joined(separator: "x")
        throw DataError("--input", found: text, expected: "HEIGHTxWIDTHx3, or x1 for gray")
      }
      if !(crop > 0 && crop <= 1) {
        throw DataError("--crop", found: "\(crop)", expected: "a part of the image above 0, up to 1")
      }
    }
  }

  /// Reads a file and gives the bytes `[H, W, C]` of `options.input`. The core has no codecs: `Image.reader` of ApusVision is one.
  public typealias Reader = @Sendable (_ file: String, _ options: Options) throws -> [UInt8]

  /// The most bytes of decoded images that are kept.
  public static let memoryLimit = 4 << 30

  /// Reads a folder. Parts that have no folder of their own are drawn from the training images with the classes' shares, the same for
  /// every training seed: a fifth for the test, then a tenth of the rest for validation.
  ///
  /// - Throws: `DataError` where the folder is not as described, the images together are larger than `memoryLimit`, or there is one
  ///   class only; and what `reader` throws for the first file that it refuses.
  public static func load(
    folder: String, options: Options, memoryLimit: Int = memoryLimit, reader: @escaping Reader
  ) throws -> DataSplits {
    try options.validate()
    let parts = try ImageFolderListing.entries(of: folder).filter(\.isFolder).map(\.name)
    let hasParts = parts.contains("train")
    let train = try ImageFolderListing(hasParts ? folder + "/train" : folder)
    if train.classNames.count < 2 {
      throw DataError(
        folder, found: "the one class \"\(train.classNames[0])\"", expected: "at least two, a folder of images each")
    }
    func part(_ name: String) throws -> ImageFolderListing? {
      hasParts && parts.contains(name)
        ? try ImageFolderListing("\(folder)/\(name)", classes: train.classNames) : nil
    }
    let (validation, test) = (try part("val"), try part("test"))
    let listings = [train, validation, test].compactMap { $0 }
    try checkMemory(listings, options, memoryLimit, folder)

    var fingerprint = Fingerprint()
    fingerprint.add("\(options.input) \(options.crop)")
    func dataset(_ listing: ImageFolderListing) throws -> ImageDataset {
      let dataset = try ImageFolderDecoding(listing.files.map(\.path), options, reader).dataset(
        labels: listing.files.map(\.label), classNames: listing.classNames, source: folder)
      for file in listing.files { fingerprint.add(String(file.path.utf8.dropFirst(folder.utf8.count))!) }
      dataset.images.withUnsafeScalars(of: UInt8.self) { fingerprint.add($0) }
      return dataset
    }
    var splits = try split(
      train: try dataset(train), validation: try validation.map(dataset), test: try test.map(dataset), folder)
    splits.fingerprint = fingerprint.text
    splits.notes = listings.flatMap(\.notes)
    let others = hasParts ? parts.filter { !["train", "val", "test"].contains($0) } : []
    if !others.isEmpty {
      splits.notes.append("\(folder): beside train, val and test, not read: \(others.joined(separator: ", "))")
    }
    return splits
  }

  private static func checkMemory(
    _ listings: [ImageFolderListing], _ options: Options, _ limit: Int, _ folder: String
  ) throws(DataError) {
    let count = listings.reduce(0) { $0 + $1.files.count }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: options.input.reduce(1, *))
    if overflow || bytes > limit {
      let size = options.input.map { "\($0)" }.joined(separator: "×")
      throw DataError(
        folder, found: "\(count) images, which at \(size) are \(bytes >> 20) MiB decoded",
        expected: "at most \(limit >> 20) MiB: fewer images, or a smaller --input")
    }
  }

  private static func split(
    train: ImageDataset, validation: ImageDataset?, test: ImageDataset?, _ folder: String
  ) throws(DataError) -> DataSplits {
    var training = Array(0..<Int32(train.count))
    func draw(_ parts: Int, seed: UInt64) -> [Int32] {
      let (drawn, others) = StratifiedDraw.draw(
        max(1, training.count / parts), of: training, labels: train.labels, classCount: train.classNames.count,
        seed: seed)
      training = others
      return drawn
    }
    let tested = test == nil ? draw(5, seed: DataSplits.splitSeed) : []
    let validated = validation == nil && !training.isEmpty ? draw(10, seed: DataSplits.splitSeed + 1) : []
    let left = Set(training.map { train.labels[Int($0)] })
    if let missing = train.classNames.indices.first(where: { !left.contains(Int32($0)) }) {
      throw DataError(
        folder, found: "too few images of the class \(train.classNames[missing]) to train on and to measure with",
        expected: "more, or folders val and test beside train")
    }
    let normalization = Normalization(of: train, at: training)
    func part(_ dataset: ImageDataset?, or indices: [Int32]) -> DataSplit {
      dataset.map { DataSplit($0, indices: Array(0..<Int32($0.count)), normalization: normalization) }
        ?? DataSplit(train, indices: indices, normalization: normalization)
    }
    return DataSplits(
      train: DataSplit(train, indices: training, normalization: normalization),
      validation: part(validation, or: validated), test: part(test, or: tested))
  }
}
