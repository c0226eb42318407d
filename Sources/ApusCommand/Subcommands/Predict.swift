import Apus
import ApusVision
import ArgumentParser

/// `apus predict RUN IMAGE…`: the most probable classes of images.
struct Predict: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the most probable classes of images.",
    discussion: """
      apus predict runs/flowers rose.jpg tulip.jpg
      apus predict runs/flowers photos/ --json

      Of a run of apus segment it shows how many of an image's pixels are of each class, of one of --task localize the box in pixels \
      of the image.
      """)

  @Argument(help: ArgumentHelp("A run, or its model.safetensors.", valueName: "run"), completion: .file())
  var source: String

  @Argument(
    help: """
      Image files, or folders of them. If the run was not trained on image files, an image must have the proportions of those \
      that it was trained on.
      """, completion: .file())
  var images: [String]

  @Option(
    parsing: .unconditional, help: "Number of classes to show per image. (default: 3)",
    transform: OptionValue.whole(1...65536))
  var top = 3

  @Flag(help: "Invert the images first: for dark on light where the training images are light on dark.")
  var inverted = false

  @OptionGroup var files: DamagedOption

  @OptionGroup var form: JSONOption

  @OptionGroup var threads: ThreadOptions

  private struct Prediction: Encodable {
    struct Class: Encodable {
      var name: String
      var probability: Double
    }
    var image: String
    var classes: [Class]
  }

  func validate() throws {
    if images.isEmpty { throw ValidationError("no image given: apus predict RUN IMAGE…") }
  }

  private struct Segmentation: Encodable {
    struct Class: Encodable {
      var name: String
      var pixels: Int
    }
    var image: String
    var height: Int
    var width: Int
    var classes: [Class]
  }

  func run() throws {
    try ModelSource(source).check()
    if try ImportedModel(source) == nil,
      let model = try SegmentationModel.readIfSegmentation(ModelSource(source).file)
    {
      return try segment(model)
    }
    if try ImportedModel(source) == nil,
      let model = try LocalizationModel.readIfLocalization(ModelSource(source).file)
    {
      return try localize(model)
    }
    let model = try ModelSource(source).read()
    let predictor = try model.predictor()
    // Every image is read before the first line is printed: a bad one is found at once.
    let pictures = try PictureFiles(images, model.reading)
    for note in pictures.notes { Terminal.printError("note: \(note)") }
    let predictions = try pictures.paths.compactMap { path -> Prediction? in
      guard let image = try read(path, for: model) else { return nil }
      let classes = try predictor.predict(image, from: path).prefix(top)
      return Prediction(image: path, classes: classes.map { .init(name: $0.className, probability: $0.probability) })
    }
    if form.json { return Terminal.printLine(try JSONText.of(predictions)) }
    for prediction in predictions {
      let shown = prediction.classes.map { "\($0.name) \($0.probability.percent(decimals: 1))" }
      Terminal.printLine("\(prediction.image): \(shown.joined(separator: ", "))")
    }
  }

  /// The classes of an image's pixels, those with the most pixels first.
  private func segment(_ model: SegmentationModel) throws {
    let pictures = try PictureFiles(images, ImageReading())
    for note in pictures.notes { Terminal.printError("note: \(note)") }
    let results = try pictures.paths.compactMap { path -> Segmentation? in
      let image = try read(path) {
        let image = try Image(contentsOf: path, reading: ImageReading())
        return try image.prepared(for: [image.height, image.width, 1], inverted: inverted, file: path)
      }
      guard let image else { return nil }
      var pixels = [Int](repeating: 0, count: model.classNames.count)
      for label in try model.prediction(for: image[0]).array(of: Int32.self) { pixels[Int(label)] += 1 }
      let found = pixels.indices.filter { pixels[$0] > 0 }.sorted { (pixels[$1], $0) < (pixels[$0], $1) }
      return Segmentation(
        image: path, height: image.shape[1], width: image.shape[2],
        classes: found.prefix(top).map { .init(name: model.classNames[$0], pixels: pixels[$0]) })
    }
    if form.json { return Terminal.printLine(try JSONText.of(results)) }
    for result in results {
      let all = Double(result.height * result.width)
      let shown = result.classes.map { "\($0.name) \((Double($0.pixels) / all).percent(decimals: 1)) of the pixels" }
      Terminal.printLine("\(result.image): \(shown.joined(separator: ", "))")
    }
  }

  private struct Localization: Encodable {
    /// In pixels of the image, from its left upper corner.
    struct Box: Encodable {
      var left, top, right, bottom: Double
    }
    var image: String
    var height: Int
    var width: Int
    var classes: [Prediction.Class]
    var box: Box
  }

  /// The class and the box of an image.
  private func localize(_ model: LocalizationModel) throws {
    let pictures = try PictureFiles(images, ImageReading())
    for note in pictures.notes { Terminal.printError("note: \(note)") }
    let results = try pictures.paths.compactMap { path -> Localization? in
      var (height, width) = (0, 0)
      let image = try read(path) {
        let image = try Image(contentsOf: path, reading: ImageReading())
        (height, width) = (image.height, image.width)
        return try image.prepared(for: model.input, inverted: inverted, file: path)
      }
      guard let image else { return nil }
      let found = try model.predict(image, from: path)
      let (sides, w, h) = (found.box.sides, Double(width), Double(height))
      return Localization(
        image: path, height: height, width: width,
        classes: found.classes.prefix(top).map { .init(name: $0.name, probability: $0.probability) },
        box: .init(left: sides.left * w, top: sides.top * h, right: sides.right * w, bottom: sides.bottom * h))
    }
    if form.json { return Terminal.printLine(try JSONText.of(results)) }
    for result in results {
      let shown = result.classes.map { "\($0.name) \($0.probability.percent(decimals: 1))" }
      let sides = [result.box.left, result.box.top, result.box.right, result.box.bottom]
        .map { $0.formatted(decimals: 1) }
      Terminal.printLine(
        "\(result.image): \(shown.joined(separator: ", ")); box \(sides[0])…\(sides[2]) × \(sides[1])…\(sides[3])")
    }
  }

  private func read(_ path: String, for model: TrainedModel) throws -> Tensor? {
    try read(path) {
      try Image(contentsOf: path, reading: model.reading).prepared(for: model, inverted: inverted, file: path)
    }
  }

  /// `nil` where the image cannot be read and is to be skipped.
  private func read(_ path: String, _ prepared: () throws -> Tensor) throws -> Tensor? {
    do {
      return try prepared()
    } catch let error as FileError where files.damaged == .skip {
      Terminal.printError("note: left out: \(LibraryWords.translated("\(error)"))")
      return nil
    }
  }
}
