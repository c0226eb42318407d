import Apus

extension Image {
  /// Reads the files of `ImageFolder`: decodes their content, scales, takes the center, and makes gray or RGB of it as the input asks. On many threads,
  /// images wait for each other where they would take more than a gibibyte together.
  ///
  /// ```swift
  /// let data = try ImageFolder.load(
  ///   folder: "flowers", options: .init(input: [224, 224, 3]), reader: Image.reader)
  /// ```
  public static let reader: ImageFolder.Reader = { bytes, file, options in
    let codec = try ImageCodec(of: bytes, file: file)
    let header = try codec.header(bytes, options.reading, file: file)
    let scaled = ScaledSize(height: header.uprightHeight, width: header.uprightWidth, options)
    try scaled.check(file: file)
    return try DecodingMemory.with(header.byteCount + scaled.byteCount) {
      try Image.decode(bytes, codec, header, options.reading, file).center(for: options).pixels
    }
  }

  /// - Throws: `DataError` if scaled so far it has more pixels than any image that is read.
  func checkScaling(for options: ImageFolder.Options, file: String) throws(DataError) {
    try ScaledSize(height: height, width: width, options).check(file: file)
  }

  /// The center of the image in the size of an input, as torchvision's `Resize` and `CenterCrop` take it: scaled, antialiased, until it
  /// covers the input's size / `options.crop`, then cut. For a square input the short side becomes size / crop.
  package func center(for options: ImageFolder.Options) -> Image {
    let scaled = ScaledSize(height: height, width: width, options)
    // What is gray becomes RGB when it is small.
    let colored = options.input[2] == 1 ? grayscale() : self
    let cut = colored.resized(height: scaled.height, width: scaled.width)
      .center(height: options.input[0], width: options.input[1])
    return options.input[2] == 1 ? cut : cut.rgb()
  }

  /// A part of that size from the middle; of an odd rest the larger half is cut as Python rounds: to even.
  private func center(height newHeight: Int, width newWidth: Int) -> Image {
    if (newHeight, newWidth) == (height, width) { return self }
    let top = Int((Double(height - newHeight) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(width - newWidth) / 2).rounded(.toNearestOrEven))
    let rows = (top..<top + newHeight).map { (($0 * width) + left) * channels }
    return Image(
      height: newHeight, width: newWidth, channels: channels,
      pixels: rows.flatMap { pixels[$0..<$0 + newWidth * channels] })
  }
}

/// The size that an image is scaled to before its center is taken.
private struct ScaledSize {
  let height: Int
  let width: Int
  private let from: (height: Int, width: Int)
  private let input: [Int]

  init(height: Int, width: Int, _ options: ImageFolder.Options) {
    from = (height, width)
    input = options.input
    let target = (
      height: (Double(input[0]) / options.crop).rounded(), width: (Double(input[1]) / options.crop).rounded()
    )
    // The side that decides is exact; the other one is cut down to whole pixels, as there, but never below the input's.
    let isByHeight = target.height * Double(width) >= target.width * Double(height)
    let follows =
      isByHeight
      ? target.height * Double(width) / Double(height) : target.width * Double(height) / Double(width)
    self.height = isByHeight ? Int(target.height) : max(input[0], Int(follows))
    self.width = isByHeight ? max(input[1], Int(follows)) : Int(target.width)
  }

  /// Bytes that scaling takes beside the image: between the axes four per channel, then one.
  var byteCount: Int { (4 * from.height * width + 2 * height * width) * 3 }

  /// Of an image of one row of pixels a square of 224 would be made by scaling it to the 256-fold in both directions.
  func check(file: String) throws(DataError) {
    let pixels = Double(height) * Double(width)
    if pixels <= Double(Image.pixelLimit) { return }
    throw DataError(
      file,
      found:
        "an image of \(from.height)×\(from.width) pixels, which scaled to cover \(input[0])×\(input[1]) has "
        + "\((pixels / 1e6).compact(decimals: 0, width: 9)) million",
      expected: "a less elongated one: at most \(Image.pixelLimit / 1_000_000) million")
  }
}
