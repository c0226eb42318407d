import Apus
import ArgumentParser

/// Options of `apus train` for how image files are read. A run records them, and `evaluate`, `predict` and `features` read images as its
/// training did.
struct ImageOptions: ParsableArguments {
  @Option(
    help: """
      Transparent parts of images: drop (colors as they are stored, as torchvision reads them), or over white or black. (default: drop)
      """, transform: OptionValue.alpha)
  var alpha: ImageReading.Alpha?

  @Option(
    help: """
      Orientation that a camera noted in EXIF data: apply (images are turned upright) or ignore (as torchvision reads them). \
      (default: apply)
      """, transform: OptionValue.orientation)
  var orientation: ImageReading.Orientation?

  @OptionGroup var files: DamagedOption

  /// Those given, for a run that keeps its settings.
  var given: [(String, Any?)] { [("--alpha", alpha), ("--orientation", orientation), ("--damaged", files.damaged)] }

  var isEmpty: Bool { alpha == nil && orientation == nil && files.damaged == nil }

  func complete(_ options: inout ImageFolder.Options) {
    options.reading = ImageReading(alpha: alpha ?? .drop, orientation: orientation ?? .apply)
    options.damaged = files.damaged ?? .stop
  }
}
