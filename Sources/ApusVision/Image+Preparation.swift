import Apus

extension Image {
  /// The image as the training data of a model would hold it, uint8 `[1, H, W, C]`: the center, as of `ImageFolder`, where those were
  /// image files; `prepared(for:inverted:file:)` otherwise.
  public func prepared(for model: TrainedModel, inverted: Bool = false, file: String) throws -> Tensor {
    guard let crop = model.crop else { return try prepared(for: model.input, inverted: inverted, file: file) }
    return try prepared(
      for: ImageFolder.Options(input: model.input, crop: crop, reading: model.reading), inverted: inverted, file: file)
  }

  /// The center of an image, as `ImageFolder` takes it, uint8 `[1, H, W, C]`.
  package func prepared(for options: ImageFolder.Options, inverted: Bool = false, file: String) throws -> Tensor {
    try options.validate()
    try checkScaling(for: options, file: file)
    let image = center(for: options)
    return Tensor((inverted ? image.inverted() : image).pixels, shape: Shape([1] + options.input))
  }

  /// The image as a data set would hold it, uint8 `[1, H, W, C]` for an input of the shape `[H, W, C]`: gray where C is 1 and RGB
  /// where it is 3, scaled by `resized(height:width:)`. `Normalization` makes a network's input of it.
  ///
  /// Digits are white on black in MNIST and in `Digits`; for black on white ask for `inverted`, which is never done by itself.
  ///
  /// - Parameter file: named in errors.
  /// - Throws: `DataError` if the proportions are not those of the input: scaling would distort the image.
  public func prepared(for input: Shape, inverted: Bool = false, file: String) throws -> Tensor {
    if input.count != 3 || (input[2] != 1 && input[2] != 3) {
      throw DataError(
        file, found: "an image for a network with an input of shape \(input)",
        expected: "one that takes images, [H, W, 1] or [H, W, 3]")
    }
    if height * input[1] != width * input[0] {
      throw DataError(
        file, found: "an image of \(height)×\(width) pixels",
        expected: "the proportions of the network's input, \(input[0])×\(input[1])")
    }
    let colored = input[2] == 1 ? grayscale() : rgb()
    let scaled = colored.resized(height: input[0], width: input[1])
    let result = inverted ? scaled.inverted() : scaled
    return Tensor(result.pixels, shape: [1, input[0], input[1], input[2]])
  }
}
