/// How the bytes of an image file become pixels: by default those of torchvision's loader, which are Pillow's `convert("RGB")`, turned
/// upright. A run records it, and so does its model.
public struct ImageReading: Hashable, Sendable, Codable {
  /// What becomes of transparency.
  public enum Alpha: String, Hashable, Sendable, Codable, CaseIterable {
    /// The colors are taken as they are stored, even if nothing shows of them.
    case drop
    /// The image is laid over white, its values mixed as they are stored.
    case white
    /// The same over black.
    case black
  }

  /// What becomes of the orientation that a camera notes in EXIF data.
  public enum Orientation: String, Hashable, Sendable, Codable, CaseIterable {
    /// The image is turned or mirrored so that it is upright.
    case apply
    /// The image stays as it is stored.
    case ignore
  }

  /// What becomes of transparent parts.
  package var alpha: Alpha
  /// Whether images are turned upright.
  package var orientation: Orientation
  /// Which rules beside these.
  var edition = Edition.second

  /// The rules have changed once, and runs keep those that they began with.
  enum Edition: Int, Hashable, Sendable, Codable {
    /// Of runs that recorded none: gamma of PNG files was converted to sRGB and transparency mixed in linear light; folders were not walked below those
    /// of the classes, and five extensions were read.
    case first = 1
    case second = 2
  }

  /// The defaults are torchvision's pixels, turned upright.
  public init(alpha: Alpha = .drop, orientation: Orientation = .apply) {
    self.alpha = alpha
    self.orientation = orientation
  }

  /// Of runs and models that recorded nothing.
  package static let before = {
    var reading = ImageReading(alpha: .white, orientation: .ignore)
    reading.edition = .first
    return reading
  }()

  /// Whether the rules are those of runs and models that recorded nothing.
  package var isFirstEdition: Bool { edition == .first }
}
