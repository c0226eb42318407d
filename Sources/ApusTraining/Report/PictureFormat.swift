import ApusCore

/// A format of picture files, by which a run writes the pictures of its report.
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
  /// Makes a file's bytes of a picture, uint8 `[H, W, C]` with one channel (gray) or three (RGB), rows from the top.
  package let encode: @Sendable (_ picture: Tensor) throws -> [UInt8]

  /// A format of your own; an error of `encode` ends the run.
  public init(
    fileExtension: String, mediaType: String, encode: @escaping @Sendable (_ picture: Tensor) throws -> [UInt8]
  ) {
    self.fileExtension = fileExtension
    self.mediaType = mediaType
    self.encode = encode
  }

  /// A picture as the value of an `src` attribute.
  func dataURL(of picture: Tensor) throws -> String { dataURL(ofFile: try encode(picture)) }

  func dataURL(ofFile file: [UInt8]) -> String { "data:\(mediaType);base64,\(Base64.text(file))" }
}
