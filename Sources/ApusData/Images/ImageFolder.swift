import ApusCore
import ApusSupport

/// Image files, one folder per class: `FOLDER/CLASS/*.png`, or `FOLDER/train/CLASS/…` with `test` and `val` beside `train`.
///
/// As in torchvision's `ImageFolder`, classes are sorted by the code points of their names and numbered from 0, all folders within a
/// class are walked, and files are images by their extensions; the content decides how they are decoded. Hidden files are passed
/// over; other files, pipes and devices are counted and told in `DataSplits.notes`. Every image is decoded once and kept as bytes.
public enum ImageFolder {
  /// How files become images of one size.
  public struct Options: Hashable, Sendable, Codable {
    /// `[H, W, C]`; C is 1 for gray, 3 for RGB.
    package var input: [Int]
    /// The image is scaled until it covers the input's size / `crop`, and its center is taken: 224 of 256 pixels are 0.875.
    package var crop: Double
    /// How files become pixels.
    package var reading: ImageReading
    /// What is done about files that cannot be read.
    package var damaged: DamagedImages

    /// - Parameter crop: 0.875 by default, as usual for photographs; 1 for inputs below 64 pixels.
    public init(
      input: Shape, crop: Double? = nil, reading: ImageReading = ImageReading(), damaged: DamagedImages = .stop
    ) {
      self.input = Array(input)
      self.crop = crop ?? (input.count == 3 && min(input[0], input[1]) < 64 ? 1 : 0.875)
      self.reading = reading
      self.damaged = damaged
    }

    /// Of runs made before, what they did.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      input = try values.decode([Int].self, forKey: .input)
      crop = try values.decode(Double.self, forKey: .crop)
      reading = try values.decodeIfPresent(ImageReading.self, forKey: .reading) ?? .before
      damaged = try values.decodeIfPresent(DamagedImages.self, forKey: .damaged) ?? .stop
    }

    /// What `crop` may be. A hundredth of an image is not a picture of anything, and scaling by so much takes all memory.
    package static let crops = 0.01...1

    /// Throws unless height and width are in 1...65536, the channels 1 or 3, and the crop in 0.01...1.
    package func validate() throws(DataError) {
      if input.count != 3 || !input.dropLast().allSatisfy({ (1...65536).contains($0) }) || ![1, 3].contains(input[2]) {
        let text = input.map { "\($0)" }.joined(separator: "x")
        throw DataError("`input`", found: text, expected: "HEIGHTxWIDTHx3, or x1 for gray")
      }
      if !Options.crops.contains(crop) {
        throw DataError("`crop`", found: "\(crop)", expected: "a part of the image from 0.01 to 1")
      }
    }
  }

  /// Makes the bytes `[H, W, C]` of `options.input` of the content of a file, which errors name. The core has no codecs: `Image.reader` of
  /// ApusVision is one.
  public typealias Reader = @Sendable (_ content: [UInt8], _ file: String, _ options: Options) throws -> [UInt8]

  /// The most bytes of decoded images that are kept.
  public static let memoryLimit = 4 << 30

  /// The most bytes of an image file.
  package static let fileLimit = 1 << 30

  /// How files are divided where a folder has no parts of its own.
  package enum Division {
    /// By a keyed hash of their paths, see `RankedDraw`.
    case byPath
    /// By their places in the sorted list: of runs made before.
    case byPlace
    /// As a run recorded them, without those that it left out.
    case recorded([DataFile], skipped: [SkippedImage])
  }

  /// Reads a folder. Parts that have no folder of their own are drawn from the training images by a keyed hash of their paths, the same
  /// for every training seed: about a fifth of each class for the test, and about a tenth of the rest for validation.
  ///
  /// - Throws: `DataError` if the folder is not as described, the images together are larger than `memoryLimit`, or there is one
  ///   class only; what `reader` throws for the first file that it refuses, or where too many are, of `options.damaged`.
  public static func load(
    folder: String, options: Options, memoryLimit: Int = memoryLimit, reader: @escaping Reader
  ) throws -> DataSplits {
    try load(folder: folder, options: options, memoryLimit: memoryLimit, division: .byPath, reader: reader)
  }

  /// - Parameter order: the classes as a run recorded them, see `ImageFolderListing`.
  package static func load(
    folder: String, options: Options, memoryLimit: Int = memoryLimit, division: Division, order: [String]? = nil,
    reader: @escaping Reader
  ) throws -> DataSplits {
    try options.validate()
    var options = options
    var skipped: [SkippedImage] = []
    if case .recorded(let files, let before) = division {
      try FolderChanges(folder, since: files, before, options.reading).check(folder)
      (skipped, options.damaged) = (before, .stop)
    }
    var listings = try ImageFolderParts(folder, order: order, options.reading)
    let count = listings.all.reduce(0) { $0 + $1.files.count }
    listings.leaveOut(skipped, of: folder)
    try checkMemory(count, options, memoryLimit, folder)

    var fingerprint = Fingerprint()
    fingerprint.add("\(options.input) \(options.crop)")
    func part(_ listing: ImageFolderListing) throws -> Decoded {
      let decoded = try ImageFolderDecoding(listing.files, in: listing.folder, options, reader).decoded(
        classNames: listing.classNames, below: folder)
      for path in decoded.paths { fingerprint.add("/" + path) }
      decoded.dataset.images.withUnsafeScalars(of: UInt8.self) { fingerprint.add($0) }
      skipped += decoded.skipped
      return decoded
    }
    let decoded = (
      train: try part(listings.train), validation: try listings.validation.map(part), test: try listings.test.map(part)
    )
    try DamagedImages.check(skipped, of: count, folder)
    var splits = try split(
      train: decoded.train, validation: decoded.validation, test: decoded.test, folder, division)
    splits.fingerprint = fingerprint.text
    splits.skipped = skipped
    splits.notes = listings.notes + splits.notes
    if let note = DamagedImages.note(skipped, of: count, folder) { splits.notes.append(note) }
    return splits
  }

  package static func checkMemory(_ count: Int, _ options: Options, _ limit: Int, _ folder: String) throws(DataError) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: options.input.reduce(1, *))
    if overflow || bytes > limit {
      let size = options.input.map { "\($0)" }.joined(separator: "×")
      throw DataError(
        folder, found: "\(count) images, which at \(size) are \(bytes >> 20) MiB decoded",
        expected: "at most \(limit >> 20) MiB: fewer images, or a smaller `input`")
    }
  }
}
