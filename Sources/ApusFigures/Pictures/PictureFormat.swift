/// A format of picture files, by which reports, pages and figures hold pictures.
///
/// The library itself has no codecs: without ApusVision pictures are BMP files, which are large. ApusVision adds `.png`:
///
/// ```swift
/// let outcome = try TrainingRun.start(request, in: "runs/digits", pictures: .png)
/// ```
public struct PictureFormat: Sendable {
  /// What file names end in, without the dot: `png`.
  package let fileExtension: String
  /// As browsers know it: `image/png`.
  package let mediaType: String
  /// Makes a file's bytes of a picture.
  package let encode: @Sendable (_ picture: Picture) throws -> [UInt8]

  /// A format of your own; what `encode` throws ends the run, or is thrown by the call that was given the format.
  public init(
    fileExtension: String, mediaType: String, encode: @escaping @Sendable (_ picture: Picture) throws -> [UInt8]
  ) {
    self.fileExtension = fileExtension
    self.mediaType = mediaType
    self.encode = encode
  }

  /// A picture as the value of an `src` attribute.
  package func dataURL(of picture: Picture) throws -> String { dataURL(ofFile: try encode(picture)) }

  /// A file of this format as the value of an `src` attribute.
  package func dataURL(ofFile file: [UInt8]) -> String { "data:\(mediaType);base64,\(Base64.text(file))" }
}
