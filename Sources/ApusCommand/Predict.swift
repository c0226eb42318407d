import Apus
import ApusVision
import ArgumentParser

/// `apus predict RUN IMAGE…`: the most probable classes of images.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the most probable classes of images.")

  @Argument(help: ArgumentHelp("The folder of the run.", valueName: "run"), completion: .directory)
  var folder: String

  @Argument(
    help:
      "PNG, JPEG, WebP, BMP, GIF, PGM or PPM files; of a run whose data were no image files, with the proportions of its images.",
    completion: .file())
  var images: [String]

  @Option(help: "Classes to show an image.")
  var top = 3

  @Flag(help: "The images are dark on light where the training images are light on dark.")
  var inverted = false

  func validate() throws {
    if images.isEmpty { throw ValidationError("an image is missing") }
    if top < 1 { throw ValidationError("--top is \(top), expected at least 1") }
  }

  func run() throws {
    let model = try TrainedModel.read(RunFiles(folder).model)
    let predictor = try model.predictor()
    // Every image is read before the first line is printed: a bad one is found at once.
    let predictions = try images.map { path in
      let image = try Image(contentsOf: path, reading: model.reading).prepared(
        for: model, inverted: inverted, file: path)
      return (path, try predictor.predict(image, from: path))
    }
    for (path, classes) in predictions {
      let shown = classes.prefix(top).map { "\($0.className) \((100 * $0.probability).formatted(decimals: 1)) %" }
      Terminal.printLine("\(path): \(shown.joined(separator: ", "))")
    }
  }
}
