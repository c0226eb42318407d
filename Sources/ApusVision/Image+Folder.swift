import Apus

extension Image {
  /// Reads the files of `ImageFolder`: decodes, scales, takes the centre, and makes gray or RGB of it as the input asks.
  ///
  /// ```swift
  /// let data = try ImageFolder.load(
  ///   folder: "flowers", options: .init(input: [224, 224, 3]), reader: Image.reader)
  /// ```
  public static let reader: ImageFolder.Reader = { file, options in
    let image = try Image(contentsOf: file)
    try image.checkScaling(for: options, file: file)
    return image.centre(for: options).pixels
  }

  /// Of an image of one row of pixels a square of 224 would be made by scaling it to the 256-fold in both directions.
  ///
  /// - Throws: `DataError` where scaled so far it has more pixels than any image that is read.
  func checkScaling(for options: ImageFolder.Options, file: String) throws(DataError) {
    let factor = max(
      Double(options.input[0]) / options.crop / Double(height), Double(options.input[1]) / options.crop / Double(width))
    let pixels = factor * factor * Double(height) * Double(width)
    if pixels > Double(Image.pixelLimit) {
      throw DataError(
        file,
        found:
          "an image of \(height)×\(width) pixels, which scaled to cover \(options.input[0])×\(options.input[1]) has "
          + "\((pixels / 1e6).compact(decimals: 0, width: 9)) million",
        expected: "a less elongated one: at most \(Image.pixelLimit >> 20) million")
    }
  }

  /// The centre of the image in the size of an input, as torchvision's `Resize` and `CenterCrop` take it: scaled, antialiased, until it
  /// covers the input's size / `options.crop`, then cut. For a square input the short side becomes size / crop.
  public func centre(for options: ImageFolder.Options) -> Image {
    let (height, width) = (options.input[0], options.input[1])
    let colored = options.input[2] == 1 ? grayscale() : rgb()
    let target = (
      height: (Double(height) / options.crop).rounded(), width: (Double(width) / options.crop).rounded()
    )
    // The side that decides is exact; the other one is cut down to whole pixels, as there, but never below the input's.
    let isByHeight = target.height * Double(self.width) >= target.width * Double(self.height)
    let follows =
      isByHeight
      ? target.height * Double(self.width) / Double(self.height)
      : target.width * Double(self.height) / Double(self.width)
    let scaledHeight = isByHeight ? Int(target.height) : max(height, Int(follows))
    let scaledWidth = isByHeight ? max(width, Int(follows)) : Int(target.width)
    return colored.resized(height: scaledHeight, width: scaledWidth).centre(height: height, width: width)
  }

  /// A part of that size from the middle; of an odd rest the larger half is cut as Python rounds: to even.
  private func centre(height newHeight: Int, width newWidth: Int) -> Image {
    if (newHeight, newWidth) == (height, width) { return self }
    let top = Int((Double(height - newHeight) / 2).rounded(.toNearestOrEven))
    let left = Int((Double(width - newWidth) / 2).rounded(.toNearestOrEven))
    let rows = (top..<top + newHeight).map { (($0 * width) + left) * channels }
    return Image(
      height: newHeight, width: newWidth, channels: channels,
      pixels: rows.flatMap { pixels[$0..<$0 + newWidth * channels] })
  }
}
