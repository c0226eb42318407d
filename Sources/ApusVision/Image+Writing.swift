import Apus

extension Image {
  /// Writes the image as a PNG or JPEG file, as the end of the path says: `.png`, `.jpg` or `.jpeg`. The file is there as a whole or,
  /// after an error, as it was before.
  ///
  /// - Parameter quality: of a JPEG file, see `jpegData(quality:)`.
  /// - Throws: `FileError` if the path ends otherwise or cannot be written; `DataError` if the format has no images of that size.
  public func write(to path: String, quality: Int = 90) throws {
    let name = path.lowercased()
    if name.hasSuffix(".png") {
      try AtomicFile.write(pngData(), to: path)
    } else if name.hasSuffix(".jpg") || name.hasSuffix(".jpeg") {
      try AtomicFile.write(jpegData(quality: quality), to: path)
    } else {
      throw FileError(path, found: "no name of a format that is written", expected: "it to end in .png, .jpg or .jpeg")
    }
  }
}
